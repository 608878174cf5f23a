package sigv4_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The credentials and the date of AWS's signature version 4 test suite.
var (
	suiteTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	suiteKeys = keys{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
)

type keys aws.Credentials

func (k keys) Retrieve(context.Context) (aws.Credentials, error) { return aws.Credentials(k), nil }

// recorder keeps what would be sent.
type recorder struct {
	sent   []*http.Request
	wire   []string
	header http.Header
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	dump, err := httputil.DumpRequestOut(req, true)
	if err != nil {
		return nil, err
	}
	r.sent, r.wire = append(r.sent, req), append(r.wire, string(dump))
	return &http.Response{StatusCode: http.StatusOK, Header: r.header, Body: http.NoBody, Request: req}, nil
}

func suite(r *recorder) *sigv4.Transport {
	return sigv4.New(r, sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "service", Now: func() time.Time { return suiteTime }})
}

func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	var b io.Reader
	if body != "" {
		b = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, b)
	require.NoError(t, err)
	return r
}

func send(t *testing.T, rt http.RoundTripper, r *http.Request) {
	t.Helper()
	resp, err := rt.RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
}

// Signatures that AWS publishes (aws-sig-v4-test-suite).
func TestPublishedSignatures(t *testing.T) {
	for name, c := range map[string]struct{ method, query, contentType, body, signed, signature string }{
		"get-vanilla":                      {"GET", "", "", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"post-vanilla":                     {"POST", "", "", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"get-vanilla-query-order-key-case": {"GET", "?Param2=value2&Param1=value1", "", "", "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		"post-x-www-form-urlencoded": {
			"POST", "", "application/x-www-form-urlencoded", "Param1=value1", "content-type;host;x-amz-date",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var rec recorder
			r := request(t, c.method, "https://example.amazonaws.com/"+c.query, c.body)
			if c.contentType != "" {
				r.Header.Set("Content-Type", c.contentType)
			}
			send(t, suite(&rec), r)
			require.Equal(t, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="+c.signed+", Signature="+c.signature,
				rec.sent[0].Header.Get("Authorization"))
		})
	}
}

// What leaves for AMP, whole.
func TestWire(t *testing.T) {
	workspace := "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef/api/v1/"
	for name, change := range map[string]func(*http.Request){
		"post_query":   func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"signhost":     func(r *http.Request) { r.URL.Host = "vpce-0abc.aps-workspaces.eu-west-1.vpce.amazonaws.com" },
		"caller_noise": noise,
	} {
		t.Run(name, func(t *testing.T) {
			rec := &recorder{}
			c := sigv4.Config{Credentials: keys{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "the/session+token=="}, Region: "eu-west-1", Service: "aps", Now: func() time.Time { return suiteTime }}
			if name == "signhost" {
				c.SignHost = "aps-workspaces.eu-west-1.amazonaws.com"
			}
			r := request(t, "POST", workspace+"query_range?b=2%202&a=%2B1", "query=up&step=15s")
			change(r)
			before := r.Clone(t.Context())
			send(t, sigv4.New(rec, c), r)
			require.Equal(t, before.Header, r.Header, "the caller's request is left as it was")
			require.Equal(t, before.URL.String(), r.URL.String())
			golden.Assert(t, rec.wire[0]+"\n", name+".http")
		})
	}
}

// noise is everything that must not arrive, and one thing that must.
func noise(r *http.Request) {
	for name, v := range map[string]string{
		"Authorization": "Bearer user", "X-Amz-Date": "20000101T000000Z", "X-Amz-Security-Token": "theirs", "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
		"X-Scope-OrgID": "tenant", "Cookie": "session=1", "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1",
		"Connection": "close, X-Per-Hop", "X-Per-Hop": "1", "Keep-Alive": "1", "Te": "trailers", "Upgrade": "h2c", "Proxy-Authorization": "Basic x",
		"X-Id-Token": "jwt", "X-Grafana-Id": "jwt", "X-Kept": "yes",
	} {
		r.Header[name] = []string{v}
	}
	r.URL.RawQuery += "&X-Amz-Signature=theirs&x-amz-security-token=theirs"
}

// What goes wrong, 7: a retried request keeps its old date and signature, and an
// incoming Authorization header overwrites the signature.
func TestFailure07_SignedAfresh(t *testing.T) {
	rec, now := &recorder{}, suiteTime
	rt := sigv4.New(rec, sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "aps", Now: func() time.Time { return now }})
	r := request(t, "POST", "https://aps-workspaces.us-east-1.amazonaws.com/x", "query=up")
	r.Header.Set("Authorization", "Bearer theirs")
	send(t, rt, r)
	now = now.Add(time.Minute)
	send(t, rt, r)
	first, second := rec.sent[0].Header, rec.sent[1].Header
	require.Equal(t, "20150830T123600Z", first.Get("X-Amz-Date"))
	require.Equal(t, "20150830T123700Z", second.Get("X-Amz-Date"))
	require.NotEqual(t, first.Get("Authorization"), second.Get("Authorization"))
	require.NotContains(t, first.Get("Authorization"), "Bearer")
	require.Contains(t, rec.wire[1], "\r\n\r\nquery=up", "the body is sent again")
	body, err := rec.sent[1].GetBody()
	require.NoError(t, err)
	b, err := io.ReadAll(body)
	require.NoError(t, err)
	require.Equal(t, "query=up", string(b))
}

