package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

var errSilent = errors.New("the service said nothing in time")

// watchdog ends requests whose service says nothing for too long. It looks at
// all of them now and then, instead of a timer for each, which would wake a
// thread to wait for it.
type watchdog struct {
	timeouts Timeouts
	epoch    time.Time

	mu  sync.Mutex
	all map[*watch]struct{}
}

func newWatchdog(t Timeouts) *watchdog {
	return &watchdog{timeouts: t, epoch: time.Now().Add(-1), all: map[*watch]struct{}{}}
}

// run looks until ctx ends, often enough to be late by a sixteenth at most, or by
// five seconds.
func (d *watchdog) run(ctx context.Context) {
	every := max(time.Millisecond, min(5*time.Second, d.timeouts.Answer/16, d.timeouts.Stall/16))
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.look()
		}
	}
}

func (d *watchdog) look() {
	now := d.now()
	var silent []*watch
	d.mu.Lock()
	for w := range d.all {
		if since := w.since.Load(); since != 0 && now-since >= w.allowed.Load() {
			silent = append(silent, w)
		}
	}
	d.mu.Unlock()
	for _, w := range silent {
		w.cancel(errSilent)
	}
}

// now is never zero.
func (d *watchdog) now() int64 { return int64(time.Since(d.epoch)) }

// watch is a request that the watchdog looks at. Only the time in which somebody
// waits for the service counts: a caller that is slow to take an answer does not
// make the service a silent one.
type watch struct {
	dog     *watchdog
	ctx     context.Context //nolint:containedctx // the request's, which the watchdog ends
	cancel  context.CancelCauseFunc
	allowed atomic.Int64 // how long may be waited now
	since   atomic.Int64 // when the waiting began; 0 for nobody waits
}

// watch begins with somebody waiting for an answer.
func (d *watchdog) watch(ctx context.Context, c *call) *watch {
	w := &watch{dog: d}
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.ctx = context.WithValue(ctx, callKey{}, c)
	w.allowed.Store(int64(d.timeouts.Answer))
	w.waits()
	d.mu.Lock()
	d.all[w] = struct{}{}
	d.mu.Unlock()
	return w
}

func (w *watch) waits() { w.since.Store(w.dog.now()) }

func (w *watch) hears() { w.since.Store(0) }

// answers is told that the answer has begun.
func (w *watch) answers() {
	w.hears()
	w.allowed.Store(int64(w.dog.timeouts.Stall))
}

// explain says errSilent for an error that the watchdog caused.
func (w *watch) explain(err error) error {
	if errors.Is(context.Cause(w.ctx), errSilent) {
		return errSilent
	}
	return err
}

func (w *watch) end() {
	w.dog.mu.Lock()
	delete(w.dog.all, w)
	w.dog.mu.Unlock()
	w.cancel(nil)
}
