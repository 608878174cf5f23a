// Package query understands what Grafana asks for: it turns the JSON of one
// data query into a Model whose expression, step and times are exactly what is
// sent to Prometheus. It is pure: no I/O, no clock, safe for concurrent use.
//
// The arithmetic is the one that today's dashboards were made against, so that
// a dashboard moved from another Prometheus data source asks the same of the
// server. It departs from it where the other is plainly wrong: the limit of
// 11,000 points is strict, and filters have a fixed order and escaped values.
package query

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// Options is what a query depends on beside its own JSON.
type Options struct {
	// ScrapeInterval is the data source's timeInterval; 0 counts as not given.
	ScrapeInterval time.Duration
	// FromAlert is set for queries of an alert rule; they never run exemplars.
	FromAlert bool
}

// Model is one query, ready to be sent.
type Model struct {
	RefID string
	// Raw is the expression as the user wrote it, Expr the one that is sent:
	// macros interpolated, filters applied.
	Raw, Expr string
	// Range, Instant and Exemplar say which requests the query makes. At least
	// one of Range and Instant is set.
	Range, Instant, Exemplar bool
	// Start and End are aligned to Step; Time, when an instant query is
	// evaluated, is the unaligned end of the panel's range.
	Start, End, Time time.Time
	Step             time.Duration
	Format           Format
	// LegendFormat is the user's template for names of series (promjson.NewLegend).
	LegendFormat string
}

// Parse reads one data query. Its errors are the user's to mend and marked as
// downstream for Grafana.
func Parse(q backend.DataQuery, o Options) (Model, error) {
	m, err := parse(q, o)
	if err != nil {
		return Model{}, backend.DownstreamError(err)
	}
	return m, nil
}

func parse(q backend.DataQuery, o Options) (Model, error) {
	in, err := decode(q.JSON)
	if err != nil {
		return Model{}, err
	}
	if in.Expr == "" {
		return Model{}, fmt.Errorf("the query has no expression: write one in PromQL")
	}
	span := q.TimeRange.To.Sub(q.TimeRange.From)
	iv := intervals{
		query:     string(in.Interval),
		queryMS:   int64(in.IntervalMS),
		factor:    int64(in.IntervalFactor),
		panel:     q.Interval,
		scrape:    o.ScrapeInterval,
		span:      span,
		maxPoints: q.MaxDataPoints,
	}
	step, err := iv.step()
	if err != nil {
		return Model{}, fmt.Errorf("min step %q: %w", in.Interval, err)
	}
	rate, err := iv.rateInterval(step)
	if err != nil {
		return Model{}, fmt.Errorf("min step %q: %w", in.Interval, err)
	}
	expr := interpolate(string(in.Expr), macros{step: step, span: span, rate: rate})
	var scopes []Filter
	for _, s := range in.Scopes {
		scopes = append(scopes, s.Filters...)
	}
	if expr, err = ApplyFilters(expr, scopes, in.AdhocFilters, in.GroupByKeys); err != nil {
		return Model{}, err
	}
	offset := time.Duration(in.UTCOffsetSec) * time.Second
	return Model{
		RefID:        q.RefID,
		Raw:          string(in.Expr),
		Expr:         expr,
		Instant:      bool(in.Instant),
		Range:        bool(in.Range || !in.Instant),
		Exemplar:     bool(in.Exemplar) && !o.FromAlert,
		Start:        align(q.TimeRange.From, step, offset),
		End:          align(q.TimeRange.To, step, offset),
		Time:         q.TimeRange.To,
		Step:         step,
		Format:       in.Format,
		LegendFormat: string(in.LegendFormat),
	}, nil
}

// RangeParams are the parameters of api/v1/query_range.
func (m Model) RangeParams() url.Values {
	v := m.ExemplarParams()
	v.Set("step", strconv.FormatFloat(m.Step.Seconds(), 'f', -1, 64))
	return v
}

// InstantParams are the parameters of api/v1/query.
func (m Model) InstantParams() url.Values {
	return url.Values{"query": {m.Expr}, "time": {timestamp(m.Time)}}
}

// ExemplarParams are the parameters of api/v1/query_exemplars.
func (m Model) ExemplarParams() url.Values {
	return url.Values{"query": {m.Expr}, "start": {timestamp(m.Start)}, "end": {timestamp(m.End)}}
}

// timestamp renders seconds with as many decimals as there are milliseconds,
// the resolution of Prometheus.
func timestamp(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}
