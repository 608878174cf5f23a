package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// kind is what callers do.
type kind struct {
	name         string
	path         string
	body         []byte
	answer       int64 // bytes
	write, large bool
}

// anySize is an answer of whatever size.
const anySize = -1

const workspace = "ws-00000000-0000-0000-0000-000000000000"

var kinds = []kind{
	{name: "Queries of 300 bytes", path: "api/v1/query", body: []byte("query=" + strings.Repeat("sum(rate(up[5m]))+", 16) + "1&time=1"), answer: 300},
	{name: "Answers of 50 MB", path: "api/v1/query_range", body: []byte("query=up"), answer: 50_000_000, large: true},
	{name: "Writes of 500 kB", path: "api/v1/remote_write", body: bytes.Repeat([]byte("sample; "), 500_000/8), write: true},
}

// figures are what a load cost.
type figures struct {
	requests      int
	rate          float64 // requests a second
	cpu, p50, p99 time.Duration
	peak          float64 // MB
}

// figuresOf are the figures of a row: the best of each turn, for noise only ever adds, but of memory the most.
func figuresOf(turns []figures) figures {
	best := turns[0]
	for _, f := range turns[1:] {
		best = figures{
			requests: best.requests + f.requests, rate: max(best.rate, f.rate), cpu: min(best.cpu, f.cpu),
			p50: min(best.p50, f.p50), p99: min(best.p99, f.p99), peak: max(best.peak, f.peak),
		}
	}
	return best
}

// load sends requests on so many connections for about as long as budget says,
// after a few to get warm. A request that fails ends it.
func (t *target) load(ctx context.Context, k kind, connections int, budget time.Duration) (figures, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true, ReadBufferSize: 64 << 10}}
	defer client.CloseIdleConnections()
	if !k.large {
		if _, err := t.burst(ctx, client, k, connections, budget/5); err != nil {
			return figures{}, err
		}
	}
	if err := t.forgetPeak(); err != nil {
		return figures{}, err
	}
	before, err := t.cpu()
	if err != nil {
		return figures{}, err
	}
	begin := time.Now()
	took, err := t.burst(ctx, client, k, connections, budget)
	if err != nil {
		return figures{}, err
	}
	wall := time.Since(begin)
	after, err := t.cpu()
	if err != nil {
		return figures{}, err
	}
	peak, err := t.peak()
	slices.Sort(took)
	n := len(took)
	return figures{
		requests: n, rate: float64(n) / wall.Seconds(), cpu: (after - before) / time.Duration(n),
		p50: took[n/2], p99: took[min(n-1, n*99/100)], peak: peak,
	}, err
}

// burst returns how long each request took.
func (t *target) burst(ctx context.Context, client *http.Client, k kind, connections int, budget time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end := time.Now().Add(budget)
	all := make([][]time.Duration, connections)
	var workers sync.WaitGroup
	for i := range connections {
		workers.Go(func() {
			buffer := make([]byte, 64<<10)
			for first := true; first || time.Now().Before(end); first = false {
				begin := time.Now()
				if err := t.one(ctx, client, k, buffer); err != nil {
					cancel(err)
					return
				}
				all[i] = append(all[i], time.Since(begin))
			}
		})
	}
	workers.Wait()
	return slices.Concat(all...), context.Cause(ctx)
}

func (t *target) one(ctx context.Context, client *http.Client, k kind, buffer []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url+"/workspaces/"+cmp.Or(t.workspace, workspace)+"/"+k.path, bytes.NewReader(k.body))
	if err != nil {
		return err
	}
	if r.Header.Set("Content-Type", "application/x-www-form-urlencoded"); k.write {
		r.Header.Set("Content-Type", "application/x-protobuf")
		r.Header.Set("Content-Encoding", "snappy")
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, resp.Body, buffer)
	if err == nil && (resp.StatusCode != http.StatusOK || (k.answer != anySize && n != k.answer)) {
		err = fmt.Errorf("%s: %d with %d bytes", k.path, resp.StatusCode, n)
	}
	return err
}
