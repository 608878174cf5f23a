package proxy

import (
	"context"
	"net"
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