type tracked struct {
	io.Reader
	closed bool
}

func (t *tracked) Close() error { t.closed = true; return nil }

func TestBodies(t *testing.T) {
	rec := &recorder{}
	rt := sigv4.New(rec, sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "aps", MaxBody: 8})
	small := &tracked{Reader: strings.NewReader("12345678")}
	r := request(t, "POST", "https://example.com/", "")
	r.Body, r.GetBody = small, nil
	send(t, rt, r)
	require.True(t, small.closed)
	require.EqualValues(t, 8, rec.sent[0].ContentLength)

	large := &tracked{Reader: strings.NewReader("123456789")}
	r = request(t, "POST", "https://example.com/", "")
	r.Body = large
	_, err := rt.RoundTrip(r)
	require.ErrorIs(t, err, sigv4.ErrBodyTooLarge)
	require.True(t, large.closed)
	require.Len(t, rec.sent, 1, "nothing was sent")
}

// held is a body in memory that counts who has it open.
type held struct {
	*strings.Reader
	text string
	open *int
}

func (h held) Len() int64                { return int64(len(h.text)) }
func (h held) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(h.text)) }
func (h held) Close() error              { *h.open--; return nil }

func TestHeldBodies(t *testing.T) {
	rec := &recorder{}
	open := 0
	r := request(t, "POST", "https://example.com/", "")
	r.GetBody = func() (io.ReadCloser, error) {
		open++
		return held{strings.NewReader("query=up"), "query=up", &open}, nil
	}
	r.Body, _ = r.GetBody()
	c := sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "aps", Now: func() time.Time { return suiteTime }}
	send(t, sigv4.New(rec, c), r)
	require.Contains(t, rec.wire[0], "Content-Length: 8\r\n")
	require.Contains(t, rec.wire[0], "\r\n\r\nquery=up")
	other := request(t, "POST", "https://example.com/", "query=up")
	send(t, sigv4.New(rec, c), other)
	require.Equal(t, rec.sent[1].Header.Get("Authorization"), rec.sent[0].Header.Get("Authorization"))
	require.Zero(t, open, "sent and closed")

	r.Body, _ = r.GetBody()
	c.Credentials = failing{}
	_, err := sigv4.New(rec, c).RoundTrip(r)
	require.Error(t, err)
	require.Zero(t, open, "not sent, and closed")
	r.Body, _ = r.GetBody()
	c.MaxBody = 7
	_, err = sigv4.New(rec, c).RoundTrip(r)
	require.ErrorIs(t, err, sigv4.ErrBodyTooLarge)
	require.Zero(t, open)
}

type failing struct{}

func (failing) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, io.ErrUnexpectedEOF
}

