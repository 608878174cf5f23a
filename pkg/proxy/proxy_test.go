package proxy

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/testlog"
)

// ticking is a clock that goes, and that tests set.
type ticking struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *ticking) now() time.Time        { c.mu.Lock(); defer c.mu.Unlock(); return time.Now().Add(c.off) }
func (c *ticking) move(by time.Duration) { c.mu.Lock(); c.off += by; c.mu.Unlock() }

// keys are credentials that anybody may have.
type keys aws.Credentials

func (k keys) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials(k), nil }

var anyKeys = keys{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

// running is a proxy that serves on the loopback until the test ends.
type running struct {
	*Proxy
	t      *testing.T
	url    string
	client *http.Client
	log    *testlog.Log
	stop   context.CancelFunc // begins the end
	ended  chan error
}

func run(t *testing.T, c Config) *running {
	t.Helper()
	log := new(testlog.Log)
	c.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p, err := New(c)
	require.NoError(t, err)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	client := &http.Client{Transport: &http.Transport{}}
	r := &running{p, t, "http://" + l.Addr().String(), client, log, stop, make(chan error, 1)}
	go func() { r.ended <- p.Serve(ctx, l); close(r.ended) }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
		client.CloseIdleConnections()
		eventually(t, "no request is under way", r.settled)
		stop()
		require.NoError(t, <-r.ended)
		require.Zero(t, r.watched(), "whatever became of the requests")
	})
	return r
}

// before is a proxy in front of a handler that stands for the service.
func before(t *testing.T, h http.HandlerFunc, change ...func(*Config)) *running {
	t.Helper()
	leaksNothing(t)
	service := newService(t, h, (*httptest.Server).Start)
	return run(t, config(t, service.URL+"/workspaces/ws-test", change...))
}

func config(t *testing.T, workspace string, change ...func(*Config)) Config {
	t.Helper()
	e, err := amp.ParseEndpoint(workspace, "us-east-1")
	require.NoError(t, err)
	c := Config{Endpoint: e, Credentials: anyKeys}
	for _, f := range change {
		f(&c)
	}
	return c
}

type answer struct {
	status int
	body   string
	header http.Header
	err    error // of reading the body
}

// overTLS makes the client of the test speak TLS, and HTTP/2 if the proxy does.
func (r *running) overTLS(c *tls.Config) {
	_, host, _ := strings.Cut(r.url, "//")
	r.url = "https://" + host
	r.client.Transport = &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}
}

func (r *running) do(method, path string, body io.Reader) (*http.Response, error) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, body)
	require.NoError(r.t, err)
	return r.client.Do(req)
}

func (r *running) ask(method, path, body string, change ...func(*http.Request)) answer {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	for _, f := range change {
		f(req)
	}
	resp, err := r.client.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(b), resp.Header, err}
}

// eventually polls, and does not wait for long.
func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !seen(); <-time.After(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), what)
	}
}

func (r *running) counted(line string) {
	r.t.Helper()
	eventually(r.t, line, func() bool { return strings.Contains(r.ask("GET", "/metrics", "").body, "ampkit_proxy_"+line) })
}

// cloud is an emulator on a port, with a workspace and somebody who may do all.
func cloud(t *testing.T, c *ticking) (*emulator.Emulator, string, keys) {
	t.Helper()
	leaksNothing(t)
	e, err := emulator.New(emulator.Options{Clock: c.now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	server := newService(t, e, (*httptest.Server).Start)
	ws, err := e.CreateWorkspace(t.Context(), "proxy", "")
	require.NoError(t, err)
	k, err := e.AddUser("", "proxy", emulator.Policy([]string{"aps:*"}))
	require.NoError(t, err)
	return e, server.URL + "/workspaces/" + ws.ID, keys{AccessKeyID: k.ID, SecretAccessKey: k.Secret}
}

func sample(t *testing.T, name string, v float64, at time.Time) string {
	t.Helper()
	raw, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
		Labels:  []prompb.Label{{Name: "__name__", Value: name}},
		Samples: []prompb.Sample{{Timestamp: at.UnixMilli(), Value: v}},
	}}}).Marshal()
	require.NoError(t, err)
	return string(snappy.Encode(nil, raw))
}

