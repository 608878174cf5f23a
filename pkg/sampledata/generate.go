package sampledata

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/prompb"
)

// between generates the samples of steps first <= k < last whose number is a
// multiple of every. A round is walked from its beginning, because a counter's
// value is the sum of all that happened since the restart.
func (s *series) between(seed uint64, first, last, every int64) prompb.TimeSeries {
	ts := prompb.TimeSeries{Labels: s.labels}
	round := int64(len(s.steps))
	var (
		value float64
		hist  *histogram.FloatHistogram
	)
	for k := first - first%round; k < last; k++ {
		st := s.steps[k%round]
		factor := noise(seed, s.group, k)
		if st.addHist != nil {
			hist = grow(hist, st, factor)
		} else {
			value = s.next(value, st, factor)
		}
		if k < first || k%every != 0 {
			continue
		}
		at := k * Step.Milliseconds()
		if hist != nil {
			ts.Histograms = append(ts.Histograms, prompb.FromIntHistogram(at, toInt(hist)))
		} else {
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: at, Value: value})
		}
	}
	return ts
}

func (s *series) next(value float64, st step, factor float64) float64 {
	if st.restart {
		return st.add
	}
	add := st.add * factor
	if s.whole {
		add = math.Round(add)
	}
	return value + add
}

// grow adds one step's observations to a native histogram, bucket by bucket in
// whole numbers; all histograms of a series have the layout of its first.
func grow(h *histogram.FloatHistogram, st step, factor float64) *histogram.FloatHistogram {
	add := st.addHist.Copy()
	add.Sum *= factor
	add.Count = 0
	for i := range add.PositiveBuckets {
		add.PositiveBuckets[i] = math.Round(add.PositiveBuckets[i] * factor)
		add.Count += add.PositiveBuckets[i]
	}
	if st.restart {
		return add
	}
	add.Sum += h.Sum
	add.Count += h.Count
	for i := range add.PositiveBuckets {
		add.PositiveBuckets[i] += h.PositiveBuckets[i]
	}
	return add
}

// toInt is h as instrumented programs send it: counts as integers, each bucket
// as the difference to the one before.
func toInt(h *histogram.FloatHistogram) *histogram.Histogram {
	out := &histogram.Histogram{
		Schema: h.Schema, ZeroThreshold: h.ZeroThreshold,
		Count: uint64(h.Count), Sum: h.Sum,
		PositiveSpans:   h.PositiveSpans,
		PositiveBuckets: make([]int64, len(h.PositiveBuckets)),
	}
	var before int64
	for i, count := range h.PositiveBuckets {
		out.PositiveBuckets[i] = int64(count) - before
		before = int64(count)
	}
	return out
}
