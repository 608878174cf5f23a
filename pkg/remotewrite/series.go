package remotewrite

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/prometheus/prompb"
)

// normalize returns the series with its labels and samples in the order that
// the protocol asks for. The argument is left as it is.
func normalize(ts prompb.TimeSeries) (prompb.TimeSeries, error) {
	if !slices.IsSortedFunc(ts.Labels, byName) {
		ts.Labels = slices.SortedFunc(slices.Values(ts.Labels), byName)
	}
	if reason := badLabels(ts.Labels); reason != "" {
		return ts, &InvalidError{Labels: labelText(ts.Labels), Reason: reason}
	}
	if !slices.IsSortedFunc(ts.Samples, bySampleTime) {
		ts.Samples = slices.SortedStableFunc(slices.Values(ts.Samples), bySampleTime)
	}
	if !slices.IsSortedFunc(ts.Histograms, byHistogramTime) {
		ts.Histograms = slices.SortedStableFunc(slices.Values(ts.Histograms), byHistogramTime)
	}
	return ts, nil
}

func byName(a, b prompb.Label) int              { return strings.Compare(a.Name, b.Name) }
func bySampleTime(a, b prompb.Sample) int       { return cmp.Compare(a.Timestamp, b.Timestamp) }
func byHistogramTime(a, b prompb.Histogram) int { return cmp.Compare(a.Timestamp, b.Timestamp) }

func sameLabel(a, b prompb.Label) bool { return a.Name == b.Name && a.Value == b.Value }

// badLabels says what is wrong with sorted labels, by the remote-write 1.0
// specification; "" when nothing is.
func badLabels(labels []prompb.Label) string {
	name := ""
	for i, l := range labels {
		switch {
		case l.Name == "":
			return "a label has no name"
		case l.Value == "":
			return fmt.Sprintf("label %q is empty: leave it out", l.Name)
		case !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value):
			return fmt.Sprintf("label %q is not UTF-8", l.Name)
		case i > 0 && labels[i-1].Name == l.Name:
			return fmt.Sprintf("label %q is there twice", l.Name)
		case l.Name == "__name__":
			name = l.Value
		}
	}
	if name == "" {
		return "there is no metric name (__name__)"
	}
	return ""
}

func labelText(labels []prompb.Label) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, l := range labels {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s=%q", l.Name, l.Value)
	}
	b.WriteByte('}')
	return b.String()
}

func count(ts prompb.TimeSeries) int { return len(ts.Samples) + len(ts.Histograms) }

// pieces cuts a series into parts of at most limit samples, in time order:
// where it has floats and histograms, a part never reaches past the next one's
// first sample.
func pieces(ts prompb.TimeSeries, limit int) iter.Seq[prompb.TimeSeries] {
	return func(yield func(prompb.TimeSeries) bool) {
		for count(ts) > limit {
			var first prompb.TimeSeries
			first, ts = cut(ts, limit)
			if !yield(first) {
				return
			}
		}
		if count(ts) > 0 {
			yield(ts)
		}
	}
}

// cut takes the n earliest samples and histograms off a normalized series.
func cut(ts prompb.TimeSeries, n int) (first, rest prompb.TimeSeries) {
	f, h := 0, 0
	for f+h < n {
		if h == len(ts.Histograms) || (f < len(ts.Samples) && ts.Samples[f].Timestamp <= ts.Histograms[h].Timestamp) {
			f++
		} else {
			h++
		}
	}
	first, rest = ts, ts
	first.Samples, rest.Samples = ts.Samples[:f], ts.Samples[f:]
	first.Histograms, rest.Histograms = ts.Histograms[:h], ts.Histograms[h:]
	first.Exemplars = nil // they travel once, with what is sent last
	return first, rest
}

// halves splits a batch; false when it is a single sample.
func halves(batch []prompb.TimeSeries) (first, second []prompb.TimeSeries, ok bool) {
	if half := len(batch) / 2; half > 0 {
		return batch[:half], batch[half:], true
	}
	if n := count(batch[0]); n > 1 {
		a, b := cut(batch[0], n/2)
		return []prompb.TimeSeries{a}, []prompb.TimeSeries{b}, true
	}
	return nil, nil, false
}
