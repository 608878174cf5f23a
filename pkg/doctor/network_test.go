package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
)

func TestUnknownAuthority(t *testing.T) {
	w := build(t, (*httptest.Server).StartTLS)
	w.as(t, everything...)
	r := Run(t.Context(), w.options(t))
	c, _ := r.Check(TLS)
	require.Equal(t, Failed, c.Outcome)
	require.Contains(t, c.Detail, "unknown authority")
	require.Contains(t, c.Remedy, "tlsCACert")
	require.Equal(t, []Check{c}, r.Failures(), "told once: %s", text(t, r, false))
}

// TestVPCEndpoint: connections go to another name than the one signed for.
func TestVPCEndpoint(t *testing.T) {
	w := build(t, (*httptest.Server).StartTLS)
	vpce, err := amp.ParseEndpoint(w.workspace.ID, w.Region())
	require.NoError(t, err)
	vpce, err = vpce.Connect("vpce-1.aps-workspaces.us-east-1.vpce.amazonaws.com")
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(w.server.Certificate())
	transport := w.server.Client().Transport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	transport.TLSClientConfig.RootCAs, transport.TLSClientConfig.ServerName = roots, "example.com"
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		if trace := httptrace.ContextClientTrace(ctx); trace != nil {
			trace.DNSDone(httptrace.DNSDoneInfo{Addrs: []net.IPAddr{{IP: net.ParseIP("10.0.2.9")}, {IP: net.ParseIP("10.0.1.7")}}})
		}
		return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
	}
	o := Options{Transport: transport, Limit: patient, Client: amp.NewClient(amp.Config{Endpoint: vpce, Transport: transport})}
	e := Run(t.Context(), o)
	c, _ := e.Check(DNS)
	require.Equal(t, "vpce-1.aps-workspaces.us-east-1.vpce.amazonaws.com is 10.0.1.7, 10.0.2.9 (private), connected to in place of aps-workspaces.us-east-1.amazonaws.com", c.Detail)
	require.Equal(t, Facts{Addresses: []string{"10.0.1.7", "10.0.2.9"}, Network: "private"}, c.Facts)
	c, _ = e.Check(TLS)
	require.Equal(t, Passed, c.Outcome, c.Detail)
	require.Contains(t, c.Detail, "TLS 1.3, certificate by O=Acme Co until 2084-01-29")
	require.Equal(t, "aps-workspaces.us-east-1.amazonaws.com", e.SignHost)
}

func TestProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer proxy.Close()
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	transport := &http.Transport{Proxy: http.ProxyURL(u)}
	defer transport.CloseIdleConnections()
	e, err := amp.ParsePlain("http://prometheus.example")
	require.NoError(t, err)
	r := Run(t.Context(), Options{Client: amp.NewClient(amp.Config{Endpoint: e, Transport: transport}), Transport: transport, Limit: patient})
	c, _ := r.Check(DNS)
	require.Equal(t, "prometheus.example is asked by way of the proxy "+u.Host, c.Detail)
	require.Equal(t, u.Host, c.Facts.Proxy)
}

func TestNetworkOf(t *testing.T) {
	for want, list := range map[string][]string{
		"private":      {"10.1.2.3", "172.16.0.1", "fd00::1"},
		"public":       {"52.1.2.3", "2600::1"},
		"this machine": {"127.0.0.1", "::1"},
		"mixed":        {"10.1.2.3", "52.1.2.3"},
	} {
		var ips []netip.Addr
		for _, s := range list {
			ips = append(ips, netip.MustParseAddr(s))
		}
		require.Equal(t, want, networkOf(ips))
	}
}

func FuzzIsSuccess(f *testing.F) {
	for _, seed := range []string{`{"status":"success","data":{`, `{"data":[1,{}],"status":"success"}`, `{"status":"error"}`, `<html>`, ``, `{"status":`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if isSuccess(body) {
			require.Contains(t, string(body), "{")
		}
	})
}
