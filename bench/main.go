// bench compares this plugin with the one that people use now: what an answer costs to read and encode, and what a
// query costs the whole plugin process over gRPC, signed, held to one core.
//
//	go tool mage bench                              # from the repository's root
//	go run . -budget 3s                             # from here; longer and steadier
//	PEER_PLUGIN=/path/gpx_prometheus go run .       # any other plugin in the table of whole processes
//
// The peer is promlib with the plugin SDK it was made for, in the module beside this one. Machines differ and are
// noisy: compare figures of one run only. The processes take turns at each figure and the best turn counts, for noise
// only ever adds; of memory the most counts.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

type options struct {
	ours, peer, floor string
	budget            time.Duration
	turns             int
	skip              string
}

func main() {
	var o options
	flag.StringVar(&o.ours, "plugin", "", "this project's plugin, built; empty builds it")
	flag.StringVar(&o.peer, "peer", "", "the peer, built; empty builds it")
	flag.StringVar(&o.floor, "floor", "", "the floor's plugin, built; empty builds it")
	flag.DurationVar(&o.budget, "budget", 500*time.Millisecond, "time for each figure")
	flag.IntVar(&o.turns, "turns", 3, "how often each figure is taken")
	flag.StringVar(&o.skip, "skip", "", "parts to leave out, of: alone,process,memory,emulator")
	testing.Init()
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if err := flag.Set("test.benchtime", o.budget.String()); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ampkit-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.ours == "" {
		if o.ours, err = build(ctx, "..", "./pkg", filepath.Join(dir, "gpx_ampkit")); err != nil {
			return err
		}
	}
	if o.peer == "" {
		if o.peer, err = build(ctx, "peer", ".", filepath.Join(dir, "gpx_peer")); err != nil {
			return err
		}
	}
	if o.floor == "" {
		if o.floor, err = build(ctx, ".", "./floor", filepath.Join(dir, "gpx_floor")); err != nil {
			return err
		}
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("%d cores, load %s", runtime.NumCPU(), load)
	}
	for _, part := range []struct {
		name string
		run  func(context.Context, options) error
	}{{"alone", tableAlone}, {"process", tableProcess}, {"memory", tableMemory}, {"emulator", tableEmulator}} {
		if strings.Contains(o.skip, part.name) {
			continue
		}
		if err := part.run(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func build(ctx context.Context, dir, pkg, out string) (string, error) {
	fmt.Fprintln(os.Stderr, "building", filepath.Base(out))
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "arrow_json_stdlib", "-o", out, pkg)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return out, cmd.Run()
}
