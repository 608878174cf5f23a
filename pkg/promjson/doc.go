// Package promjson reads the JSON of Prometheus' HTTP API and makes of it what Grafana draws: one frame per series.
//
// There are two readers, and they agree on every answer. ReadFrames is the obvious one: tokens of encoding/json into
// data frames. Reader goes from the same bytes straight to columns and label texts, which package framewire writes
// down as the Arrow bytes that travel. Tests and a fuzz test hold the second against the first.
//
// What both take and refuse:
//
//   - Keys come in any order; unknown ones are skipped, as JSON. A known key twice is refused, and so is a label twice.
//   - A timestamp is a JSON number of seconds, taken to the nearest millisecond, as Prometheus stores it. It must fit
//     into the nanoseconds of a frame, the years 1678 to 2262.
//   - A sample is a string that strconv.ParseFloat takes, infinities and NaN included.
//   - A series of a vector has "value" or "histogram", a series of a matrix "values", "histograms", both or neither.
//   - "data" may be null or missing only next to an error; "warnings", "infos" and "stats" may be null.
//   - Nothing but white space follows the answer.
package promjson
