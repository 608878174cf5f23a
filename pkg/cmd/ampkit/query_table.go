package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/prometheus/common/model"
)

// table writes a line for each series: its value, or of a range what sums it up.
// A series that has floats and native histograms has a line of each.
func (a answer) table(w io.Writer, ranged bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) } // Flush tells
	if ranged {
		line("SERIES", "MIN", "MEAN", "MAX", "LAST", "VALUES")
	}
	for _, s := range a.series {
		name := s.Metric.String()
		switch {
		case !ranged && len(s.Values) == 1:
			line(name, s.Values[0].Value.String())
		case !ranged && len(s.Histograms) == 1:
			line(name, observations(s.Histograms, func(v float64) string { return model.FloatString(v).String() }))
		case !ranged:
			line(name, "no value")
		case len(s.Values) == 0 && len(s.Histograms) == 0:
			line(name, "-", "-", "-", "-", "0")
		default:
			if len(s.Values) > 0 {
				low, mean, top := sumUp(s.Values)
				last := float64(s.Values[len(s.Values)-1].Value)
				line(name, shortNumber(low), shortNumber(mean), shortNumber(top), shortNumber(last), strconv.Itoa(len(s.Values)))
			}
			if len(s.Histograms) > 0 { // which have no order, and so no least and no mean
				line(name, "-", "-", "-", observations(s.Histograms, shortNumber), strconv.Itoa(len(s.Histograms)))
			}
		}
	}
	return t.Flush()
}

// observations says what the last of some histograms holds.
func observations(h []model.SampleHistogramPair, number func(float64) string) string {
	last := h[len(h)-1].Histogram
	return fmt.Sprintf("histogram of %s values, sum %s", last.Count, number(float64(last.Sum)))
}

// sumUp leaves out NaN: staleness and 0/0 would hide everything else.
func sumUp(values []model.SamplePair) (low, mean, top float64) {
	low, top = math.NaN(), math.NaN()
	n, sum := 0.0, 0.0
	for _, p := range values {
		v := float64(p.Value)
		if math.IsNaN(v) {
			continue
		}
		if n++; n == 1 {
			low, top = v, v
		}
		low, sum, top = min(low, v), sum+v, max(top, v)
	}
	return low, sum / n, top
}

// csv writes a record for each value, with a column for each label. A native
// histogram has its count and sum in place of a value.
func (a answer) csv(w io.Writer) error {
	names := map[model.LabelName]bool{}
	own := []string{"time", "value"}
	for _, s := range a.series {
		for name := range s.Metric {
			names[name] = true
		}
		if len(s.Histograms) > 0 {
			own = []string{"time", "value", "count", "sum"}
		}
	}
	labels := slices.Sorted(maps.Keys(names))
	header := own[:1:1]
	for _, name := range labels {
		header = append(header, column(name, own, names))
	}
	header = append(header, own[1:]...)
	out := csv.NewWriter(w)
	_ = out.Write(header) // Error tells
	for _, s := range a.series {
		row := make([]string, len(header))
		for i, name := range labels {
			row[i+1] = string(s.Metric[name])
		}
		value := row[len(labels)+1:]
		histograms := s.Histograms
		write := func(h model.SampleHistogramPair) {
			row[0], value[0], value[1], value[2] = stamp(h.Timestamp.Time()), "", h.Histogram.Count.String(), h.Histogram.Sum.String()
			_ = out.Write(row)
			value[1], value[2] = "", ""
		}
		for _, v := range s.Values {
			for ; len(histograms) > 0 && histograms[0].Timestamp < v.Timestamp; histograms = histograms[1:] {
				write(histograms[0])
			}
			row[0], value[0] = stamp(v.Timestamp.Time()), v.Value.String()
			_ = out.Write(row)
		}
		for _, h := range histograms {
			write(h)
		}
	}
	out.Flush()
	return out.Error()
}

// column names a label's column. One that is called as a column of ours gets the
// prefix that Prometheus gives to a label that is called as one of its own.
func column(label model.LabelName, own []string, labels map[model.LabelName]bool) string {
	name := string(label)
	for slices.Contains(own, name) || name != string(label) && labels[model.LabelName(name)] {
		name = model.ExportedLabelPrefix + name
	}
	return name
}

// shortNumber writes four figures, which is what a chart's axis or a glance needs.
func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