func asWrite(r *http.Request) {
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
}

func asForm(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }

// Everything goes through: written and read, by both forms of path, into a
// service that checks each signature.
func TestThrough(t *testing.T) {
	c := &ticking{}
	_, workspace, k := cloud(t, c)
	p := run(t, config(t, workspace, func(c *Config) { c.Credentials, c.Allow = k, Groups }))
	a := p.ask("POST", "/api/v1/remote_write", sample(t, "through", 7, c.now()), asWrite, func(r *http.Request) {
		r.Header.Set("X-Scope-OrgID", "tenant") // AMP's edge would drop it, and the signature with it
		r.Header.Set("Authorization", "Bearer theirs")
	})
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Regexp(t, `^[0-9a-f-]{36}$`, a.header.Get("x-amzn-RequestId"))
	require.NotEmpty(t, a.header.Get("X-Request-Id"))
	u, err := url.Parse(workspace)
	require.NoError(t, err)
	for _, path := range []string{"/api/v1/query", u.Path + "/api/v1/query"} {
		a = p.ask("POST", path, "query=through{}%2B1", asForm)
		require.Contains(t, a.body, `"8"]`, path)
		a = p.ask("GET", path+"?query=through*3&b=%20+c&a=1", "")
		require.Contains(t, a.body, `"21"]`, path)
	}
	require.Contains(t, p.ask("GET", "/api/v1/label/__name__/values", "").body, `"through"`)
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/rules", "").status)
	require.Equal(t, http.StatusOK, p.ask("GET", "/alertmanager/api/v2/status", "").status)
	p.counted(`requests_total{code="200",outcome="ok",path="remote_write"} 1`)
	p.counted(`requests_total{code="200",outcome="ok",path="query"} 4`)
	p.counted(`credentials_expiry_seconds +Inf`)
	p.counted(`requests_in_flight 1`) // this one
	require.NotContains(t, p.log.String(), k.SecretAccessKey)
	require.NotContains(t, p.log.String(), "through", "queries are nobody's business")
}

func TestRefused(t *testing.T) {
	asked := make(chan string, 10)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }, func(c *Config) { c.MaxBody = 100 })
	for name, c := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
		status             int
		says               string
	}{
		"unknown path":      {"GET", "/api/v1/status/buildinfo", "", nil, 404, "not a path of AMP's API"},
		"another workspace": {"GET", "/workspaces/ws-other/api/v1/query", "", nil, 404, "not a path"},
		"control plane":     {"GET", "/workspaces", "", nil, 404, "not a path"},
		"dots":              {"GET", "/api/v1/../../../oidc/keys", "", nil, 404, "not a path"},
		"escaped":           {"GET", "/api/v1%2Fquery", "", nil, 404, "not a path"},
		"verb":              {"DELETE", "/api/v1/query", "", nil, 405, "GET or POST"},
		"group":             {"GET", "/alertmanager/api/v2/silences", "", nil, 403, `start it with \"alertmanager\"`},
		"body":              {"POST", "/api/v1/remote_write", strings.Repeat("x", 101), nil, 413, "more than 100 bytes"},
		"body of no length": {"POST", "/api/v1/remote_write", strings.Repeat("x", 101), func(r *http.Request) { r.ContentLength = -1 }, 413, "more than 100 bytes"},
		"a browser's name":  {"GET", "/api/v1/query", "", func(r *http.Request) { r.Host = "rebound.example" }, 403, "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*http.Request)
			if c.change != nil {
				changes = append(changes, c.change)
			}
			a := p.ask(c.method, c.path, c.body, changes...)
			require.Equal(t, c.status, a.status)
			require.Contains(t, a.body, `{"message":"ampkit proxy: `)
			require.Contains(t, a.body, c.says)
		})
	}
	require.Empty(t, asked, "nothing reached the service")
	p.counted(`requests_total{code="404",outcome="refused",path="other"} 5`)
	p.counted(`requests_total{code="413",outcome="too_large",path="remote_write"} 2`)
}

