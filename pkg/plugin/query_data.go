package plugin

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/query"
)

// defaultConcurrency is how many requests of one call run at once when Grafana
// does not say ([dataproxy] concurrent_query_count, 10 by default there too).
const defaultConcurrency = 10

// QueryData runs the queries of a panel or alert rule. Each has its own answer:
// an error, or a panic, in one leaves the others alone.
func (d *DataSource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	answers := make([]answer, len(req.Queries))
	var group errgroup.Group
	group.SetLimit(concurrency(req.PluginContext.GrafanaConfig))
	alert := fromAlert(req.Headers)
	for i, q := range req.Queries {
		requests := d.plan(ctx, q, alert, &answers[i])
		for _, p := range requests {
			p.format = req.Format
			slot := answers[i].reserve()
			run := func() error {
				answers[i].put(slot, guard(ctx, q.RefID, func() part { return d.run(ctx, p) }))
				return nil
			}
			if len(req.Queries) == 1 && len(requests) == 1 {
				// A goroutine's stack would have to grow first, a tenth of the time of a small query.
				_ = run()
				continue
			}
			group.Go(run)
		}
	}
	_ = group.Wait() // the parts hold their own errors
	resp := backend.NewQueryDataResponse()
	for i, q := range req.Queries {
		resp.Responses[q.RefID] = answers[i].response()
	}
	return resp, nil
}

// plan understands a query and says which requests it makes, in the order of
// their frames: range, instant, exemplars. What can't be understood is the
// query's answer.
func (d *DataSource) plan(ctx context.Context, q backend.DataQuery, alert bool, a *answer) (requests []request) {
	p := guard(ctx, q.RefID, func() (p part) {
		requests, p.err = d.requests(q, alert)
		return p
	})
	if p.err != nil {
		a.put(a.reserve(), p)
		return nil
	}
	return requests
}

func (d *DataSource) requests(q backend.DataQuery, alert bool) ([]request, error) {
	if d.broken != nil {
		return nil, d.broken
	}
	m, err := query.Parse(q, query.Options{ScrapeInterval: d.settings.TimeInterval, FromAlert: alert})
	if err != nil {
		return nil, badQueryError{err}
	}
	var requests []request
	if m.Range {
		requests = append(requests, request{model: m, path: "query_range", params: m.RangeParams()})
	}
	if m.Instant {
		requests = append(requests, request{model: m, path: "query", params: m.InstantParams()})
	}
	if m.Exemplar && d.offersExemplars() {
		requests = append(requests, request{model: m, path: "query_exemplars", params: m.ExemplarParams()})
	}
	return requests, nil
}

func concurrency(cfg *config.GrafanaCfg) int {
	if cfg != nil {
		if n, err := cfg.ConcurrentQueryCount(); err == nil && n > 0 {
			return n
		}
	}
	return defaultConcurrency
}

// fromAlert tells whether an alert rule asks. Grafana sends the mark as a
// header of the call, and once more among the forwarded HTTP headers.
func fromAlert(headers map[string]string) bool {
	for name, value := range headers {
		if strings.EqualFold(strings.TrimPrefix(name, "http_"), backend.FromAlertHeaderName) && value == "true" {
			return true
		}
	}
	return false
}

// answer collects what the requests of one query came to, in fixed order.
type answer struct {
	mu    sync.Mutex
	parts []part
}

// part is the outcome of one request.
type part struct {
	frames data.Frames
	err    error
}

func (a *answer) reserve() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.parts = append(a.parts, part{})
	return len(a.parts) - 1
}

func (a *answer) put(slot int, p part) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.parts[slot] = p
}

// response puts the parts together. When both requests of a query fail alike,
// as a wrong expression does, the user reads it once.
func (a *answer) response() backend.DataResponse {
	var out backend.DataResponse
	for _, p := range a.parts {
		out.Frames = append(out.Frames, p.frames...)
		switch {
		case p.err == nil:
		case out.Error == nil:
			out.Error, out.Status, out.ErrorSource = p.err, statusOf(p.err), sourceOf(p.err)
		case !alike(out.Error, p.err):
			out.Error = fmt.Errorf("%w; %w", out.Error, p.err)
		}
	}
	if out.Error == nil {
		out.Status = backend.StatusOK
	}
	return out
}

// guard keeps a panic inside the request it happens in.
func guard(ctx context.Context, refID string, run func() part) (p part) {
	defer func() {
		if r := recover(); r != nil {
			backend.Logger.FromContext(ctx).Error("Query panicked", "refId", refID, "panic", r, "stack", string(debug.Stack()))
			p = part{err: panicked(refID, r)}
		}
	}()
	return run()
}
