package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// process is a plugin's process, held to one core.
type process struct {
	*pluginhost.Host
	name    string
	context backend.PluginContext
}

// start starts a plugin over the data source at url, which it signs for.
func start(ctx context.Context, name, path, url string, keys map[string]string) (*process, error) {
	grafana := pluginhost.Grafana{ConcurrentQueries: 100}
	host, err := pluginhost.Start(ctx, pluginhost.Config{
		Path: path,
		// GODEBUG and the like stay out of it.
		Env: append(grafana.Environment(), "GOMAXPROCS=1"),
	})
	if err != nil {
		return nil, err
	}
	p := &process{Host: host, name: name}
	p.context, err = grafana.Context(pluginhost.DataSource{
		URL: url,
		JSONData: map[string]any{
			"httpMethod": "POST", "sigV4Auth": true, "sigV4AuthType": "keys", "sigV4Region": region, "timeInterval": "15s",
		},
		Secure: keys,
	})
	if err == nil {
		err = p.pin()
	}
	if err != nil {
		host.Close()
		return nil, err
	}
	return p, nil
}

const region = "eu-central-1"

// pin holds all threads to one core. New ones inherit it.
func (p *process) pin() error {
	var core unix.CPUSet
	core.Set(0)
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.PID()))
	if err != nil {
		return err
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &core); err != nil {
			return fmt.Errorf("hold %s to one core: %w", p.name, err)
		}
	}
	return nil
}

// question is a panel's query for an expression.
func (p *process) question(expr string, r row, at time.Time) (backend.DataQuery, error) {
	model, err := json.Marshal(map[string]any{
		"refId": "A", "expr": expr, "range": !r.instant(), "instant": r.instant(), "interval": "15s", "legendFormat": "",
	})
	return backend.DataQuery{
		RefID: "A", JSON: model, Interval: step * time.Second, MaxDataPoints: 11_000,
		TimeRange: backend.TimeRange{From: at.Add(-time.Duration(r.points) * step * time.Second), To: at},
	}, err
}

// query asks once, and returns the bytes of the frames that came.
func (p *process) query(ctx context.Context, expr string, r row, at time.Time) (int, error) {
	q, err := p.question(expr, r, at)
	if err != nil {
		return 0, err
	}
	resp, err := p.QueryDataProto(ctx, &backend.QueryDataRequest{PluginContext: p.context, Queries: []backend.DataQuery{q}})
	if err != nil {
		return 0, err
	}
	dr := resp.GetResponses()["A"]
	if dr.GetError() != "" {
		return 0, fmt.Errorf("%s: %s", p.name, dr.GetError())
	}
	size := 0
	for _, f := range dr.GetFrames() {
		size += len(f)
	}
	if len(dr.GetFrames()) < r.series {
		return 0, fmt.Errorf("%s: %d frames for %d series", p.name, len(dr.GetFrames()), r.series)
	}
	return size, nil
}

// cpu is the time the process has spent on the core so far.
func (p *process) cpu() (time.Duration, error) {
	var total time.Duration
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.PID()))
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		raw, err := os.ReadFile(task)
		if err != nil {
			continue // the thread is gone
		}
		fields := bytes.Fields(raw)
		if len(fields) == 0 {
			continue
		}
		ns, err := strconv.ParseInt(string(fields[0]), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}

// peak is the most memory that was resident since forgetPeak, in MB.
func (p *process) peak() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			return n * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("no VmHWM for %s", p.name)
}

func (p *process) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.PID()), []byte("5"), 0)
}

// load is what n queries cost when so many of them run at once.
type load struct {
	cpu, wall time.Duration // for each query
	size      int           // of its frames
}

// better takes the lower figure of each kind: noise only ever adds.
func (l load) better(other load) load {
	if l == (load{}) {
		return other
	}
	return load{cpu: min(l.cpu, other.cpu), wall: min(l.wall, other.wall), size: other.size}
}

// measure runs queries for about as long as budget says, after a few to get warm.
func (p *process) measure(ctx context.Context, expr string, r row, atOnce int, budget time.Duration) (load, error) {
	at := time.Now()
	run := func(n int) (load, error) {
		var group errgroup.Group
		group.SetLimit(atOnce)
		before, err := p.cpu()
		if err != nil {
			return load{}, err
		}
		begin := time.Now()
		sizes := make([]int, n)
		for i := range n {
			group.Go(func() (err error) {
				sizes[i], err = p.query(ctx, expr, r, at)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return load{}, err
		}
		wall := time.Since(begin)
		after, err := p.cpu()
		return load{cpu: (after - before) / time.Duration(n), wall: wall / time.Duration(n), size: sizes[0]}, err
	}
	warm, err := run(max(3, atOnce))
	if err != nil {
		return load{}, err
	}
	return run(max(3, atOnce, int(budget/max(warm.wall, time.Microsecond))))
}
