package dataplane

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
)

// lookback is Prometheus' default, which AMP keeps.
const lookback = 5 * time.Minute

// thresholds are a query's own bounds on the samples it processes, AMP's
// addition to the query API. Zero means none.
type thresholds struct{ warning, refusal int64 }

type thresholdsKey struct{}

// engine is Prometheus' engine under AMP's quotas.
type engine struct {
	promql.QueryEngine
	limits Limits
}

func (e engine) NewInstantQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, ts time.Time) (promql.Query, error) {
	query, err := e.QueryEngine.NewInstantQuery(ctx, ranged{q, e.limits.QueryRange}, opts, qs, ts)
	return e.guard(query, err)
}

func (e engine) NewRangeQuery(ctx context.Context, q storage.Queryable, opts promql.QueryOpts, qs string, start, end time.Time, interval time.Duration) (promql.Query, error) {
	if int64(end.Sub(start)/interval) > e.limits.QueryPoints {
		return nil, fmt.Errorf("exceeded maximum resolution of %d points per timeseries. Try decreasing the query resolution (?step=XX)", e.limits.QueryPoints)
	}
	if e.limits.AlignRange {
		start, end = align(start, interval), align(end, interval)
	}
	query, err := e.QueryEngine.NewRangeQuery(ctx, ranged{q, e.limits.QueryRange}, opts, qs, start, end, interval)
	return e.guard(query, err)
}

func align(t time.Time, step time.Duration) time.Time {
	ms := max(step.Milliseconds(), 1)
	return time.UnixMilli(t.UnixMilli() / ms * ms)
}

func (e engine) guard(q promql.Query, err error) (promql.Query, error) {
	if err != nil {
		return nil, err
	}
	return guarded{q, e.limits}, nil
}

// guarded is a query that is refused when it processed too much.
type guarded struct {
	promql.Query
	limits Limits
}

func (g guarded) Exec(ctx context.Context) *promql.Result {
	res := g.Query.Exec(ctx)
	// Prometheus answers a query that takes too long with 503 and errorType
	// timeout; AMP with 422 and execution, as for every other limit.
	if errors.As(res.Err, new(promql.ErrQueryTimeout)) {
		res.Err = errors.New(res.Err.Error())
	}
	if res.Err != nil {
		return res
	}
	bounds, _ := ctx.Value(thresholdsKey{}).(thresholds)
	samples := g.Query.Stats().Samples.TotalSamples
	switch {
	case samples > g.limits.QuerySamples:
		res.Err = fmt.Errorf("the query processed too many samples (processed: %d, limit: %d)", samples, g.limits.QuerySamples)
	case bounds.refusal > 0 && samples > bounds.refusal:
		res.Err = fmt.Errorf("the query hit the max_samples_processed_error_threshold (processed: %d samples, threshold: %d samples)", samples, bounds.refusal)
	case bounds.warning > 0 && samples > bounds.warning:
		res.Warnings.Add(fmt.Errorf("the query hit the max_samples_processed_warning_threshold (processed: %d samples, threshold: %d samples)", samples, bounds.warning))
	}
	return res
}

// ranged refuses selectors that reach over a longer time than the quota.
type ranged struct {
	storage.Queryable
	limit time.Duration
}

func (r ranged) Querier(mint, maxt int64) (storage.Querier, error) {
	q, err := r.Queryable.Querier(mint, maxt)
	if err != nil {
		return nil, err
	}
	return rangedQuerier{q, r.limit}, nil
}

type rangedQuerier struct {
	storage.Querier
	limit time.Duration
}

func (q rangedQuerier) Select(ctx context.Context, sorted bool, hints *storage.SelectHints, m ...*labels.Matcher) storage.SeriesSet {
	if hints != nil {
		// The look-back belongs to every selector and not to what was asked for.
		length := time.Duration(hints.End-hints.Start)*time.Millisecond - lookback
		if length > q.limit {
			return storage.ErrSeriesSet(fmt.Errorf("the query time range exceeds the limit (query length: %v, limit: %v)", length, q.limit))
		}
	}
	return q.Querier.Select(ctx, sorted, hints, m...)
}
