// proxy compares ampkit proxy with the same reverse proxy that does not sign: requests a second, CPU for each request,
// latencies and memory, as whole processes over loopback, with TLS to a stub that takes all requests alike. A run of its
// own checks the signatures, and another sends queries on 256 connections for a minute.
//
//	go run ./proxy                                   # from bench/: four to five minutes
//	go run ./proxy -turns 9 -budget 2s -long         # steadier, and 50 MB answers on 256 connections too
//	go run ./proxy -only Queries -soak 0             # one table
//	go run ./proxy -aws /path/aws-sigv4-proxy        # AWS's own beside them
//	go run ./proxy -before /path/ampkit              # and an earlier build: is a change worth it?
//
// The load and the stub run in this process; only the proxies' own CPU and memory count. Machines differ and are noisy:
// compare figures of one run only. The processes take turns; the best turn counts, for noise only ever adds, and what is
// compared is compared within a turn, of which the middle counts.
//
// On two cores with nothing else to do (-turns 11 -budget 700ms -long), times the CPU of bare on 1, 16 and 256
// connections: queries 1.17, 1.06, 1.09; answers of 50 MB 1.04, 1.02, 1.04; writes of 500 kB 1.59, 1.62, 1.62, of which
// one SHA-256 of the body is 0.43, 0.51, 0.47. A single connection is mostly threads that wake up: there queries went
// from 1.12 to 1.19 between nine runs.
package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
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
	before      string
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
	flag.DurationVar(&o.soak, "soak", time.Minute, "how long to send queries on 256 connections at the end; 0 leaves it out")
	flag.StringVar(&o.before, "before", "", "an earlier ampkit, built, to run beside this one; empty leaves it out")
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
	if err := build(ctx, &o, dir); err != nil {
		return err
	}
	s, err := newStub(dir)
	if err != nil {
		return err
	}
	defer s.close()
	targets, err := start(ctx, o, s)
	defer func() {
		for _, t := range targets {
			t.stop()
		}
	}()
	if err != nil {
		return err
	}
	fmt.Println("ampkit proxy and what it costs to sign; load average", loadAverage())
	for _, k := range kinds {
		if strings.HasPrefix(k.name, o.only) {
			if err := table(ctx, o, targets, k); err != nil {
				return err
			}
		}
	}
	if o.only == "" {
		if err := checked(ctx, o, s); err != nil {
			return err
		}
	}
	if o.soak > 0 {
		f, err := targets[0].load(ctx, kinds[0], 256, o.soak)
		if err != nil {
			return fmt.Errorf("256 connections for %s: %w", o.soak, err)
		}
		fmt.Printf("\n256 connections for %s: %d queries, p99 %s, no error; load average %s\n", o.soak, f.requests, f.p99.Round(time.Millisecond), loadAverage())
	}
	return nil
}

// table measures all targets on 1, 16 and 256 connections, and says what the goals are.
func table(ctx context.Context, o options, targets []*target, k kind) error {
	goal := "goal: 1.25 times the CPU of bare"
	if k.write {
		goal += fmt.Sprintf(" and one SHA-256 of the body, some %s", shaTime(k.body).Round(time.Microsecond))
	}
	fmt.Printf("\n%s (%s)\n", k.name, goal)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "connections\t\trequests/s\tCPU/request\tp50\tp99\tpeak memory\tCPU, times bare\tgoal\t")
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
	if k.large {
		return nil
	}
	mean, err := targets[0].signing(ctx)
	if err == nil {
		fmt.Printf("signatures so far, by ampkit_proxy_signing_seconds: %s of wall time on average (goal for small requests: 30µs of CPU)\n", mean.Round(100*time.Nanosecond))
	}
	return err
}

// row measures the targets in turns and prints a line for each.
func row(ctx context.Context, o options, w io.Writer, targets []*target, k kind, connections int) error {
	turns := make([][]figures, len(targets))
	extra := make([]time.Duration, o.turns)
	for turn := range o.turns {
		if k.write {
			extra[turn] = shaTime(k.body)
		}
		for i, t := range targets {
			f, err := t.load(ctx, k, connections, o.budget)
			if err != nil {
				return fmt.Errorf("%s, %s, %d connections: %w", t.name, k.name, connections, err)
			}
			turns[i] = append(turns[i], f)
		}
	}
	for i, t := range targets {
		f, goal := figuresOf(turns[i]), ""
		times := middle(turns[i], turns[1], make([]time.Duration, o.turns))
		if i == 0 {
			goal = "missed"
			if middle(turns[i], turns[1], extra) <= 1.25 {
				goal = "met"
			}
		}
		fmt.Fprintf(w, "%d\t%s\t%.0f\t%s\t%s\t%s\t%.0f MB\t%.2f\t%s\t\n", connections, t.name, f.rate, short(f.cpu), short(f.p50), short(f.p99), f.peak, times, goal)
	}
	return nil
}

// middle is the median of how many times the CPU of bare was used in a turn, extra aside.
func middle(ours, bare []figures, extra []time.Duration) float64 {
	times := make([]float64, len(ours))
	for i := range ours {
		times[i] = float64(ours[i].cpu-extra[i]) / float64(bare[i].cpu)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

func loadAverage() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
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
