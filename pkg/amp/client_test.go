package amp_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func readCloser(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

type staticKeys struct{}

func (staticKeys) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
}

// asked is a request as the service saw it.
type asked struct {
	method, path, query, form string
	header                    http.Header
}

type service struct {
	*httptest.Server
	answers []func(http.ResponseWriter)

	mu    sync.Mutex
	asked []asked
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header})
	if len(s.answers) > 0 {
		answer := s.answers[0]
		s.answers = s.answers[1:]
		answer(w)
		return
	}
	_, _ = io.WriteString(w, `{"status":"success"}`)
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// serve starts a stub of AMP and a configuration that asks it.
func serve(t *testing.T, answers ...func(http.ResponseWriter)) (*service, amp.Config) {
	t.Helper()
	s := &service{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	e, err := amp.ParseEndpoint(s.URL+"/workspaces/ws-demo", "eu-west-1")
	require.NoError(t, err)
	transport, err := awscreds.Transport()
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	return s, amp.Config{Endpoint: e, Transport: transport, Credentials: staticKeys{}, Retry: amp.Retry{Base: time.Millisecond, Max: time.Millisecond}}
}

func get(t *testing.T, c *amp.Client, r amp.Request) {
	t.Helper()
	resp, err := c.Do(t.Context(), r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

func TestRequests(t *testing.T) {
	s, c := serve(t)
	c.CustomParameters = url.Values{"team": {"a"}}
	c.MaxSamplesWarning, c.MaxSamplesError, c.QueryTimeout, c.UserAgent = 5, 10, 90*time.Second, "ampkit/test"
	client := amp.NewClient(c)
	get(t, client, amp.Request{Path: "query_range", Params: url.Values{"query": {"up"}}, Header: http.Header{"Cookie": {"x"}, "Authorization": {"Bearer x"}, "Traceparent": {"00-1"}}})
	get(t, client, amp.Request{Path: "labels", Params: url.Values{"match[]": {"up"}}})
	get(t, client, amp.Request{Path: "label/job/values", Params: url.Values{"limit": {"1"}}})
	get(t, client, amp.Request{Path: "query", Method: http.MethodGet, Params: url.Values{"query": {"1"}, "timeout": {"3s"}}})

	q := s.asked[0]
	require.Equal(t, "POST /workspaces/ws-demo/api/v1/query_range", q.method+" "+q.path)
	require.Equal(t, "max_samples_processed_error_threshold=10&max_samples_processed_warning_threshold=5&team=a", q.query)
	require.Equal(t, "query=up&timeout=90s", q.form)
	require.Equal(t, "identity", q.header.Get("Accept-Encoding"))
	require.Equal(t, "ampkit/test", q.header.Get("User-Agent"))
	require.Equal(t, "00-1", q.header.Get("Traceparent"))
	require.Empty(t, q.header.Get("Cookie"))
	require.Contains(t, q.header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
	require.Contains(t, q.header.Get("Authorization"), "/eu-west-1/aps/aws4_request")

	require.Equal(t, "POST team=a match%5B%5D=up", s.asked[1].method+" "+s.asked[1].query+" "+s.asked[1].form, "no thresholds beside queries")
	require.Equal(t, "GET /workspaces/ws-demo/api/v1/label/job/values limit=1&team=a", s.asked[2].method+" "+s.asked[2].path+" "+s.asked[2].query)
	require.Contains(t, s.asked[3].query, "timeout=3s", "what the caller set stays")
	require.Empty(t, s.asked[3].form)
}

// Nothing but the allow-list leaves, and nobody is asked for credentials first.
func TestAllowList(t *testing.T) {
	s, c := serve(t)
	c.Credentials = nil
	c.Transport = nobody{t}
	client := amp.NewClient(c)
	for _, r := range []amp.Request{
		{Path: ""},
		{Path: "remote_write"},
		{Path: "query/"},
		{Path: "/query"},
		{Path: "../query"},
		{Path: "query/../series"},
		{Path: "query%2f"},
		{Path: "label/../values"},
		{Path: "label/a/b/values"},
		{Path: "label/a%2fb/values"},
		{Path: "label//values"},
		{Path: "label/job/values/"},
		{Path: "label/job"},
		{Path: "query?x=1"},
		{Path: "QUERY"},
		{Path: "query_exemplars"},
		{Path: "status/buildinfo"},
		{Path: "admin/tsdb/delete_series"},
		{Path: "rules/ns"},
		{Path: "query", Method: "DELETE"},
		{Path: "query", Method: "PUT"},
		{Path: "query", Method: "get"},
		{Path: "metadata", Method: "POST"},
		{Path: "rules", Method: "POST"},
		{Path: "label/job/values", Method: "POST"},
		{Path: "série"},
	} {
		_, err := client.Do(t.Context(), r)
		var e *amp.Error
		require.ErrorAs(t, err, &e, "%s %s", r.Method, r.Path)
		require.Equal(t, amp.KindRefused, e.Kind)
	}
	require.Empty(t, s.asked)
	require.True(t, amp.Allowed("GET", "label/__name__/values"))
	require.False(t, amp.Allowed("POST", "label/__name__/values"))
}

type nobody struct{ t *testing.T }

func (n nobody) RoundTrip(r *http.Request) (*http.Response, error) {
	n.t.Errorf("%s %s was sent", r.Method, r.URL)
	return nil, errors.New("sent")
}

// What goes wrong, 7: each attempt is signed afresh and has its whole body.
func TestFailure07_RetriesAreSignedAfresh(t *testing.T) {
	s, c := serve(t, status(429), status(503))
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); now = now.Add(time.Second); return now }
	get(t, amp.NewClient(c), amp.Request{Path: "query", Params: url.Values{"query": {"up"}}})
	require.Len(t, s.asked, 3)
	dates := map[string]bool{}
	for _, a := range s.asked {
		dates[a.header.Get("X-Amz-Date")] = true
		require.Equal(t, "query=up", a.form)
	}
	require.Len(t, dates, 3)
}

func TestRetryRules(t *testing.T) {
	for _, code := range []int{400, 403, 404, 422, 500, 502, 504} {
		s, c := serve(t, status(code))
		_, err := amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
		var e *amp.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, code, e.Status)
		require.Len(t, s.asked, 1)
	}
	var waits []time.Duration
	s, c := serve(t, status(503, "Retry-After", "2"), status(429), status(429), status(429), status(429))
	c.Retry = amp.Retry{Wait: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}
	_, err := amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
	var e *amp.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 4, e.Attempts)
	require.Len(t, s.asked, 4)
	require.GreaterOrEqual(t, waits[0], 2*time.Second)
	require.GreaterOrEqual(t, waits[1], 200*time.Millisecond)
	require.LessOrEqual(t, waits[2], 800*time.Millisecond)

	s, c = serve(t, status(503, "Retry-After", "60"))
	c.Timeout = 5 * time.Second
	_, err = amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
	require.ErrorAs(t, err, &e)
	require.Len(t, s.asked, 1, "a minute does not fit into five seconds, so it is said at once")
}

