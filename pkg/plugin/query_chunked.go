package plugin

import (
	"context"
	"io"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/framewire"
	"github.com/ampkit/ampkit/pkg/promjson"
)

var _ backend.QueryChunkedDataHandler = (*DataSource)(nil)

// QueryChunkedData runs the queries and sends frames as they are read, so that
// neither the answer nor the frames are ever held whole. An error, however late
// it is found, ends its query with an error chunk and leaves the others alone.
func (d *DataSource) QueryChunkedData(ctx context.Context, req *backend.QueryChunkedDataRequest, w backend.ChunkedDataWriter) error {
	var group errgroup.Group
	group.SetLimit(concurrency(req.PluginContext.GrafanaConfig))
	alert := fromAlert(req.Headers)
	for _, q := range req.Queries {
		chunks := framewire.NewChunks(req.Format, w, q.RefID)
		var refused answer
		for _, r := range d.plan(ctx, q, alert, &refused) {
			r.format = req.Format
			group.Go(func() error {
				p := guard(ctx, q.RefID, func() part { return d.runChunked(ctx, r, chunks) })
				return sendFailure(ctx, chunks, p.err)
			})
		}
		for _, p := range refused.parts {
			group.Go(func() error { return sendFailure(ctx, chunks, p.err) })
		}
	}
	return group.Wait()
}

func (d *DataSource) runChunked(ctx context.Context, r request, chunks framewire.Chunks) part {
	if r.path == "query_exemplars" {
		p := d.exemplars(ctx, r)
		return part{err: chunks.SendFrames(ctx, p.frames, r.path)}
	}
	d.askStats(r)
	return d.ask(ctx, r, func(body io.Reader, o promjson.Options) (data.Frames, error) {
		return nil, chunks.Send(ctx, body, o, r.path)
	})
}

func sendFailure(ctx context.Context, chunks framewire.Chunks, err error) error {
	if err == nil {
		return nil
	}
	return chunks.SendError(ctx, statusOf(err), sourceOf(err), err)
}
