package sampledata

import (
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/prompb"
)

// Rate is rate() over the samples in (at-window, at], spelled out from its
// definition in Prometheus' documentation rather than taken from its engine, so
// that it can check one: resets are added back, and the increase is extrapolated
// to the window's ends unless the series seems to begin or end inside it.
// It is false with fewer than two samples.
func Rate(samples []prompb.Sample, at time.Time, window time.Duration) (float64, bool) {
	end := at.UnixMilli()
	start := end - window.Milliseconds()
	var in []prompb.Sample
	for _, s := range samples {
		if s.Timestamp > start && s.Timestamp <= end {
			in = append(in, s)
		}
	}
	if len(in) < 2 {
		return 0, false
	}
	first, last := in[0], in[len(in)-1]

	increase := last.Value - first.Value
	for i, s := range in[1:] {
		if s.Value < in[i].Value {
			increase += in[i].Value
		}
	}

	covered := float64(last.Timestamp - first.Timestamp)
	spacing := covered / float64(len(in)-1)
	before := float64(first.Timestamp - start)
	if before >= 1.1*spacing {
		before = spacing / 2
	}
	// A counter can't have been below zero: it began no earlier than where the
	// line through the samples crosses it.
	if increase > 0 && first.Value >= 0 {
		before = min(before, covered*first.Value/increase)
	}
	after := float64(end - last.Timestamp)
	if after >= 1.1*spacing {
		after = spacing / 2
	}
	return increase * (covered + before + after) / covered / window.Seconds(), true
}

// Expected knows what a [SumRate] must answer once the samples it was made for are stored.
type Expected struct {
	window time.Duration
	series []expectedSeries
}

type expectedSeries struct {
	by      string
	samples []prompb.Sample
}

// Expect returns the answers to q when just the samples of
// Between(start, end, interval) are stored.
func (s *Set) Expect(q SumRate, start, end time.Time, interval time.Duration) *Expected {
	e := &Expected{window: q.Window}
	for _, ts := range s.Between(start, end, interval) {
		if by, ok := q.match(ts.Labels); ok {
			e.series = append(e.series, expectedSeries{by: by, samples: ts.Samples})
		}
	}
	return e
}

// At is the answer at an instant: the sum for each value of the label summed
// by. Sums of floating-point numbers depend on their order, so compare with a
// tolerance of about 1e-9.
func (e *Expected) At(at time.Time) map[string]float64 {
	sums := map[string]float64{}
	for _, s := range e.series {
		if rate, ok := Rate(s.samples, at, e.window); ok {
			sums[s.by] += rate
		}
	}
	return sums
}

// SumRate describes one query of the walkthrough.
type SumRate struct {
	Expr   string            // what the fields below say, in PromQL
	Name   string            // metric
	Equal  map[string]string // label matchers
	By     string            // label summed by
	Window time.Duration     // of rate
}

// RequestsByPath and TransmitByInstance are the walkthrough's two queries.
var (
	RequestsByPath = SumRate{
		Expr: `sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)`,
		Name: "http_requests_total", Equal: map[string]string{"exported_job": "recommender"}, By: "path", Window: 5 * time.Minute,
	}
	TransmitByInstance = SumRate{
		Expr: `sum(rate(node_network_transmit_bytes_total[5m])) by (instance)`,
		Name: "node_network_transmit_bytes_total", By: "instance", Window: 5 * time.Minute,
	}
)

func (q SumRate) match(series []prompb.Label) (by string, ok bool) {
	want := len(q.Equal) + 1
	for _, l := range series {
		if l.Name == q.By {
			by = l.Value
		}
		if l.Name == model.MetricNameLabel && l.Value == q.Name {
			want--
		}
		if v, asked := q.Equal[l.Name]; asked && v == l.Value {
			want--
		}
	}
	return by, want == 0
}
