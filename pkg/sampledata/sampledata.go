// Package sampledata makes the series of the getting-started walkthrough: the
// counters that its two queries read, a latency histogram in both forms, and a
// few gauges, moving as real ones do, counter resets included.
//
// The series are a function of the seed and of absolute time and nothing else:
// a sample at a given instant has the same value whoever generates it and
// whenever. So writing may stop and go on later, two runs agree where they
// overlap, and [Set.Expect] knows what a query must answer without asking.
//
// All values of this package are safe for concurrent use.
package sampledata

import (
	"fmt"
	"iter"
	"time"

	"github.com/prometheus/prometheus/prompb"
)

// Step is the spacing the series are written in: they have a value every Step,
// at multiples of it since the Unix epoch.
const Step = 15 * time.Second

// DefaultSeed is the seed of the demo and of the command line.
const DefaultSeed = 1

// Set is a parsed set of series with its seed.
type Set struct {
	series   []series
	metadata []prompb.MetricMetadata
	seed     uint64
}

// Walkthrough returns the walkthrough's series.
func Walkthrough(seed uint64) *Set {
	set, err := parse(walkthrough, seed)
	if err != nil {
		panic(err) // an embedded file; a test reads it
	}
	return set
}

// Len is the number of series.
func (s *Set) Len() int { return len(s.series) }

// Metadata is the type and help of every metric family, as remote write 1.0 sends it.
func (s *Set) Metadata() []prompb.MetricMetadata { return s.metadata }

// Between returns every series with its samples at start <= t < end, in time
// order and interval apart, at multiples of interval. interval must be a
// positive multiple of [Step] (see [CheckInterval]).
func (s *Set) Between(start, end time.Time, interval time.Duration) []prompb.TimeSeries {
	first, last, every := ceilStep(start), ceilStep(end), int64(interval/Step)
	out := make([]prompb.TimeSeries, 0, len(s.series))
	for i := range s.series {
		ts := s.series[i].between(s.seed, first, last, every)
		if len(ts.Samples)+len(ts.Histograms) > 0 {
			out = append(out, ts)
		}
	}
	return out
}

// Batches cuts start <= t < end into spans of at most span and yields the
// samples of one span after the other, so that a long window is neither held
// nor sent at once and time never runs backwards.
func (s *Set) Batches(start, end time.Time, interval, span time.Duration) iter.Seq[[]prompb.TimeSeries] {
	return func(yield func([]prompb.TimeSeries) bool) {
		for at := start; at.Before(end); at = at.Add(span) {
			stop := at.Add(span)
			if stop.After(end) {
				stop = end
			}
			batch := s.Between(at, stop, interval)
			if len(batch) > 0 && !yield(batch) {
				return
			}
		}
	}
}

// Count is the number of samples, histograms included, in series.
func Count(series []prompb.TimeSeries) int {
	n := 0
	for _, ts := range series {
		n += len(ts.Samples) + len(ts.Histograms)
	}
	return n
}

// CheckInterval tells whether the series can be sampled at interval.
func CheckInterval(interval time.Duration) error {
	if interval < Step || interval%Step != 0 {
		return fmt.Errorf("interval %s is not a multiple of %s, the spacing the sample series are written in", interval, Step)
	}
	return nil
}

// ceilStep is the number of the first step at or after t.
func ceilStep(t time.Time) int64 {
	ms := Step.Milliseconds()
	return (t.UnixMilli() + ms - 1) / ms
}
