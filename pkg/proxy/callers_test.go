package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/nettest"
)

// A caller's connection keeps to what net.Conn promises, deadlines above all.
func TestCallersConnection(t *testing.T) {
	d := newWatchdog(Timeouts{Answer: 16 * time.Millisecond}.withDefaults())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })

	nettest.TestConn(t, func() (ours, other net.Conn, closeBoth func(), err error) {
		l, err := nettest.NewLocalListener("tcp")
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		if other, err = net.Dial(l.Addr().Network(), l.Addr().String()); err != nil {
			return nil, nil, nil, err
		}
		if ours, err = (callers{l, d}).Accept(); err != nil {
			_ = other.Close()
			return nil, nil, nil, err
		}
		return ours, other, func() { _, _ = ours.Close(), other.Close() }, nil
	})
	require.Empty(t, d.all, "connections that are closed")
}

// A caller who has nothing more to say, and says so, still reads: an answer that
// is none must not look like one.
func TestHalfClosedCaller(t *testing.T) {
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /api/v1/remote_write HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Empty(t, string(got), "it was not written")
}

// deaf is a connection whose reads can be stopped.
type deaf struct {
	net.Conn
	stopped *atomic.Bool
	until   chan struct{}
}

func (d deaf) Read(b []byte) (int, error) {
	if d.stopped.Load() {
		<-d.until
		return 0, io.EOF
	}
	return d.Conn.Read(b)
}

// A caller over HTTP/2 that does not read at all any more does not keep its
// connection.
func TestDeafCallerOverHTTP2(t *testing.T) {
	ours := newAuthority(t, t.TempDir(), "ca")
	var stopped atomic.Bool
	until := make(chan struct{})
	piece := strings.Repeat("x", 64<<10)
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}, impatient, func(c *Config) {
		c.Timeouts.Idle = 300 * time.Millisecond
		c.Access.CertFile, c.Access.KeyFile = ours.issue(t, "server")
	})
	_, host, _ := strings.Cut(p.url, "//")
	p.url = "https://" + host
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ours.pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	tr.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerStream: 64 << 20, MaxReceiveBufferPerConnection: 256 << 20}
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return deaf{conn, &stopped, until}, err
	}
	p.client.Transport = tr
	defer close(until)
	resp, err := p.do(http.MethodGet, "/api/v1/query", http.NoBody)
	require.NoError(t, err)
	defer resp.Body.Close()
	stopped.Store(true)
	eventually(t, "the request is over", p.settled)
	eventually(t, "the connection is closed", func() bool { return p.watched() == 0 })
}
