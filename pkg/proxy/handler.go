package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// ServeHTTP answers /-/healthy, /-/ready and /metrics, and passes on what may
// be. It needs Serve to be running, which keeps the credentials.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.serveHealth(w, r) {
		return
	}
	c := newCall(p.config.Now())
	rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), stall: p.config.Timeouts.Stall}
	w.Header().Set("X-Request-Id", c.id)
	// Deferred, for httputil ends an answer that was cut off with a panic.
	defer func() { p.finish(r, rec, c) }()
	p.metrics.inFlight.Inc()
	defer p.metrics.inFlight.Dec()

	f := p.authorize(r)
	if f == nil && r.URL.Path == "/metrics" {
		c.own = true
		p.metrics.handler.ServeHTTP(rec, r)
		return
	}
	if f == nil {
		c.path, c.route, f = p.admit(r)
	}
	if f == nil {
		f = p.hold(rec, r, c)
	}
	if f != nil {
		c.outcome = f.outcome
		f.write(rec)
		return
	}
	p.reverse.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), callKey{}, c)))
}

// rewrite aims a request at the workspace. ReverseProxy has taken off what
// belongs to one connection and what tells of forwarding; the signer takes off
// what authenticates.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	base := p.config.Endpoint.Base
	u := r.Out.URL
	u.Scheme, u.Host = base.Scheme, base.Host
	u.Path, u.RawPath = base.Path+callOf(r.In.Context()).path, ""
	r.Out.Host = ""
	// The body is here already, and there is no upgrade to anything.
	for _, name := range []string{"Expect", "Upgrade", "Connection"} {
		r.Out.Header.Del(name)
	}
	if _, ok := r.Out.Header["User-Agent"]; !ok {
		r.Out.Header.Set("User-Agent", "") // or net/http would name itself
	}
}

func modify(resp *http.Response) error {
	resp.Header.Del("Set-Cookie") // an edge's; callers are programs
	return nil
}

// failed answers for a service that did not.
func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(r.Context())
	c.err = err
	f := refusal{status: http.StatusBadGateway, outcome: unreachable, message: "AMP can't be reached: " + amp.NoAnswer(err, amp.Context{}).Message}
	var none *sigv4.CredentialsError
	switch {
	case r.Context().Err() != nil:
		c.outcome = canceled
		return
	case errors.As(err, &none):
		f = refusal{status: http.StatusServiceUnavailable, outcome: noCredentials, message: "no credentials: " + none.Err.Error(), retry: true}
	case errors.Is(err, errExpired):
		f = refusal{status: http.StatusServiceUnavailable, outcome: noCredentials, message: err.Error(), retry: true}
	case errors.Is(err, errSilent), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		f = refusal{status: http.StatusGatewayTimeout, outcome: timedOut, message: err.Error()}
	}
	c.outcome = f.outcome
	f.write(w)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// buffers are what answers are copied through.
type buffers struct{ pool sync.Pool }

const copySize = 64 << 10

func (b *buffers) Get() []byte {
	if piece, ok := b.pool.Get().(*[copySize]byte); ok {
		return piece[:]
	}
	return make([]byte, copySize)
}

func (b *buffers) Put(piece []byte) { b.pool.Put((*[copySize]byte)(piece)) }

// serveHealth answers the probes, which carry no token.
func (p *Proxy) serveHealth(w http.ResponseWriter, r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/-/") {
		return false
	}
	status, text := http.StatusOK, "ok\n"
	switch r.URL.Path {
	case "/-/healthy":
	case "/-/ready":
		switch {
		case p.draining.Load():
			status, text = http.StatusServiceUnavailable, "draining\n"
		case !p.keeper.holds():
			status, text = http.StatusServiceUnavailable, "no credentials\n"
		}
	default:
		status, text = http.StatusNotFound, "not found\n"
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		status, text = http.StatusMethodNotAllowed, "method not allowed\n"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a probe that has gone is not an error of ours
	return true
}
