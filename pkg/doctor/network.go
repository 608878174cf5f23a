package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

// connection is what one unsigned request met on its way: any answer will do,
// for a refusal shows name, certificate and clock as well.
type connection struct {
	addresses []netip.Addr
	proxy     string
	tls       *tls.ConnectionState
	skew      time.Duration
	dated     bool
	err       error
}

func connect(ctx context.Context, o Options, e amp.Endpoint) (c connection) {
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	transport, release, err := fresh(o.Transport)
	if err != nil {
		return connection{err: err}
	}
	defer release()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.QueryURL(), nil)
	if err != nil {
		return connection{err: err}
	}
	if e.SignHost != "" {
		req.Host = e.SignHost
	}
	if t, ok := transport.(*http.Transport); ok && t.Proxy != nil {
		if u, err := t.Proxy(req); err == nil && u != nil {
			c.proxy = u.Host
		}
	}
	var mu sync.Mutex // a lookup may outlive the request
	trace := &httptrace.ClientTrace{DNSDone: func(info httptrace.DNSDoneInfo) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range info.Addrs {
			if ip, ok := netip.AddrFromSlice(a.IP); ok {
				c.addresses = append(c.addresses, ip.Unmap())
			}
		}
	}}
	sent := o.Now()
	resp, err := transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	mu.Lock()
	defer mu.Unlock()
	c.addresses = slices.Clone(c.addresses)
	if err != nil {
		c.err = errors.Join(err, ctx.Err())
		return c
	}
	c.tls = resp.TLS
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The header has whole seconds, cut off: on average half a one is missing.
		middle := sent.Add(o.Now().Sub(sent) / 2)
		c.skew, c.dated = date.Add(500*time.Millisecond).Sub(middle).Truncate(time.Second), true
	}
	_ = resp.Body.Close() // nothing of it is wanted
	return c
}

// fresh is a transport that connects anew.
func fresh(t http.RoundTripper) (http.RoundTripper, func(), error) {
	if t == nil {
		own, err := awscreds.Transport()
		if err != nil {
			return nil, nil, err
		}
		return own, own.CloseIdleConnections, nil
	}
	if pool, ok := t.(*http.Transport); ok {
		own := pool.Clone()
		return own, own.CloseIdleConnections, nil
	}
	return t, func() {}, nil
}

func (e *exam) judged() amp.Context { return amp.Context{Endpoint: e.endpoint, Now: e.Now()} }

func (e *exam) dns(context.Context) Check {
	conn, host := e.connection(), e.endpoint.Base.Hostname()
	var unknown *net.DNSError
	if errors.As(conn.err, &unknown) {
		return failure(amp.NoAnswer(conn.err, e.judged()))
	}
	var c Check
	ip, err := netip.ParseAddr(host)
	switch {
	case conn.proxy != "":
		c = passed("%s is asked by way of the proxy %s", host, conn.proxy)
		c.Facts.Proxy = conn.proxy
	case err == nil:
		c = addressed(host, []netip.Addr{ip})
	case len(conn.addresses) > 0:
		c = addressed(host+" is ", conn.addresses)
	case conn.err != nil:
		return failure(amp.NoAnswer(conn.err, e.judged()))
	default:
		c = passed("%s is reached without a look-up", host)
	}
	if e.endpoint.SignHost != "" {
		c.Detail += ", connected to in place of " + e.endpoint.SignHost
	}
	return c
}

func addressed(text string, list []netip.Addr) Check {
	words := make([]string, len(list))
	for i, ip := range list {
		words[i] = ip.String()
	}
	slices.Sort(words)
	if _, err := netip.ParseAddr(text); err != nil {
		text += strings.Join(words, ", ")
	}
	network := networkOf(list)
	c := passed("%s (%s)", text, network)
	c.Facts.Addresses, c.Facts.Network = words, network
	return c
}

// networkOf tells a VPC endpoint, whose addresses are private, from AWS's public ones.
func networkOf(list []netip.Addr) string {
	kind := ""
	for _, ip := range list {
		k := "public"
		switch {
		case ip.IsLoopback():
			k = "this machine"
		case ip.IsPrivate() || ip.IsLinkLocalUnicast():
			k = "private"
		}
		if kind != "" && kind != k {
			return "mixed"
		}
		kind = k
	}
	return kind
}

func (e *exam) tls(context.Context) Check {
	conn := e.connection()
	switch {
	case conn.err != nil:
		return failure(amp.NoAnswer(conn.err, e.judged()))
	case e.endpoint.Base.Scheme == "http":
		return passed("reached, not encrypted: the URL says http")
	case conn.tls == nil || len(conn.tls.PeerCertificates) == 0:
		return passed("reached")
	}
	cert := conn.tls.PeerCertificates[0]
	issuer := cert.Issuer.CommonName
	if issuer == "" {
		issuer = cert.Issuer.String()
	}
	c := passed("%s, certificate by %s until %s", tls.VersionName(conn.tls.Version), issuer, cert.NotAfter.UTC().Format(time.DateOnly))
	c.Facts.Issuer, c.Facts.CertificateExpires = issuer, cert.NotAfter.UTC()
	return c
}

func (e *exam) clock(context.Context) Check {
	conn := e.connection()
	if !conn.dated {
		return notChecked("the answer had no date")
	}
	c := passed("right")
	switch skew := conn.skew; {
	case skew > 0:
		c = passed("%s behind AWS's", skew)
	case skew < 0:
		c = passed("%s ahead of AWS's", -skew)
	}
	c.Facts.SkewSeconds = conn.skew.Seconds()
	if e.endpoint.Region != "" && conn.skew.Abs() > amp.MaxSkew {
		wrong := amp.Skewed(conn.skew)
		c.Outcome, c.Kind, c.Remedy = Failed, wrong.Kind, wrong.Remedy
		c.Detail = fmt.Sprintf("%s; %s", c.Detail, wrong.Message)
	}
	return c
}
