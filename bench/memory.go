package main

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// tableMemory has each process answer one query of 256 MiB.
func tableMemory(ctx context.Context, o options) error {
	c, err := newContest(ctx, o)
	if err != nil {
		return err
	}
	defer c.close()
	expr := c.upstream.offer(large)
	w, flush := table(fmt.Sprintf("One answer of %s, %d MiB of JSON", large, len(c.upstream.answers[expr])>>20),
		"\tpeak resident\tCPU\ttime\tfirst chunk")
	defer flush()
	ways := []*way{{process: c.ours}, {process: c.ours, chunked: true}, {process: c.peer}} // which has no chunks
	for range o.turns {
		for _, way := range ways {
			if err := c.answerLarge(ctx, o, way, expr); err != nil {
				return err
			}
		}
	}
	for _, way := range ways {
		label, first := way.process.name, ""
		if way.chunked {
			label, first = label+", in chunks", fmt.Sprintf("%.0f ms", millis(way.first))
		}
		fmt.Fprintf(w, "%s\t%.0f MB\t%.0f ms\t%.0f ms\t%s\t\n", label, way.peak, millis(way.best.cpu), millis(way.best.wall), first)
	}
	return nil
}

// way is how a process answers, and what that cost at best. Of memory the most counts.
type way struct {
	process *process
	chunked bool
	best    load
	first   time.Duration // until the first chunk
	peak    float64
}

// answerLarge has a new process answer once.
func (c contest) answerLarge(ctx context.Context, o options, w *way, expr string) error {
	p := w.process
	fresh, err := c.again(ctx, o, p)
	if err != nil {
		return err
	}
	p.Host = fresh.Host
	before, err := p.cpu()
	if err != nil {
		return err
	}
	begin := time.Now()
	var first time.Duration
	if w.chunked {
		first, err = p.chunked(ctx, expr, large, begin)
	} else {
		err = p.decoded(ctx, expr, large, begin)
	}
	if err != nil {
		return err
	}
	wall := time.Since(begin)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	peak, err := p.peak()
	if w.best == (load{}) || first < w.first {
		w.first = first
	}
	w.best, w.peak = w.best.better(load{cpu: after - before, wall: wall}), max(w.peak, peak)
	return err
}

// again starts a process anew, so that its memory is only what the next query takes.
func (c contest) again(ctx context.Context, o options, p *process) (*process, error) {
	p.Close()
	ds := p.context.DataSourceInstanceSettings
	path := o.ours
	if p == c.peer {
		path = peerPath(o)
	}
	return start(ctx, p.name, path, ds.URL, ds.DecryptedSecureJSONData)
}

// decoded asks for a query in one piece and decodes its frames, as Grafana does.
func (p *process) decoded(ctx context.Context, expr string, r row, at time.Time) error {
	q, err := p.question(expr, r, at)
	if err != nil {
		return err
	}
	resp, err := p.QueryData(ctx, &backend.QueryDataRequest{PluginContext: p.context, Queries: []backend.DataQuery{q}})
	if err != nil {
		return err
	}
	if n := len(resp.Responses["A"].Frames); n < r.series {
		return fmt.Errorf("%d frames for %d series: %w", n, r.series, resp.Responses["A"].Error)
	}
	return nil
}

// chunked asks for a query in chunks, decodes them too, and says how long the first took.
func (p *process) chunked(ctx context.Context, expr string, r row, at time.Time) (time.Duration, error) {
	q, err := p.question(expr, r, at)
	if err != nil {
		return 0, err
	}
	count := &counter{begin: time.Now()}
	err = p.QueryChunkedData(ctx, &backend.QueryChunkedDataRequest{PluginContext: p.context, Queries: []backend.DataQuery{q}}, count)
	if err == nil && count.frames < r.series {
		err = fmt.Errorf("%d frames for %d series", count.frames, r.series)
	}
	return count.first, err
}

// counter takes chunks and forgets them.
type counter struct {
	begin  time.Time
	first  time.Duration
	frames int
}

func (c *counter) WriteFrame(context.Context, string, string, *data.Frame) error {
	if c.frames == 0 {
		c.first = time.Since(c.begin)
	}
	c.frames++
	return nil
}

func (c *counter) WriteError(_ context.Context, _ string, _ backend.Status, err error) error {
	return err
}
