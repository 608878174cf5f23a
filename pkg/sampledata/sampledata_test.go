package sampledata_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/sampledata"
)

var noon = time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)

const (
	since    = 55 * time.Minute
	interval = 15 * time.Second
)

func TestSamplesDependOnSeedAndTimeOnly(t *testing.T) {
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	whole := byName(set.Between(noon.Add(-since), noon, interval))

	t.Run("again", func(t *testing.T) {
		again := byName(sampledata.Walkthrough(sampledata.DefaultSeed).Between(noon.Add(-since), noon, interval))
		require.Empty(t, cmp.Diff(whole, again))
	})
	t.Run("in pieces", func(t *testing.T) {
		joined := map[string]prompb.TimeSeries{}
		for batch := range set.Batches(noon.Add(-since), noon, interval, 4*time.Minute) {
			for name, ts := range byName(batch) {
				sum := joined[name]
				sum.Labels = ts.Labels
				sum.Samples = append(sum.Samples, ts.Samples...)
				sum.Histograms = append(sum.Histograms, ts.Histograms...)
				joined[name] = sum
			}
		}
		require.Empty(t, cmp.Diff(whole, joined))
	})
	t.Run("seldom", func(t *testing.T) {
		for name, ts := range byName(set.Between(noon.Add(-since), noon, time.Minute)) {
			require.Len(t, append(times(ts.Samples), histogramTimes(ts)...), 55, name)
			require.Subset(t, whole[name].Samples, ts.Samples, name)
		}
	})
	t.Run("another seed", func(t *testing.T) {
		other := byName(sampledata.Walkthrough(2).Between(noon.Add(-since), noon, interval))
		require.NotEmpty(t, cmp.Diff(whole, other))
	})
}

func TestEverySeriesIsFitForRemoteWrite(t *testing.T) {
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	all := set.Between(noon.Add(-since), noon, interval)
	require.Len(t, all, set.Len())
	require.Equal(t, set.Len()*220, sampledata.Count(all))
	for name, ts := range byName(all) {
		require.IsIncreasing(t, labelNames(ts), name)
		at := append(times(ts.Samples), histogramTimes(ts)...)
		require.Len(t, at, 220, name)
		require.IsIncreasing(t, at, name)
		require.Zero(t, at[0]%interval.Milliseconds(), name)
		require.GreaterOrEqual(t, at[0], noon.Add(-since).UnixMilli(), name)
		require.Less(t, at[219], noon.UnixMilli(), name)
	}
}

func TestCountersGrowUnevenlyAndRestart(t *testing.T) {
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	for _, end := range []time.Time{noon, noon.Add(20 * time.Minute), noon.Add(7 * time.Hour)} {
		resets := map[string]int{}
		for name, ts := range byName(set.Between(end.Add(-since), end, interval)) {
			if !strings.Contains(name, "_total{") {
				continue
			}
			metric, _, _ := strings.Cut(name, "{")
			growths := map[float64]bool{}
			for i, s := range ts.Samples[1:] {
				growths[s.Value-ts.Samples[i].Value] = true
				if s.Value < ts.Samples[i].Value {
					resets[metric]++
				}
			}
			if !strings.Contains(name, `code="500"`) {
				require.Greater(t, len(growths), 20, name)
			}
		}
		require.Positive(t, resets["http_requests_total"], end)
		require.Positive(t, resets["node_network_transmit_bytes_total"], end)
	}
}

func TestBothHistogramsTellTheSame(t *testing.T) {
	all := byName(sampledata.Walkthrough(sampledata.DefaultSeed).Between(noon.Add(-since), noon, interval))
	seen := 0
	for name, native := range all {
		if len(native.Histograms) == 0 {
			continue
		}
		seen++
		count := all[strings.Replace(name, "_seconds{", "_seconds_count{", 1)].Samples
		inf := all[strings.Replace(strings.Replace(name, "_seconds{", "_seconds_bucket{", 1), `, path`, `, le="+Inf", path`, 1)].Samples
		require.Equal(t, count, inf, name)
		for i, h := range native.Histograms {
			require.NoError(t, h.ToIntHistogram().Validate())
			require.InEpsilon(t, count[i].Value+1, float64(h.GetCountInt())+1, 0.05)
		}
	}
	require.Equal(t, 2, seen)
}

func TestIntervalMustFitTheStep(t *testing.T) {
	require.NoError(t, sampledata.CheckInterval(time.Minute))
	for _, bad := range []time.Duration{0, -15 * time.Second, 10 * time.Second, 20 * time.Second} {
		require.ErrorContains(t, sampledata.CheckInterval(bad), "not a multiple of 15s")
	}
}

func BenchmarkBetween(b *testing.B) {
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	for b.Loop() {
		set.Between(noon.Add(-since), noon, interval)
	}
}

func byName(all []prompb.TimeSeries) map[string]prompb.TimeSeries {
	m := make(map[string]prompb.TimeSeries, len(all))
	for _, ts := range all {
		var name string
		var rest []string
		for _, l := range ts.Labels {
			if l.Name == "__name__" {
				name = l.Value
			} else {
				rest = append(rest, fmt.Sprintf("%s=%q", l.Name, l.Value))
			}
		}
		m[name+"{"+strings.Join(rest, ", ")+"}"] = ts
	}
	return m
}

func labelNames(ts prompb.TimeSeries) (names []string) {
	for _, l := range ts.Labels {
		names = append(names, l.Name)
	}
	return names
}

func times(samples []prompb.Sample) (at []int64) {
	for _, s := range samples {
		at = append(at, s.Timestamp)
	}
	return at
}

func histogramTimes(ts prompb.TimeSeries) (at []int64) {
	for _, h := range ts.Histograms {
		at = append(at, h.Timestamp)
	}
	return at
}
