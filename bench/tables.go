package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"
)

// table prints rows of cells under a title.
func table(title string, header string) (*tabwriter.Writer, func()) {
	fmt.Printf("\n%s\n", title)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, header+"\t")
	return w, func() { _ = w.Flush() }
}

func tableAlone(ctx context.Context, o options) error {
	w, flush := table("Read an answer and encode its frames, nothing else (Go benchmark)",
		"series × points\ttime\tpeer\ttimes less\tbytes\tpeer\ttimes less\tallocations\tpeer\ttimes less")
	defer flush()
	for _, r := range rows {
		body := r.answer()
		var ours, peer cost
		for turn := range o.turns {
			mine, err := aloneOurs(body)
			if err != nil {
				return err
			}
			theirs, err := alonePeer(ctx, o.peer, body)
			if err != nil {
				return err
			}
			if turn == 0 {
				ours, peer = mine, theirs
			}
			ours.NsPerOp, peer.NsPerOp = min(ours.NsPerOp, mine.NsPerOp), min(peer.NsPerOp, theirs.NsPerOp)
			ours.BytesPerOp, peer.BytesPerOp = min(ours.BytesPerOp, mine.BytesPerOp), min(peer.BytesPerOp, theirs.BytesPerOp)
		}
		fmt.Fprintf(w, "%s\t%.2f ms\t%.2f ms\t%.1f\t%.3f MB\t%.1f MB\t%.0f\t%d\t%d\t%.0f\t\n", r,
			float64(ours.NsPerOp)/1e6, float64(peer.NsPerOp)/1e6, ratio(peer.NsPerOp, ours.NsPerOp),
			float64(ours.BytesPerOp)/1e6, float64(peer.BytesPerOp)/1e6, ratio(peer.BytesPerOp, ours.BytesPerOp),
			ours.AllocsPerOp, peer.AllocsPerOp, ratio(peer.AllocsPerOp, ours.AllocsPerOp))
	}
	return nil
}

func ratio[N int64 | time.Duration](theirs, ours N) float64 {
	if ours == 0 {
		return 0
	}
	return float64(theirs) / float64(ours)
}

// contest are the two processes over one upstream.
type contest struct {
	upstream          *upstream
	ours, peer, floor *process
}

func newContest(ctx context.Context, o options) (c contest, err error) {
	if c.upstream, err = newUpstream(); err != nil {
		return c, err
	}
	keys := map[string]string{"sigV4AccessKey": "AKIDEXAMPLE", "sigV4SecretKey": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	url := c.upstream.url + "/workspaces/ws-00000000-0000-0000-0000-000000000000"
	if c.ours, err = start(ctx, "this project", o.ours, url, keys); err != nil {
		return c, err
	}
	if c.peer, err = start(ctx, "peer", peerPath(o), url, keys); err == nil {
		c.floor, err = start(ctx, "floor", o.floor, url, keys)
	}
	if err != nil {
		c.close()
	}
	return c, err
}

// peerPath is the plugin that takes the peer's place in whole processes.
func peerPath(o options) string {
	if other := os.Getenv("PEER_PLUGIN"); other != "" {
		return other
	}
	return o.peer
}

func (c contest) close() {
	for _, p := range []*process{c.ours, c.peer, c.floor} {
		if p != nil {
			p.Close()
		}
	}
	_ = c.upstream.server.Close()
}

// measure has the processes take turns and returns the best of each: ours, the peer's and the floor.
func (c contest) measure(ctx context.Context, o options, r row, atOnce int) (best [3]load, err error) {
	expr := c.upstream.offer(r)
	for range o.turns {
		for i, p := range []*process{c.ours, c.peer, c.floor} {
			l, err := p.measure(ctx, expr, r, atOnce, o.budget)
			if err != nil {
				return best, err
			}
			best[i] = best[i].better(l)
		}
	}
	return best, nil
}

func tableProcess(ctx context.Context, o options) error {
	c, err := newContest(ctx, o)
	if err != nil {
		return err
	}
	defer c.close()
	for _, atOnce := range []int{1, 16} {
		title := "Whole plugin process over gRPC, signed, one core: a query at a time"
		if atOnce > 1 {
			title = fmt.Sprintf("The same, %d queries at once", atOnce)
		}
		w, flush := table(title, "series × points\tCPU\tpeer\ttimes less\tgoal\tfloor\tsent\tpeer")
		for _, r := range rows {
			best, err := c.measure(ctx, o, r, atOnce)
			if err != nil {
				return err
			}
			ours, peer := best[0], best[1]
			fmt.Fprintf(w, "%s\t%.2f ms\t%.2f ms\t%.1f\t%.1f\t%.2f ms\t%.2f MB\t%.2f MB\t\n", r, millis(ours.cpu), millis(peer.cpu),
				ratio(peer.cpu, ours.cpu), r.goal, millis(best[2].cpu), float64(ours.size)/1e6, float64(peer.size)/1e6)
		}
		flush()
	}
	if c.upstream.unsigned > 0 {
		return fmt.Errorf("%d requests were not signed", c.upstream.unsigned)
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
