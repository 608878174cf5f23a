package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

var errSilent = errors.New("the service said nothing in time")

// watch ends a request while whose service says nothing for too long. Only the
// time in which somebody waits for the service counts: a caller that is slow to
// take an answer does not make the service a silent one.
//
// Its timer is set once and looks, when it goes off, how long the waiting has
// lasted; setting it at each piece of an answer would wake the poller each time.
type watch struct {
	ctx     context.Context //nolint:containedctx // the request's, which the watch ends
	cancel  context.CancelCauseFunc
	stall   time.Duration // between pieces of an answer
	allowed atomic.Int64  // how long may be waited now
	since   atomic.Int64  // when the waiting began, after epoch; 0 for nobody waits
	epoch   time.Time

	mu    sync.Mutex // for a timer that goes off before it is known
	timer *time.Timer
}

// newWatch begins with somebody waiting for an answer.
func newWatch(ctx context.Context, c *call, t Timeouts) *watch {
	w := &watch{epoch: time.Now().Add(-1), stall: t.Stall}
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.ctx = context.WithValue(ctx, callKey{}, c)
	w.allowed.Store(int64(t.Answer))
	w.since.Store(1)
	w.mu.Lock()
	w.timer = time.AfterFunc(min(t.Answer, t.Stall), w.look)
	w.mu.Unlock()
	return w
}

func (w *watch) waits() { w.since.Store(int64(time.Since(w.epoch))) }

func (w *watch) hears() { w.since.Store(0) }

// answers is told that the answer has begun.
func (w *watch) answers() {
	w.hears()
	w.allowed.Store(int64(w.stall))
}

func (w *watch) look() {
	allowed, waited := time.Duration(w.allowed.Load()), time.Duration(0)
	if since := w.since.Load(); since != 0 {
		waited = time.Since(w.epoch) - time.Duration(since)
	}
	if waited >= allowed {
		w.cancel(errSilent)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil {
		w.timer.Reset(min(allowed-waited, w.stall))
	}
}

// explain says errSilent for an error that the watch caused.
func (w *watch) explain(err error) error {
	if errors.Is(context.Cause(w.ctx), errSilent) {
		return errSilent
	}
	return err
}

func (w *watch) end() {
	w.cancel(nil)
	w.timer.Stop()
}
