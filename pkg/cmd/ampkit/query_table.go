package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/prometheus/common/model"
)

// table writes a line for each series: its value, or of a range what sums it up.
func (a answer) table(w io.Writer, ranged bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if ranged {
		_, _ = fmt.Fprintln(t, "SERIES\tMIN\tMEAN\tMAX\tLAST\tVALUES") // Flush tells
	}
	for _, s := range a.series {
		name := s.Metric.String()
		switch {
		case !ranged && len(s.Values) == 1:
			_, _ = fmt.Fprintf(t, "%s\t%s\n", name, s.Values[0].Value)
		case len(s.Values) == 0 && len(s.Histograms) == 0:
			_, _ = fmt.Fprintf(t, "%s\tno value\n", name)
		case len(s.Values) == 0:
			h := s.Histograms[len(s.Histograms)-1].Histogram
			_, _ = fmt.Fprintf(t, "%s\thistogram of %s values, sum %s\n", name, h.Count, h.Sum)
		default:
			low, mean, top := sumUp(s.Values)
			last := s.Values[len(s.Values)-1].Value
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\n", name, shortNumber(low), shortNumber(mean), shortNumber(top), shortNumber(float64(last)), len(s.Values))
		}
	}
	return t.Flush()
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
	histograms := false
	for _, s := range a.series {
		for name := range s.Metric {
			names[name] = true
		}
		histograms = histograms || len(s.Histograms) > 0
	}
	labels := slices.Sorted(maps.Keys(names))
	header := []string{"time"}
	for _, name := range labels {
		header = append(header, string(name))
	}
	header = append(header, "value")
	if histograms {
		header = append(header, "count", "sum")
	}
	out := csv.NewWriter(w)
	_ = out.Write(header) // Error tells
	for _, s := range a.series {
		row := make([]string, len(header))
		for i, name := range labels {
			row[i+1] = string(s.Metric[name])
		}
		value := row[len(labels)+1:]
		for _, v := range s.Values {
			row[0], value[0] = stamp(v.Timestamp.Time()), v.Value.String()
			_ = out.Write(row)
		}
		for _, h := range s.Histograms {
			row[0], value[0] = stamp(h.Timestamp.Time()), ""
			value[1], value[2] = h.Histogram.Count.String(), h.Histogram.Sum.String()
			_ = out.Write(row)
		}
	}
	out.Flush()
	return out.Error()
}

// shortNumber writes four figures, which is what a chart's axis or a glance needs.
func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }
