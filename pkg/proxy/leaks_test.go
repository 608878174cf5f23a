package proxy

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// newService serves h, which stands for AMP and STS, until the test ends. By then
// the proxy, which run ends before, must have closed all its connections.
func newService(t *testing.T, h http.Handler, start func(*httptest.Server)) *httptest.Server {
	t.Helper()
	var open sync.Map // of net.Conn
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Store(c, true)
		case http.StateClosed, http.StateHijacked:
			open.Delete(c)
		default:
		}
	}
	start(s)
	t.Cleanup(func() {
		eventually(t, "no connection to the service is left open", func() bool {
			none := true
			open.Range(func(any, any) bool { none = false; return false })
			return none
		})
		s.Close()
	})
	return s
}

// leaksNothing looks when the test is over, and all that it began later has been
// ended: no goroutine of it is left. An open connection of either side is one, too.
func leaksNothing(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		var left error
		defer func() { require.NoError(t, left) }() // says which
		eventually(t, "no goroutine is left", func() bool { left = goleak.Find(before); return left == nil })
	})
}

// settled is a proxy that has nothing to do.
func (r *running) settled() bool { return testutil.ToFloat64(r.metrics.inFlight) == 0 }

// watched is how much the watchdog looks at: requests under way, and two
// deadlines of each open connection.
func (r *running) watched() int {
	r.watchdog.mu.Lock()
	defer r.watchdog.mu.Unlock()
	return len(r.watchdog.all)
}
