package plugin

import (
	"context"
	"errors"
	"io"
	"net/url"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/framewire"
	"github.com/ampkit/ampkit/pkg/promjson"
	"github.com/ampkit/ampkit/pkg/query"
)

// frameReader makes frames of the body of an answer.
type frameReader func(io.Reader, promjson.Options) (data.Frames, error)

// request is one HTTP request of a query.
type request struct {
	model  query.Model
	path   string
	params url.Values
	format backend.DataFrameFormat
}

func (d *DataSource) run(ctx context.Context, r request) part {
	if r.path == "query_exemplars" {
		return d.exemplars(ctx, r)
	}
	d.askStats(r)
	return d.ask(ctx, r, d.reader(ctx, r.format))
}

func (d *DataSource) askStats(r request) {
	if d.settings.QueryStats {
		r.params.Set("stats", "all")
	}
}

// reader is the one place where bytes of the service become what Grafana draws.
func (d *DataSource) reader(ctx context.Context, format backend.DataFrameFormat) frameReader {
	if d.read != nil {
		return d.read
	}
	return func(body io.Reader, o promjson.Options) (data.Frames, error) {
		return framewire.Read(ctx, format, body, o)
	}
}

func (d *DataSource) ask(ctx context.Context, r request, read frameReader) part {
	resp, err := d.client.Do(ctx, amp.Request{Path: r.path, Params: r.params})
	if err != nil {
		return part{err: err}
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	frames, err := read(resp.Body, promjson.Options{
		RefID:  r.model.RefID,
		Expr:   r.model.Expr,
		Step:   r.model.Step,
		Legend: promjson.NewLegend(r.model.LegendFormat, r.model.Expr),
	})
	if err != nil {
		return part{err: badAnswer(ctx, err, resp, d.client.Endpoint())}
	}
	return part{frames: frames}
}

// offersExemplars is false for AMP, which has no such path: dashboards ask for
// exemplars by default, and every panel would cost a request in vain.
func (d *DataSource) offersExemplars() bool { return d.client.Endpoint().Workspace == "" }

// exemplars are an extra: a server without them, or a failure, takes nothing
// away from the series.
func (d *DataSource) exemplars(ctx context.Context, r request) part {
	p := d.ask(ctx, r, promjson.ReadExemplars)
	if p.err == nil {
		return p
	}
	var refused *amp.Error
	if !errors.As(p.err, &refused) || refused.Kind != amp.KindNotFound && refused.Kind != amp.KindCanceled {
		backend.Logger.FromContext(ctx).Warn("Exemplars could not be read", "refId", r.model.RefID, "error", p.err)
	}
	return part{}
}
