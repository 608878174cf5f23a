// Package proxy is a signing reverse proxy in front of one workspace of Amazon
// Managed Service for Prometheus, for callers that cannot sign.
//
// A request is judged by path and verb before anything else; its body is held,
// because its hash is part of the signature; it is signed for the workspace,
// whatever the caller sent to authenticate itself, and sent. Answers are
// streamed. The proxy does not retry what the service refuses: a 429 or 503 is
// the caller's to act upon, and a Prometheus does. Two refusals it can mend
// itself, and then signs once more: a signature by a wrong clock, and
// credentials that were taken for expired.
//
// While there are no credentials the answer is 503, never a 4xx, for which a
// Prometheus would drop its samples.
package proxy

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// DefaultMaxBody is what AMP takes in one request.
const DefaultMaxBody = 1 << 20

// Config says what a Proxy stands in front of. The zero value of everything but
// Endpoint and Credentials is good.
type Config struct {
	// Endpoint is the workspace. Its region is signed for; its SignHost, where it
	// has one, is the Host that is signed and sent.
	Endpoint amp.Endpoint
	// Credentials are asked off the path of requests, ahead of each expiry. They
	// must fetch anew each time: a cache would give back what is about to expire.
	Credentials aws.CredentialsProvider
	// Service is the signing name, "aps" when "".
	Service string
	// Allow are the groups that callers are let through to: Read and Write when nil.
	Allow []Group
	// MaxBody is the largest request body in bytes, 0 for DefaultMaxBody.
	MaxBody int64
	// Transport is how the service is reached (proxies, roots, dialling). It is
	// cloned, and the clone tuned. nil for net/http's default.
	Transport *http.Transport
	// Timeouts bound each stage; zero fields have defaults.
	Timeouts Timeouts
	// Access is who may call; see Access.
	Access Access
	// Logger gets a line for each request (debug when it went well, warn when
	// not). It never gets queries, bodies, tokens or keys. Nobody when nil.
	Logger *slog.Logger
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Proxy is an http.Handler, and a server of itself: Serve. It is safe for
// concurrent use.
type Proxy struct {
	config   Config
	below    string // workspaces/<id>/, which callers may put before the path
	keeper   *keeper
	clock    *serviceClock
	bearer   *bearer
	watchdog *watchdog
	metrics  *metrics
	signed   *sigv4.Transport
	base     http.RoundTripper // to the service
	local    atomic.Bool       // serves on a loopback address without any authentication
	draining atomic.Bool
	drained  atomic.Bool // the time for it is over
}

// New checks the configuration. Nothing is fetched or served yet.
func New(c Config) (*Proxy, error) {
	switch {
	case c.Endpoint.Base == nil:
		return nil, errors.New("proxy: no workspace to stand in front of")
	case c.Endpoint.Region == "":
		return nil, errors.New("proxy: no region to sign for")
	case c.Credentials == nil:
		return nil, errors.New("proxy: no credentials to sign with")
	case c.MaxBody < 0:
		return nil, fmt.Errorf("proxy: %d bytes are no limit for bodies", c.MaxBody)
	}
	c.Service = cmp.Or(c.Service, amp.Service)
	c.MaxBody = cmp.Or(c.MaxBody, DefaultMaxBody)
	c.Timeouts = c.Timeouts.withDefaults()
	if c.Allow == nil {
		c.Allow = []Group{Read, Write}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	p := &Proxy{config: c, clock: &serviceClock{now: c.Now}, watchdog: newWatchdog(c.Timeouts)}
	if c.Endpoint.Workspace != "" {
		p.below = "workspaces/" + c.Endpoint.Workspace + "/"
	}
	var err error
	if p.bearer, err = openBearer(c.Access.TokenFile, c.Now); err != nil {
		return nil, err
	}
	if err := c.Access.check(); err != nil {
		return nil, err
	}
	p.metrics = newMetrics(p)
	p.keeper = newKeeper(c.Credentials, c.Now, c.Logger, p.metrics.fetched)
	p.base = tune(c.Transport, c.Endpoint)
	p.signed = sigv4.New(observed{p}, sigv4.Config{
		Credentials: noted{p}, Region: c.Endpoint.Region, Service: c.Service,
		SignHost: c.Endpoint.SignHost, MaxBody: c.MaxBody, Now: p.clock.Now,
	})
	return p, nil
}

// tune makes a transport fit for carrying other people's requests to one host.
func tune(t *http.Transport, e amp.Endpoint) *http.Transport {
	if t == nil {
		t = http.DefaultTransport.(*http.Transport) //nolint:forcetypeassert // net/http documents its type
	}
	t = t.Clone()
	t.DisableCompression = true // what is compressed stays so, and only if the caller asked for it
	t.ForceAttemptHTTP2 = true
	t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, 512
	t.IdleConnTimeout = 90 * time.Second
	t.ExpectContinueTimeout = 0
	t.MaxResponseHeaderBytes = 256 << 10
	t.ReadBufferSize, t.WriteBufferSize = 32<<10, 32<<10
	// A connection on which nothing comes is asked whether it still lives.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second}
	if host := e.Base.Hostname(); e.SignHost != "" && net.ParseIP(host) != nil {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		// An address has no certificate; the host that is meant has.
		name, _, _ := strings.Cut(e.SignHost, ":")
		t.TLSClientConfig.ServerName = name
	}
	return t
}
