package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ampkit/ampkit/pkg/chart"
)

// answer is an answer of Prometheus' query API with its series in order: a
// vector's and a scalar's are series with one value.
type answer struct {
	series   model.Matrix
	text     *string // a string result
	warnings []string
}

func readAnswer(r io.Reader) (answer, error) {
	var in struct {
		Data struct {
			ResultType string          `json:"resultType"`
			Result     json.RawMessage `json:"result"`
		} `json:"data"`
		Warnings []string `json:"warnings"`
		Infos    []string `json:"infos"`
	}
	if err := json.NewDecoder(r).Decode(&in); err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	a := answer{warnings: slices.Concat(in.Warnings, in.Infos)}
	var err error
	switch in.Data.ResultType {
	case "matrix":
		err = json.Unmarshal(in.Data.Result, &a.series)
	case "vector":
		var v model.Vector
		err = json.Unmarshal(in.Data.Result, &v)
		for _, s := range v {
			one := &model.SampleStream{Metric: s.Metric}
			if s.Histogram != nil {
				one.Histograms = []model.SampleHistogramPair{{Timestamp: s.Timestamp, Histogram: s.Histogram}}
			} else {
				one.Values = []model.SamplePair{{Timestamp: s.Timestamp, Value: s.Value}}
			}
			a.series = append(a.series, one)
		}
	case "scalar":
		var v model.Scalar
		err = json.Unmarshal(in.Data.Result, &v)
		a.series = model.Matrix{{Values: []model.SamplePair{{Timestamp: v.Timestamp, Value: v.Value}}}}
	case "string":
		var v model.String
		err = json.Unmarshal(in.Data.Result, &v)
		a.text = &v.Value
	default:
		err = fmt.Errorf("result type %q is unknown", in.Data.ResultType)
	}
	if err != nil {
		return answer{}, fmt.Errorf("read the answer: %w", err)
	}
	// sort() and topk() order an instant answer; a range has no order of its own.
	if in.Data.ResultType == "matrix" {
		slices.SortFunc(a.series, func(x, y *model.SampleStream) int { return strings.Compare(x.Metric.String(), y.Metric.String()) })
	}
	return a, nil
}

// print writes an answer in the form asked for.
func (o *queryOptions) print(s streams, r io.Reader) error {
	a, err := readAnswer(r)
	if err != nil {
		return err
	}
	for _, w := range a.warnings {
		s.note("%s", w)
	}
	if a.text != nil {
		_, err := fmt.Fprintln(s.out, *a.text)
		return err
	}
	if len(a.series) == 0 && o.Output != "csv" {
		s.note("no series")
		return nil
	}
	switch o.Output {
	case "csv":
		return a.csv(s.out)
	case "chart":
		return o.draw(s.out, a)
	}
	return a.table(s.out, o.Range)
}

// draw puts every series on the grid that was asked for.
func (o *queryOptions) draw(w io.Writer, a answer) error {
	var times []time.Time
	at := map[model.Time]int{}
	for t := o.Start; !t.After(o.End); t = t.Add(o.Step) {
		at[model.TimeFromUnixNano(t.UnixNano())] = len(times)
		times = append(times, t)
	}
	var lines []chart.Line
	for _, series := range a.series {
		if len(series.Histograms) > 0 {
			return errors.New("native histograms can't be drawn as lines: draw histogram_quantile(0.99, …) or histogram_avg(…) of them")
		}
		l := chart.Line{Name: series.Metric.String(), Times: times, Values: make([]float64, len(times))}
		for i := range l.Values {
			l.Values[i] = math.NaN()
		}
		for _, v := range series.Values {
			if i, known := at[v.Timestamp]; known {
				l.Values[i] = float64(v.Value)
			}
		}
		lines = append(lines, l)
	}
	width := o.Width
	if width == 0 {
		width = columns(w)
	}
	c := chart.Chart{Title: o.Expr, Unit: shortNumber, Width: width, Columns: width, Colour: useColour(w)}
	_, err := fmt.Fprintln(w, c.Draw(lines))
	return err
}
