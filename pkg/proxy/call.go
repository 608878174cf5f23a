package proxy

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// call is what is known of a request while it is served: for the log and the
// metrics, and for signing once more. One goroutine at a time writes to it.
type call struct {
	id    string
	began time.Time
	path  string // below the workspace
	route route
	own   bool  // answered here, not counted
	in    int64 // bytes of the body
	body  *body // nil without one; finish releases it

	used       aws.Credentials // of the last signature
	signing    time.Time       // when it was begun
	skew       time.Duration   // that it was corrected by
	sent       time.Time       // by this machine's clock
	upstreamID string          // the service's request id

	outcome outcome // "" until it is known
	err     error   // why there was no answer
	broken  error   // why the answer ended early
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return new(call)
}

func newCall(at time.Time) *call {
	return &call{id: strconv.FormatUint(rand.Uint64(), 36), began: at} //nolint:gosec // names a request, protects nothing
}

// finish counts and logs a request that is over, however it ended.
func (p *Proxy) finish(r *http.Request, rec *recorder, c *call) {
	if c.body != nil {
		c.body.release()
	}
	if c.own {
		return
	}
	if c.outcome == "" {
		c.outcome = p.ending(r, rec, c)
	}
	took := p.config.Now().Sub(c.began)
	p.metrics.add(c, rec, took)

	level := slog.LevelDebug
	if c.outcome != answered && c.outcome != canceled {
		level = slog.LevelWarn
	}
	if !p.config.Logger.Enabled(r.Context(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", c.id), slog.String("method", method(r)), slog.String("path", c.label()), slog.String("outcome", string(c.outcome)),
		slog.Int("status", rec.status), slog.Int64("in", c.in), slog.Int64("out", rec.bytes), slog.Duration("took", took),
	}
	if c.upstreamID != "" {
		attrs = append(attrs, slog.String("upstreamID", c.upstreamID))
	}
	if err := errors.Join(c.err, c.broken); err != nil {
		attrs = append(attrs, slog.Any("err", err))
	}
	p.config.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

func (p *Proxy) ending(r *http.Request, rec *recorder, c *call) outcome {
	switch {
	case rec.failed, r.Context().Err() != nil:
		return p.left()
	case errors.Is(c.broken, errSilent):
		return timedOut
	case c.broken != nil:
		return cutOff
	case rec.status >= http.StatusBadRequest:
		return passedOn
	}
	return answered
}

// left is the outcome of a request whose connection to the caller is gone.
func (p *Proxy) left() outcome {
	if p.drained.Load() {
		return drained
	}
	return canceled
}

// label names the path without what callers make up.
func (c *call) label() string {
	if c.route.name == "" {
		return "other"
	}
	return c.route.name
}

// method is the verb, if it is one: the log is not the caller's to write to.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// recorder notes what was answered, and gives each piece a time in which the
// caller has to take it.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	stall   time.Duration
	until   time.Time // the deadline for writes that is set
	status  int
	bytes   int64
	failed  bool // the caller did not take it
}

func (r *recorder) WriteHeader(status int) {
	if r.status < http.StatusOK {
		r.status = status
	}
	r.deadline()
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status < http.StatusOK {
		r.status = http.StatusOK
	}
	r.deadline()
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	r.failed = r.failed || err != nil
	return n, err
}

// deadline leaves the caller at least stall to take a piece, and twice that at
// most: over HTTP/2, setting one for each piece would wake a goroutine for each.
// The next request of the connection sets its own.
func (r *recorder) deadline() {
	if now := time.Now(); r.until.Sub(now) < r.stall {
		r.until = now.Add(2 * r.stall)
		_ = r.control.SetWriteDeadline(r.until) // where there is none, there is no waiting either
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