func TestNothingIsSentUnsigned(t *testing.T) {
	rec := &recorder{}
	for name, c := range map[string]sigv4.Config{
		"no region":               {Credentials: suiteKeys, Service: "aps"},
		"no service name":         {Credentials: suiteKeys, Region: "us-east-1"},
		"no credentials provider": {Region: "us-east-1", Service: "aps"},
		"get credentials to sign with: unexpected EOF": {Credentials: failing{}, Region: "us-east-1", Service: "aps"},
	} {
		body := &tracked{Reader: strings.NewReader("x")}
		r := request(t, "POST", "https://example.com/", "")
		r.Body = body
		_, err := sigv4.New(rec, c).RoundTrip(r)
		require.ErrorContains(t, err, name)
		require.True(t, body.closed)
	}
	require.Empty(t, rec.sent)
	_, err := sigv4.New(rec, sigv4.Config{Credentials: failing{}, Region: "r", Service: "s"}).RoundTrip(request(t, "GET", "https://example.com/", ""))
	var ce *sigv4.CredentialsError
	require.True(t, errors.As(err, &ce) && errors.Is(err, io.ErrUnexpectedEOF))
}

func TestSkew(t *testing.T) {
	rec := &recorder{header: http.Header{"Date": {suiteTime.Add(-6 * time.Minute).Format(http.TimeFormat)}}}
	rt := suite(rec)
	_, known := rt.Skew()
	require.False(t, known)
	send(t, rt, request(t, "GET", "https://example.com/", ""))
	skew, known := rt.Skew()
	require.True(t, known)
	require.Equal(t, -6*time.Minute, skew)
}

// The connection goes to the URL's host, the Host header is the signed one.
func TestConnectsElsewhere(t *testing.T) {
	var host string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host = r.Host }))
	defer server.Close()
	next := &http.Transport{}
	defer next.CloseIdleConnections()
	rt := sigv4.New(next, sigv4.Config{Credentials: suiteKeys, Region: "eu-west-1", Service: "aps", SignHost: "aps-workspaces.eu-west-1.amazonaws.com"})
	send(t, rt, request(t, "GET", server.URL, ""))
	require.Equal(t, "aps-workspaces.eu-west-1.amazonaws.com", host)
}

// FuzzClean: whatever a caller puts into headers and query, what authenticates
// is ours and there is one of it.
func FuzzClean(f *testing.F) {
	f.Add("Authorization", "Bearer x", "a=1&X-Amz-Credential=y")
	f.Add("authorization", "x", "x-AMZ-date=1")
	f.Add("Connection", "Authorization, X-Amz-Date", "%")
	f.Add("A", "b", "a=1&X%2DAmz-Signature=theirs")
	f.Add("A", "b", "X-Amz-Signature=theirs&a=%zz")
	f.Fuzz(func(t *testing.T, name, value, query string) {
		rec := &capture{}
		r := (&http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "https", Host: "example.com", Path: "/", RawQuery: query}, Header: http.Header{name: {value}}}).WithContext(t.Context())
		rt := sigv4.New(rec, sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "aps", Now: func() time.Time { return suiteTime }})
		resp, err := rt.RoundTrip(r)
		if err != nil {
			return
		}
		_ = resp.Body.Close()
		var auth []string
		for k, v := range rec.r.Header {
			if strings.EqualFold(k, "authorization") {
				auth = append(auth, v...)
			}
		}
		if len(auth) != 1 || !strings.HasPrefix(auth[0], "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") {
			t.Fatalf("authorization: %q", auth)
		}
		for k := range rec.r.URL.Query() {
			if bytes.HasPrefix(bytes.ToLower([]byte(k)), []byte("x-amz-")) {
				t.Fatalf("query parameter %q", k)
			}
		}
	})
}

type capture struct{ r *http.Request }

func (c *capture) RoundTrip(r *http.Request) (*http.Response, error) {
	c.r = r
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, nil
}

// BenchmarkSign is the cost of signing a query without sending it. Most of it
// is HMAC and the SDK's canonical request.
func BenchmarkSign(b *testing.B) {
	rt := sigv4.New(&capture{}, sigv4.Config{Credentials: suiteKeys, Region: "us-east-1", Service: "aps"})
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://example.com/workspaces/ws/api/v1/query_range", strings.NewReader("query=sum(rate(http_requests_total[5m])) by (path)&step=15"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		resp, err := rt.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		_ = resp.Body.Close()
	}
}
