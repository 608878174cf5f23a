package proxy

import (
	"crypto/tls"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func served(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("served")) }

func TestBearerToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("first-token\n"), 0o600))
	c := &ticking{}
	p := before(t, served, func(o *Config) { o.Access.TokenFile, o.Now = file, c.now })
	with := func(authorization string) int {
		return p.ask("GET", "/api/v1/labels", "", func(r *http.Request) { r.Header.Set("Authorization", authorization) }).status
	}
	require.Equal(t, http.StatusOK, with("Bearer first-token"))
	require.Equal(t, http.StatusOK, with("bearer first-token"))
	for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer first", "Basic first-token", "first-token"} {
		require.Equal(t, http.StatusUnauthorized, with(wrong), wrong)
	}
	require.Equal(t, "Bearer", p.ask("GET", "/metrics", "").header.Get("WWW-Authenticate"), "metrics are guarded too")
	require.Equal(t, http.StatusOK, p.ask("GET", "/-/healthy", "").status, "probes have no token")

	require.NoError(t, os.WriteFile(file, []byte("second-token"), 0o600))
	c.move(relook)
	require.Equal(t, http.StatusUnauthorized, with("Bearer first-token"))
	require.Equal(t, http.StatusOK, with("Bearer second-token"))
	require.NoError(t, os.Remove(file))
	c.move(relook)
	require.Equal(t, http.StatusOK, with("Bearer second-token"), "the last one is good")
	for _, token := range []string{"first-token", "second-token"} {
		require.NotContains(t, p.log.String(), token)
	}

	require.NoError(t, os.WriteFile(file, []byte("two words"), 0o600))
	_, err := New(config(t, "http://127.0.0.1:1", func(c *Config) { c.Access.TokenFile = file }))
	require.ErrorContains(t, err, "must hold one token")
}

func TestClientCertificates(t *testing.T) {
	dir := t.TempDir()
	ours := newAuthority(t, dir, "ca")
	stranger := newAuthority(t, dir, "stranger")
	cert, key := ours.issue(t, "server")
	p := before(t, served, func(c *Config) {
		c.Access = Access{CertFile: cert, KeyFile: key, ClientCAFile: ours.file}
	})
	as := func(a *authority) {
		p.client.CloseIdleConnections()
		config := &tls.Config{RootCAs: ours.pool, MinVersion: tls.VersionTLS12}
		if a != nil {
			pair, err := tls.LoadX509KeyPair(a.issue(t, "client"))
			require.NoError(t, err)
			// Sent whether or not the server asked for its authority.
			config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		p.overTLS(config)
	}
	as(nil)
	require.Equal(t, http.StatusForbidden, p.ask("GET", "/api/v1/labels", "").status)
	require.Equal(t, http.StatusOK, p.ask("GET", "/-/ready", "").status, "probes have no certificate")
	as(ours)
	require.Equal(t, "served", p.ask("POST", "/api/v1/labels", "match[]=up", asForm).body)
	as(stranger)
	_, err := p.do(http.MethodGet, "/api/v1/labels", http.NoBody)
	require.Error(t, err)
	as(ours)
}

func TestWhoIsLocal(t *testing.T) {
	for _, yes := range []string{"localhost", "localhost:8005", "127.0.0.1:8005", "127.8.8.8", "[::1]:8005", "[::1]", "LOCALHOST:1"} {
		require.True(t, isLocal(yes), yes)
	}
	for _, no := range []string{"", "10.0.0.1:8005", "localhost.example:80", "0.0.0.0:8005", "[::]:8005", "example.com"} {
		require.False(t, isLocal(no), no)
	}
}

// A page in a browser on this machine may call a loopback address without any
// trick, and is told who it is.
func TestOtherPeoplesPages(t *testing.T) {
	asked := make(chan http.Header, 10)
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header
		w.Header().Set("Access-Control-Allow-Origin", "*") // as Prometheus' API answers
	})
	from := func(method, origin string) int {
		return p.ask(method, "/api/v1/query", "", func(r *http.Request) { r.Header.Set("Origin", origin) }).status
	}
	for _, origin := range []string{"https://evil.example", "null", "http://localhost.evil.example", "http://10.0.0.1:3000", "localhost"} {
		require.Equal(t, http.StatusForbidden, from(http.MethodGet, origin), origin)
		require.Equal(t, http.StatusForbidden, from(http.MethodPost, origin), origin)
	}
	require.Empty(t, asked, "nothing reached the service")
	for _, origin := range []string{"http://localhost:3000", "http://127.0.0.1:9090", "http://[::1]"} {
		require.Equal(t, http.StatusOK, from(http.MethodGet, origin), origin)
	}
}
