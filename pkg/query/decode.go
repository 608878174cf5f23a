package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Format is how the panel wants the answer shown. Frames do not depend on it,
// the front end does the rest.
type Format string

// The closed set of formats.
const (
	FormatTimeSeries Format = "time_series"
	FormatTable      Format = "table"
	FormatHeatmap    Format = "heatmap"
)

// body is the query JSON. Fields it does not name are ignored: Grafana adds
// its own, and dashboards keep what other versions wrote.
type body struct {
	Expr           text    `json:"expr"`
	Range          boolean `json:"range"`
	Instant        boolean `json:"instant"`
	Exemplar       boolean `json:"exemplar"`
	Format         Format  `json:"format"`
	Interval       text    `json:"interval"`
	IntervalMS     number  `json:"intervalMs"`
	IntervalFactor number  `json:"intervalFactor"`
	LegendFormat   text    `json:"legendFormat"`
	UTCOffsetSec   number  `json:"utcOffsetSec"`
	Scopes         []struct {
		Filters []Filter `json:"filters"`
	} `json:"scopes"`
	AdhocFilters []Filter `json:"adhocFilters"`
	GroupByKeys  []string `json:"groupByKeys"`
}

func decode(raw []byte) (body, error) {
	var b body
	if err := json.Unmarshal(raw, &b); err != nil {
		return body{}, fmt.Errorf("the query's JSON can't be read: %w", err)
	}
	if b.Format == "" {
		b.Format = FormatTimeSeries
	}
	return b, nil
}

// UnmarshalJSON accepts the names and the numbers of old dashboards; what it
// does not know is a time series, as the front end has it.
func (f *Format) UnmarshalJSON(raw []byte) error {
	switch string(bytes.Trim(raw, `"`)) {
	case string(FormatTable), "2":
		*f = FormatTable
	case string(FormatHeatmap), "3":
		*f = FormatHeatmap
	default:
		*f = FormatTimeSeries
	}
	return nil
}

// Dashboards written by hand or by scripts hold numbers and booleans as text
// and text as numbers. The three types below take either.
type (
	text    string
	boolean bool
	number  float64
)

func (t *text) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		*t = text(raw)
		return nil
	}
	return json.Unmarshal(raw, (*string)(t))
}

func (f *boolean) UnmarshalJSON(raw []byte) error {
	s := unquote(raw)
	if s == "" || s == "null" {
		*f = false
		return nil
	}
	v, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%s is neither true nor false", raw)
	}
	*f = boolean(v)
	return nil
}

func (n *number) UnmarshalJSON(raw []byte) error {
	s := unquote(raw)
	if s == "" || s == "null" {
		*n = 0
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= -maxNumber && v <= maxNumber) {
		return fmt.Errorf("%s is not a number in range", raw)
	}
	*n = number(v)
	return nil
}

// maxNumber keeps milliseconds inside an int64 of nanoseconds.
const maxNumber = 9e12

func unquote(raw []byte) string {
	return string(bytes.Trim(raw, `"`))
}
