package proxy

import (
	"context"
	"errors"
	"io"
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
	timer   *time.Timer
	allowed atomic.Int64 // how long may be waited
	since   atomic.Int64 // when the waiting began, after epoch; 0 for nobody waits
	epoch   time.Time
}

// newWatch begins with somebody waiting.
func newWatch(ctx context.Context, allowed time.Duration) *watch {
	w := &watch{epoch: time.Now().Add(-1)}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.allowed.Store(int64(allowed))
	w.waits()
	w.timer = time.AfterFunc(time.Hour, w.look) // set before it can go off
	w.timer.Reset(allowed)
	return w
}

func (w *watch) waits() { w.since.Store(int64(time.Since(w.epoch))) }

func (w *watch) hears() { w.since.Store(0) }

// allow says how long may be waited from now on.
func (w *watch) allow(d time.Duration) {
	w.hears()
	w.allowed.Store(int64(d))
	w.timer.Reset(d)
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
	if w.ctx.Err() == nil {
		w.timer.Reset(allowed - waited)
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

// watched is an answer that must go on.
type watched struct {
	io.ReadCloser
	watch *watch
	call  *call
}

func (w *watched) Read(b []byte) (int, error) {
	w.watch.waits()
	n, err := w.ReadCloser.Read(b)
	w.watch.hears()
	if err != nil && !errors.Is(err, io.EOF) {
		err = w.watch.explain(err)
		w.call.broken = err
	}
	return n, err
}

func (w *watched) Close() error {
	err := w.ReadCloser.Close()
	w.watch.end()
	return err
}