func TestNoAnswer(t *testing.T) {
	_, c := serve(t)
	blocked := func(r *http.Request) error { <-r.Context().Done(); return r.Context().Err() }
	for name, v := range map[string]struct {
		do   func(*http.Request) error
		kind amp.Kind
		text string
	}{
		"timeout": {blocked, amp.KindTimeout, "no answer in time"},
		"dns":     {func(*http.Request) error { return &net.DNSError{Err: "no such host", Name: "aps-workspaces"} }, amp.KindNetwork, "not known to DNS"},
		"slow dns": {func(*http.Request) error {
			return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: "aps-workspaces", IsTimeout: true}}
		}, amp.KindNetwork, "no answer of DNS"},
		"dropped": {func(r *http.Request) error { // as a security group does it
			_, err := (&net.Dialer{Timeout: time.Nanosecond}).DialContext(r.Context(), "tcp", "127.0.0.1:443")
			return err
		}, amp.KindNetwork, "i/o timeout; 127.0.0.1"},
		"expired": {func(*http.Request) error { return x509.CertificateInvalidError{Reason: x509.Expired} }, amp.KindNetwork, "is not valid"},
		"refused": {func(*http.Request) error { return errors.New("connection refused") }, amp.KindNetwork, "could not be reached"},
		"keys":    {func(*http.Request) error { return &awscreds.Error{Message: "none", Remedy: "forward them"} }, amp.KindCredentials, "none; forward them"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			c.Credentials, c.Timeout = nil, time.Millisecond
			if name != "timeout" {
				c.Timeout = 0
			}
			c.Transport = transportFunc(v.do)
			_, err := amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
			var e *amp.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, v.kind, e.Kind)
			require.ErrorContains(t, err, v.text)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := amp.NewClient(c).Do(ctx, amp.Request{Path: "query"})
	var e *amp.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, amp.KindCanceled, e.Kind)
	require.ErrorIs(t, err, context.Canceled)
}

type transportFunc func(*http.Request) error

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return nil, f(r) }

func TestUnknownAuthority(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = quiet()
	server.StartTLS()
	defer server.Close()
	e, err := amp.ParseEndpoint(server.URL+"/workspaces/ws-demo", "eu-west-1")
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	_, err = amp.NewClient(amp.Config{Endpoint: e, Transport: transport}).Do(t.Context(), amp.Request{Path: "query"})
	require.ErrorContains(t, err, "AWS_CA_BUNDLE")
}

func TestRedirectIsNotFollowed(t *testing.T) {
	s, c := serve(t, status(302, "Location", "http://169.254.169.254/"))
	_, err := amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
	require.ErrorContains(t, err, `redirect to "http://169.254.169.254/"`)
	require.Len(t, s.asked, 1)
}

func TestBodyOutlivesDo(t *testing.T) {
	_, c := serve(t, func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("x", 1<<20)) })
	c.Timeout = time.Minute
	resp, err := amp.NewClient(c).Do(t.Context(), amp.Request{Path: "query"})
	require.NoError(t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Len(t, b, 1<<20)
	require.NoError(t, resp.Body.Close())
}
