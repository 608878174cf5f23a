package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

var errSwitched = errors.New("the service switched protocols, which nobody asked for")

// forward sends a request that is let through, and passes the answer on as it
// comes. httputil.ReverseProxy, which did this before, costs a small query some
// microseconds more: it copies a request and its headers that the signer copies
// anyway, and is ready for upgrades, trailers and informational answers, none of
// which AMP has.
func (p *Proxy) forward(rec *recorder, r *http.Request, c *call) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	w := p.watchdog.watch(func() { cancel(errSilent) })
	defer w.end()
	w.waits(p.config.Timeouts.Answer)
	resp, err := p.send(p.outgoing(context.WithValue(ctx, callKey{}, c), r, c))
	if err != nil {
		p.failed(rec, r, c, explain(ctx, err))
		return
	}
	defer func() { _ = resp.Body.Close() }() // what is left of it nobody wants
	if resp.StatusCode == http.StatusSwitchingProtocols {
		p.failed(rec, r, c, errSwitched)
		return
	}
	w.hears()
	passHeaders(rec.Header(), resp.Header)
	rec.WriteHeader(resp.StatusCode)
	if c.broken = explain(ctx, p.pass(rec, resp, w)); c.broken != nil || rec.failed {
		// The status has been sent: only a connection that ends early tells the
		// caller that this is not the whole answer.
		abort(r)
	}
}

// abort ends the caller's connection, or its stream.
func abort(r *http.Request) {
	if r.Context().Value(http.ServerContextKey) != nil {
		panic(http.ErrAbortHandler)
	}
}

// outgoing aims a request at the workspace. The signer takes off what
// authenticates, what tells of forwarding and what belongs to a connection.
func (p *Proxy) outgoing(ctx context.Context, r *http.Request, c *call) *http.Request {
	base := p.config.Endpoint.Base
	out := r.WithContext(ctx)
	out.URL = &url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path + c.path, RawQuery: r.URL.RawQuery}
	out.Host, out.RequestURI, out.Close = "", "", false
	delete(out.Header, "Expect") // the body is here already
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header["User-Agent"] = []string{""} // or net/http would name itself
	}
	if c.route.group != Alertmanager {
		// What is read or written twice is the same, so net/http may send it again when
		// the service closes a pooled connection in the moment it is used. Without a
		// value the header stays here.
		out.Header["Idempotency-Key"] = nil
	}
	return out
}

// notPassed are headers of an answer that stay here: those that belong to the
// service's connection, an edge's cookies, for callers are programs, and what
// this proxy says itself.
var notPassed = map[string]bool{
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true, "Proxy-Authorization": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true, "Set-Cookie": true, "X-Request-Id": true,
}

func passHeaders(to, from http.Header) {
	for name, values := range from {
		if !notPassed[name] {
			to[name] = values
		}
	}
	for _, list := range from["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); name != "X-Request-Id" {
				delete(to, name)
			}
		}
	}
}

// pass copies the answer piece by piece, each flushed: the caller has the last
// one before the service's stream is put away. Only the time in which the service
// is waited for counts as its silence, not that of a caller who is slow to take
// an answer. It returns why the service's answer ended early; that the caller
// does not take it any more, the recorder knows.
func (p *Proxy) pass(rec *recorder, resp *http.Response, w *watch) error {
	piece := pieces.Get().(*[copySize]byte) //nolint:forcetypeassert // its own
	defer pieces.Put(piece)
	for {
		w.waits(p.config.Timeouts.Stall)
		n, err := resp.Body.Read(piece[:])
		w.hears()
		if n > 0 {
			if _, err := rec.Write(piece[:n]); err != nil {
				return nil
			}
			_ = rec.control.Flush() // an error shows at the next piece
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// explain says errSilent for an error that the watchdog caused.
func explain(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return err
}

// pieces are what answers are copied through.
var pieces = sync.Pool{New: func() any { return new([copySize]byte) }}

const copySize = 64 << 10

// failed answers for a service that did not.
func (p *Proxy) failed(rec *recorder, r *http.Request, c *call, err error) {
	c.err = err
	f := refusal{status: http.StatusBadGateway, outcome: unreachable, message: "AMP can't be reached: " + amp.NoAnswer(err, amp.Context{}).Message}
	var none *sigv4.CredentialsError
	switch {
	case r.Context().Err() != nil:
		c.outcome = p.left()
		abort(r) // or a caller who still reads is told 200
		return
	case errors.As(err, &none):
		f = refusal{status: http.StatusServiceUnavailable, outcome: noCredentials, message: "no credentials: " + none.Err.Error(), retry: true}
	case errors.Is(err, errExpired):
		f = refusal{status: http.StatusServiceUnavailable, outcome: noCredentials, message: err.Error(), retry: true}
	case errors.Is(err, errSilent), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		f = refusal{status: http.StatusGatewayTimeout, outcome: timedOut, message: err.Error()}
	}
	c.outcome = f.outcome
	f.write(rec)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
