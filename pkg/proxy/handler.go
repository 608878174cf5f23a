package proxy

import (
	"net/http"
	"strings"
)

// ServeHTTP answers /-/healthy, /-/ready and /metrics, and passes on what may
// be. It needs Serve to be running, which keeps the credentials.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.serveHealth(w, r) {
		return
	}
	c := newCall(p.config.Now())
	rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), stall: p.config.Timeouts.Stall}
	w.Header()["X-Request-Id"] = []string{c.id}
	// Deferred, for an answer that was cut off ends with a panic.
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
	p.forward(rec, r, c)
}

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
