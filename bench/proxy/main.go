// proxy compares ampkit proxy with the same reverse proxy that does not sign: requests a second, CPU for each request,
// latencies and memory, as whole processes over loopback, with TLS to a stub that takes all requests alike.
//
//	go run ./proxy                                   # from bench/: two to three minutes
//	go run ./proxy -turns 5 -budget 3s -long         # steadier, and 50 MB answers on 256 connections too
//	go run ./proxy -soak 1m                          # only: 256 connections for a minute, and no error
//	go run ./proxy -aws /path/aws-sigv4-proxy        # AWS's own beside them
//
// The load and the stub run in this process; only the proxies' own CPU and memory count. Machines differ and are noisy:
// compare figures of one run only. The processes take turns, and the best of them counts, for noise only ever adds.
package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"
)

type options struct {
	ampkit, aws string
	budget      time.Duration
	turns       int
	long        bool
	soak        time.Duration
	only        string
	bare        string
}

func main() {
	var o options
	flag.StringVar(&o.ampkit, "ampkit", "", "ampkit, built; empty builds it")
	flag.StringVar(&o.aws, "aws", "", "AWS's aws-sigv4-proxy, built; empty leaves it out")
	flag.DurationVar(&o.budget, "budget", time.Second, "time for each figure")
	flag.IntVar(&o.turns, "turns", 3, "how often each figure is taken")
	flag.BoolVar(&o.long, "long", false, "50 MB answers on 256 connections too")
	flag.DurationVar(&o.soak, "soak", 0, "only send queries on 256 connections for this long")
	flag.StringVar(&o.only, "only", "", "only the tables whose title begins so, such as Queries")
	flag.StringVar(&o.bare, "bare", "", "be the reverse proxy that does not sign, in front of this URL")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	run := compare
	if o.bare != "" {
		run = serveBare
	}
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "ampkit-bench-proxy")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := newStub(dir)
	if err != nil {
		return err
	}
	defer s.close()
	targets, err := start(ctx, o, s, dir)
	defer func() {
		for _, t := range targets {
			t.stop()
		}
	}()
	if err != nil {
		return err
	}
	if o.soak > 0 {
		f, err := targets[0].load(ctx, kinds[0], 256, o.soak)
		fmt.Printf("%s: %d queries on 256 connections in %s, p99 %s, no error\n", targets[0].name, f.requests, o.soak, f.p99.Round(time.Millisecond))
		return err
	}
	for _, k := range kinds {
		if !strings.HasPrefix(k.name, o.only) {
			continue
		}
		title := k.name
		if k.write {
			title = fmt.Sprintf("%s (one SHA-256 of the body: %s)", k.name, shaTime(k.body).Round(time.Microsecond))
		}
		fmt.Printf("\n%s\n", title)
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(w, "connections\t\trequests/s\tCPU/request\tp50\tp99\tpeak memory\tCPU, times bare\trequests/s, of bare\t")
		for _, connections := range []int{1, 16, 256} {
			if connections == 256 && k.large && !o.long {
				continue
			}
			if err := row(ctx, o, w, targets, k, connections); err != nil {
				return err
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// row measures the targets in turns and prints a line for each.
func row(ctx context.Context, o options, w *tabwriter.Writer, targets []*target, k kind, connections int) error {
	best := make([]figures, len(targets))
	for turn := range o.turns {
		for i, t := range targets {
			f, err := t.load(ctx, k, connections, o.budget)
			if err != nil {
				return fmt.Errorf("%s, %s, %d connections: %w", t.name, k.name, connections, err)
			}
			if turn == 0 {
				best[i] = f
				continue
			}
			best[i] = best[i].better(f)
		}
	}
	bare := best[1]
	for i, f := range best {
		fmt.Fprintf(w, "%d\t%s\t%.0f\t%s\t%s\t%s\t%.0f MB\t%.2f\t%.2f\t\n", connections, targets[i].name, f.rate, short(f.cpu), short(f.p50), short(f.p99), f.peak,
			float64(f.cpu)/float64(bare.cpu), f.rate/bare.rate)
	}
	return nil
}

func short(d time.Duration) time.Duration {
	if d > 10*time.Millisecond {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}

func shaTime(body []byte) time.Duration {
	best := time.Duration(0)
	for range 20 {
		begin := time.Now()
		_ = sha256.Sum256(body)
		best = min(cmp.Or(best, time.Hour), time.Since(begin))
	}
	return best
}