// What reaches the service and what comes back, by its headers.
func TestHeaders(t *testing.T) {
	seen := make(chan *http.Request, 1)
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.Header().Set("Set-Cookie", "AWSALB=1")
		w.Header().Set("Connection", "X-Hop")
		w.Header().Set("X-Hop", "1")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("not touched"))
	})
	a := p.ask("POST", "/api/v1/query?b=2&a=1", "query=up", func(r *http.Request) {
		for name, v := range map[string]string{
			"Authorization": "Bearer theirs", "X-Scope-OrgID": "tenant", "Cookie": "a=b", "X-Forwarded-For": "10.0.0.1", "X-Forwarded-Host": "h",
			"Forwarded": "for=10.0.0.1", "X-Amz-Date": "20000101T000000Z", "X-Amz-Security-Token": "theirs", "Proxy-Authorization": "Basic x",
			"Te": "trailers", "Connection": "X-Mine, Upgrade", "X-Mine": "1", "Upgrade": "h2c", "Expect": "100-continue",
			"X-Kept": "yes", "User-Agent": "Prometheus/2.42", "Accept-Encoding": "zstd",
		} {
			r.Header.Set(name, v)
		}
	})
	require.Equal(t, "not touched", a.body)
	require.Equal(t, "gzip", a.header.Get("Content-Encoding"))
	for _, name := range []string{"Set-Cookie", "X-Hop"} {
		require.Empty(t, a.header.Values(name), name)
	}
	r := <-seen
	require.Equal(t, "/workspaces/ws-test/api/v1/query?a=1&b=2", r.RequestURI)
	require.Contains(t, r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
	for _, name := range []string{"X-Scope-OrgID", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Amz-Security-Token", "Proxy-Authorization", "Te", "X-Mine", "Upgrade", "Expect", "Connection"} {
		require.Empty(t, r.Header.Values(name), name)
	}
	require.Equal(t, "yes", r.Header.Get("X-Kept"))
	require.Equal(t, "Prometheus/2.42", r.Header.Get("User-Agent"))
	require.Equal(t, "zstd", r.Header.Get("Accept-Encoding"))
}

func TestConfigurationIsChecked(t *testing.T) {
	good := config(t, "http://127.0.0.1:1/workspaces/ws-test")
	for says, change := range map[string]func(*Config){
		"no workspace":                func(c *Config) { c.Endpoint = amp.Endpoint{} },
		"no region":                   func(c *Config) { c.Endpoint.Region = "" },
		"no credentials":              func(c *Config) { c.Credentials = nil },
		"-1 bytes":                    func(c *Config) { c.MaxBody = -1 },
		`certificate "", key "k.pem"`: func(c *Config) { c.Access.KeyFile = "k.pem" },
		`client certificates ("a")`:   func(c *Config) { c.Access.ClientCAFile = "a" },
		"bearer token: open /nowhere": func(c *Config) { c.Access.TokenFile = "/nowhere" },
	} {
		c := good
		change(&c)
		_, err := New(c)
		require.ErrorContains(t, err, says)
	}
}

// Behind a VPC endpoint the connection goes to one host, and another is signed.
func TestSignedHost(t *testing.T) {
	host := make(chan string, 1)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) { host <- r.Host }, func(c *Config) {
		c.Endpoint.SignHost = "aps-workspaces.us-east-1.amazonaws.com"
	})
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
	require.Equal(t, "aps-workspaces.us-east-1.amazonaws.com", <-host)

	e := config(t, "https://127.0.0.1:1/workspaces/ws-test").Endpoint
	e.SignHost = "aps-workspaces.us-east-1.amazonaws.com:443"
	require.Equal(t, "aps-workspaces.us-east-1.amazonaws.com", tune(&http.Transport{TLSClientConfig: nil}, e).TLSClientConfig.ServerName)
}
