package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

var errSilent = errors.New("the service said nothing in time")

// watchdog ends what is waited for too long: the service, and whatever a caller's
// connection has a deadline for. It looks at all of them now and then, instead of
// a timer for each, which would wake a thread to wait for it. It is safe for
// concurrent use.
type watchdog struct {
	timeouts Timeouts
	epoch    time.Time

	mu  sync.Mutex
	all map[*watch]struct{}
}

func newWatchdog(t Timeouts) *watchdog {
	return &watchdog{timeouts: t, epoch: time.Now().Add(-1), all: map[*watch]struct{}{}}
}

// run looks until ctx ends, often enough to be late by a sixteenth at most.
func (d *watchdog) run(ctx context.Context) {
	t := d.timeouts
	shortest := min(t.Header, t.Body, t.Answer, t.Stall, t.Idle)
	ticker := time.NewTicker(max(time.Millisecond, shortest/16))
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
	d.mu.Lock()
	defer d.mu.Unlock() // so that nothing is stopped that has ended
	for w := range d.all {
		if w.overdue() {
			w.stop()
		}
	}
}

func (d *watchdog) now() int64 { return int64(time.Since(d.epoch)) }

// watch is something that the watchdog looks at while somebody waits for it.
type watch struct {
	dog   *watchdog
	stop  func()       // may be called again and again; must not block
	until atomic.Int64 // when the waiting has been too long; 0 for nobody waits
}

// watch begins with nobody waiting. It is for the caller to end.
func (d *watchdog) watch(stop func()) *watch {
	w := &watch{dog: d, stop: stop}
	d.mu.Lock()
	d.all[w] = struct{}{}
	d.mu.Unlock()
	return w
}

func (w *watch) waits(allowed time.Duration) { w.until.Store(w.dog.now() + int64(allowed)) }

func (w *watch) hears() { w.until.Store(0) }

func (w *watch) overdue() bool {
	until := w.until.Load()
	return until != 0 && w.dog.now() >= until
}

// end may be called more than once.
func (w *watch) end() {
	w.dog.mu.Lock()
	delete(w.dog.all, w)
	w.dog.mu.Unlock()
}
