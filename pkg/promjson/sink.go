package promjson

import "github.com/grafana/grafana-plugin-sdk-go/data"

// Sink takes the series of a matrix or vector as Read meets them. Everything it is handed belongs to the reader and is
// overwritten after the call. An error ends the reading and is returned by Read as it is.
type Sink interface {
	// Rows takes rows of a series that has more of them than are gathered, with what is known of it: its labels and
	// Text are nil if they come behind its samples.
	Rows(s *Series) error
	// Series takes a series with the rest of its rows.
	Series(s *Series) error
}

// Rows are samples in columns.
type Rows struct {
	Floats Floats
	Cells  Cells
}

// Floats are float samples.
type Floats struct {
	Millis []int64
	Values []float64
}

// Cells are the buckets of native histograms, a row each.
type Cells struct {
	Millis          []int64
	Min, Max, Count []float64
	Layout          []int8
}

// Series is one series of a matrix or vector.
type Series struct {
	// Labels are those of the answer, unescaped, in its order.
	Labels []Label
	// Text is the label set as a JSON object, in UTF-8.
	Text []byte
	// Vector says that the series is one of a vector and has but one sample.
	Vector bool
	// NumFloats and NumHistograms count all samples of the series. A histogram without buckets has no cells.
	NumFloats, NumHistograms int
	// Rest are the rows that were not handed over yet, of both kinds.
	Rest Rows
}

// HasFloats says whether the series has a frame of floats: one without any sample has.
func (s *Series) HasFloats() bool { return s.NumFloats > 0 || s.NumHistograms == 0 }

// HasCells says whether the series has a frame of native histograms.
func (s *Series) HasCells() bool { return s.NumHistograms > 0 }

// Outcome is what an answer says besides its series.
type Outcome struct {
	// Type is Prometheus' resultType: matrix, vector, scalar or string.
	Type string
	// Warnings and Infos are the notices of the answer.
	Warnings, Infos []data.Notice
	// Stats are the statistics of the query, as encoding/json decodes them; nil when there were none.
	Stats any

	single sample // of a scalar or string
}

// sample is a point in time with either a number or a text.
type sample struct {
	millis int64
	value  float64
	text   string
}

// isSeries says whether the result consists of series.
func (out *Outcome) isSeries() bool { return out.Type == matrixType || out.Type == vectorType }

// Prometheus' kinds of result.
const (
	matrixType = "matrix"
	vectorType = "vector"
	scalarType = "scalar"
	stringType = "string"
)
