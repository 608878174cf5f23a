package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newTestGrafana is one without a plugin, for what Grafana itself decides.
func newTestGrafana(t *testing.T) *httptest.Server {
	t.Helper()
	c, err := startCloud(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	g := &grafana{root: t.TempDir(), cloud: c, meta: json.RawMessage(`{}`)}
	require.NoError(t, g.reset())
	server := httptest.NewServer(g.routes())
	t.Cleanup(server.Close)
	return server
}

func call(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(raw)
}

// TestDataSourcesAreKeptAsGrafanaKeepsThem: secrets go in and never come out,
// provisioned ones are read-only, others than Admins stay outside.
func TestDataSourcesAreKeptAsGrafanaKeepsThem(t *testing.T) {
	here := newTestGrafana(t).URL
	amp := here + "/api/datasources/uid/amp"

	status, body := call(t, http.MethodPut, amp, `{"name":"AMP","url":"https://example.com","jsonData":{"a":1},"secureJsonData":{"sigV4AccessKey":"AKIA","sigV4SecretKey":"hidden"}}`)
	require.Equal(t, 200, status, body)
	status, body = call(t, http.MethodPut, amp, `{"name":"AMP","url":"https://example.com","secureJsonData":{"sigV4AccessKey":""}}`)
	require.Equal(t, 200, status, body)
	_, body = call(t, http.MethodGet, amp, "")
	require.Contains(t, body, `"secureJsonFields":{"sigV4SecretKey":true}`)
	require.Contains(t, body, `"version":3`)
	require.NotContains(t, body, "hidden")
	_, body = call(t, http.MethodGet, here+"/boot.js", "")
	require.Contains(t, body, `"url":"/api/datasources/proxy/uid/amp"`)
	require.NotContains(t, body, "hidden")

	status, body = call(t, http.MethodPut, amp, `{"name":"AMP","url":"arn:aws:aps:eu-central-1:123456789012:workspace/ws-1"}`)
	require.Equal(t, 400, status)
	require.Contains(t, body, "invalid URL")

	status, _ = call(t, http.MethodPost, here+"/test/role", `{"role":"Viewer"}`)
	require.Equal(t, 200, status)
	status, _ = call(t, http.MethodGet, amp, "")
	require.Equal(t, 403, status)
	status, _ = call(t, http.MethodPost, here+"/test/reset", "")
	require.Equal(t, 200, status)

	status, _ = call(t, http.MethodPost, here+"/test/datasource", `{"readOnly":true,"url":"https://example.com"}`)
	require.Equal(t, 200, status)
	status, body = call(t, http.MethodPut, amp, `{"name":"AMP","url":"https://example.org"}`)
	require.Equal(t, 403, status)
	require.Contains(t, body, "read-only")

	status, _ = call(t, http.MethodGet, here+"/api/datasources/uid/other", "")
	require.Equal(t, 404, status)
	status, body = call(t, http.MethodGet, here+"/api/org", "")
	require.Equal(t, 404, status)
	require.Contains(t, body, "GET /api/org is not answered here")
}

func TestOnlyItsOwnPageIsAnswered(t *testing.T) {
	here := newTestGrafana(t).URL
	status, _ := call(t, http.MethodPost, here+"/test/reset", "", "Sec-Fetch-Site", "cross-site")
	require.Equal(t, 403, status)
	status, _ = call(t, http.MethodGet, here+"/boot.js", "", "Host", "attacker.example:80")
	require.Equal(t, 403, status)
	_, err := listenLoopback(t.Context(), "0.0.0.0:0")
	require.ErrorContains(t, err, "other machines")
}

// TestAWSIsBehindTheProxy: its names lead to the emulator over TLS, others
// nowhere.
func TestAWSIsBehindTheProxy(t *testing.T) {
	c, err := startCloud(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	proxy, err := url.Parse(c.proxyURL)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(c.proxy.certificate()))
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	get := func(url string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		return transport.RoundTrip(req)
	}

	for _, host := range []string{
		host, "aps." + region + ".amazonaws.com", "sts." + region + ".amazonaws.com", "aps-workspaces-fips." + region + ".amazonaws.com",
		"aps-workspaces." + region + ".api.aws", "vpce-0a1b-2c3d.aps-workspaces." + region + ".vpce.amazonaws.com",
	} {
		resp, err := get("https://" + host + "/healthz")
		require.NoError(t, err, host)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 200, resp.StatusCode, host)
	}
	require.Empty(t, c.proxy.refusals())
	_, err = get("https://example.com/")
	require.ErrorContains(t, err, "Forbidden")
	resp, err := get("http://example.com/")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 403, resp.StatusCode)
	require.Equal(t, []string{"CONNECT example.com:443", "GET example.com"}, c.proxy.refusals())
}
