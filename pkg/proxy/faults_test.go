package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

func impatient(c *Config) {
	c.Timeouts = Timeouts{Answer: 200 * time.Millisecond, Stall: 200 * time.Millisecond, Header: 100 * time.Millisecond, Body: 100 * time.Millisecond, Drain: time.Second}
}

// A service that is slow but goes on talking is waited for, and what it says is
// passed on at once.
func TestSlowService(t *testing.T) {
	next := make(chan string)
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		for piece := range next {
			_, _ = io.WriteString(w, piece)
			_ = http.NewResponseController(w).Flush()
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query", http.NoBody)
	require.NoError(t, err)
	go func() { next <- "first" }()
	resp, err := p.client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	for _, piece := range []string{"first", "second", "third"} {
		if piece != "first" {
			next <- piece
		}
		b := make([]byte, len(piece))
		_, err := io.ReadFull(resp.Body, b)
		require.NoError(t, err)
		require.Equal(t, piece, string(b), "before the next one was written")
	}
	close(next)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestSilentService(t *testing.T) {
	ended := make(chan struct{}, 1)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // until the proxy hangs up
		ended <- struct{}{}
	}, impatient)
	a := p.ask("POST", "/api/v1/remote_write", "x")
	require.Equal(t, http.StatusGatewayTimeout, a.status, "a Prometheus tries again")
	require.Contains(t, a.body, "said nothing in time")
	<-ended
	p.counted(`requests_total{code="504",outcome="timeout",path="remote_write"} 1`)
}

// What can no longer be told by a status is told by the connection.
func TestAnswerThatStopsInItsMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		stop    func(http.ResponseWriter, *http.Request)
		outcome string
	}{
		"silent":  {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timeout"},
		"cut off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "cut_off"},
	} {
		t.Run(name, func(t *testing.T) {
			p := before(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
				_ = http.NewResponseController(w).Flush()
				c.stop(w, r)
			}, impatient)
			a := p.ask("GET", "/api/v1/query", "")
			require.Equal(t, http.StatusOK, a.status)
			require.ErrorIs(t, a.err, io.ErrUnexpectedEOF, "half an answer must not look like a whole one")
			p.counted(`requests_total{code="200",outcome="` + c.outcome + `",path="query"} 1`)
		})
	}
}

// A pooled connection that the service closes in the moment it is used is nobody's
// fault: what can be read or written twice is sent on another one.
func TestConnectionClosedByTheService(t *testing.T) {
	var used sync.Map
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Idempotency-Key"]) > 0 {
			t.Error("it is for net/http only")
		}
		if _, again := used.LoadOrStore(r.RemoteAddr, true); again {
			panic(http.ErrAbortHandler)
		}
		served(w, r)
	}, func(c *Config) { c.Allow = Groups })
	for range 2 {
		require.Equal(t, "served", p.ask("POST", "/api/v1/query", "query=up", asForm).body)
		require.Equal(t, "served", p.ask("POST", "/api/v1/remote_write", "x", asWrite).body)
		require.Equal(t, "served", p.ask("GET", "/api/v1/rules", "").body)
	}
	require.Equal(t, http.StatusBadGateway, p.ask("POST", "/alertmanager/api/v2/silences", "{}").status, "there would be two of them")
}

func TestServiceThatIsNotThere(t *testing.T) {
	leaksNothing(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	p := run(t, config(t, gone.URL+"/workspaces/ws-test"))
	a := p.ask("POST", "/api/v1/remote_write", "x")
	require.Equal(t, http.StatusBadGateway, a.status)
	require.Contains(t, a.body, "AMP can't be reached")
}

// 429 and 503 are the caller's to act upon: status, body and Retry-After as they
// are, and no attempt of the proxy's own.
func TestStorms(t *testing.T) {
	c := &ticking{}
	e, workspace, k := cloud(t, c)
	p := run(t, config(t, workspace, func(c *Config) { c.Credentials = k }))
	for _, f := range []emulator.Fault{
		{Status: 429, Body: `{"message":"Rate exceeded"}`, Header: http.Header{"Retry-After": {"7"}}},
		{Status: 503, Body: "<html>unavailable</html>", Header: http.Header{"Retry-After": {"8"}}},
		{Status: 400, Body: "out of order sample"},
		{Status: 403, Body: `{"Message":"User: arn:aws:sts::1:x is not authorized to perform: aps:RemoteWrite"}`},
	} {
		e.Inject(50, f)
		for range 50 {
			a := p.ask("POST", "/api/v1/remote_write", "x")
			require.Equal(t, f.Status, a.status)
			require.Equal(t, f.Body, a.body)
			require.Equal(t, f.Header.Get("Retry-After"), a.header.Get("Retry-After"))
		}
		require.Equal(t, 50, e.Counts().Data("api/v1/remote_write", f.Status))
	}
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
}

func TestCallerThatGoesAway(t *testing.T) {
	arrived, ended := make(chan struct{}), make(chan struct{})
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done()
		close(ended)
	})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/query", strings.NewReader("query=up"))
	require.NoError(t, err)
	go func() { <-arrived; cancel() }()
	_, err = p.client.Do(req)
	require.ErrorIs(t, err, context.Canceled)
	<-ended
	eventually(t, "it is counted", func() bool {
		return strings.Contains(p.ask("GET", "/metrics", "").body, `outcome="canceled",path="query"} 1`)
	})
}

// A caller that sends its body slowly, or takes its answer slowly, does not
// hold a connection, or a stream of one, for ever.
func TestSlowCaller(t *testing.T) {
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for piece := bytes.Repeat([]byte("x"), 64<<10); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			ours := newAuthority(t, t.TempDir(), "ca")
			p := before(t, endless, impatient, func(c *Config) {
				if version == "HTTP/2.0" {
					c.Access.CertFile, c.Access.KeyFile = ours.issue(t, "server")
				}
			})
			if version == "HTTP/2.0" {
				p.overTLS(&tls.Config{RootCAs: ours.pool, MinVersion: tls.VersionTLS12})
			}
			slowly, w := io.Pipe()
			go func() { _, _ = w.Write([]byte("half")) }()
			resp, err := p.do(http.MethodPost, "/api/v1/remote_write", slowly)
			if err == nil { // or the connection was closed before the answer was read
				require.Equal(t, http.StatusBadRequest, resp.StatusCode)
				_ = resp.Body.Close()
			}
			_ = w.Close()
			p.counted(`requests_total{code="400",outcome="bad_body",path="remote_write"} 1`)

			resp, err = p.do(http.MethodGet, "/api/v1/query", http.NoBody)
			require.NoError(t, err)
			defer resp.Body.Close()
			require.Equal(t, version, resp.Proto)
			p.counted(`requests_total{code="200",outcome="canceled",path="query"} 1`)
		})
	}
}

// Bodies that nobody wants, for requests that are refused, have their time too,
// and their callers an answer.
func TestSlowCallerIsRefused(t *testing.T) {
	p := before(t, served, impatient)
	for name, request := range map[string]string{
		"404": "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf",
		"413": "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 100_000),
	} {
		answer := p.raw(request) // until the proxy hangs up
		require.Contains(t, answer, "HTTP/1.1 "+name+" ")
	}
	require.Empty(t, p.raw("POST /api/v1/query HTTP/1.1\r\nHost: loc"), "headers that do not end")
}

// fresh fetches as the command does.
type fresh struct{}

func (fresh) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := awscreds.Load(ctx, awscreds.CommandLine{Region: "us-east-1"})
	if err != nil {
		return aws.Credentials{}, err
	}
	defer c.Close()
	return c.Retrieve(ctx)
}

// pod gives this process a web identity, as IRSA does, and returns how to mint
// its token again.
func pod(t *testing.T, e *emulator.Emulator, workspace string, c *ticking) (mint func()) {
	t.Helper()
	role, err := e.AddServiceAccountRole("proxy", emulator.Policy([]string{"aps:*"}), "monitoring/proxy")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "token")
	endpoint, _, _ := strings.Cut(workspace, "/workspaces/")
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_STS": endpoint, "AWS_ROLE_ARN": role.ARN, "AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	mint = func() {
		require.NoError(t, e.MintToken(file, oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "proxy", TTL: time.Hour, At: c.now()}))
	}
	mint()
	return mint
}

// The session expires while the proxy runs, and so does the token it was made
// with; the kubelet has put another one into the file meanwhile.
func TestSessionAndTokenExpireMidRun(t *testing.T) {
	c := &ticking{}
	e, workspace, _ := cloud(t, c)
	mint := pod(t, e, workspace, c)
	p := run(t, config(t, workspace, func(o *Config) { o.Credentials, o.Now = fresh{}, c.now }))
	for range 20 {
		a := p.ask("GET", "/api/v1/labels", "")
		require.Equal(t, http.StatusOK, a.status, a.body)
	}
	require.Equal(t, 1, e.Counts().STS("AssumeRoleWithWebIdentity"))

	c.move(61 * time.Minute) // as after a sleep of the machine: no timer has gone off
	mint()
	a := p.ask("POST", "/api/v1/remote_write", sample(t, "later", 1, c.now()), asWrite)
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Equal(t, 2, e.Counts().STS("AssumeRoleWithWebIdentity"))

	c.move(61 * time.Minute) // and this time the token has expired for good
	a = p.ask("POST", "/api/v1/remote_write", sample(t, "later", 2, c.now()), asWrite)
	require.Equal(t, http.StatusServiceUnavailable, a.status, "503 keeps the samples queued")
	require.Equal(t, "5", a.header.Get("Retry-After"))
	require.Contains(t, a.body, "no credentials: STS refused: ExpiredTokenException")
	require.Equal(t, http.StatusServiceUnavailable, p.ask("GET", "/-/ready", "").status)
	require.Equal(t, http.StatusOK, p.ask("GET", "/-/healthy", "").status)
	mint()
	eventually(t, "the new token is found", func() bool { return p.ask("GET", "/-/ready", "").status == http.StatusOK })
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
}

// STS does not answer, but the session at hand is good.
func TestSTSDownWithAGoodSession(t *testing.T) {
	c := &ticking{}
	e, workspace, _ := cloud(t, c)
	pod(t, e, workspace, c)
	p := run(t, config(t, workspace, func(o *Config) { o.Credentials, o.Now = fresh{}, c.now }))
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
	back := e.Inject(1_000, emulator.Fault{On: emulator.STS, Status: http.StatusServiceUnavailable, Body: "down"})
	c.move(50 * time.Minute)
	p.keeper.kick <- struct{}{} // the time to renew them has come
	p.counted(`credentials_fetches_total{outcome="failed"} 1`)
	for range 20 {
		require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
	}
	require.Equal(t, http.StatusOK, p.ask("GET", "/-/ready", "").status)
	back()
	p.counted(`credentials_fetches_total{outcome="ok"} 2`)
	require.Contains(t, p.log.String(), "credentials not fetched, trying again")
}

// STS takes the call and says nothing: whoever asks meanwhile is told so, and the
// proxy's end does not wait for it.
func TestSilentSTS(t *testing.T) {
	c := &ticking{}
	e, workspace, _ := cloud(t, c)
	pod(t, e, workspace, c)
	asked := make(chan struct{}, 1)
	e.Inject(1, emulator.Fault{On: emulator.STS, Delay: time.Hour, Match: func(*http.Request) bool { asked <- struct{}{}; return true }})
	p := run(t, config(t, workspace, func(o *Config) { o.Credentials, o.Now = fresh{}, c.now }))
	<-asked
	require.Equal(t, http.StatusServiceUnavailable, p.ask("GET", "/-/ready", "").status)
	require.Equal(t, http.StatusOK, p.ask("GET", "/-/healthy", "").status)
	p.stop()
	require.NoError(t, <-p.ended)
}

// The service takes the credentials for expired before they say so.
func TestServiceEndsTheSession(t *testing.T) {
	c := &ticking{}
	_, workspace, k := cloud(t, c)
	now := make(chan keys, 1)
	now <- keys{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: "x"}
	p := run(t, config(t, workspace, func(o *Config) {
		o.Now = c.now
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			k := <-now
			now <- k
			return aws.Credentials(k), nil
		})
	}))
	a := p.ask("POST", "/api/v1/remote_write", sample(t, "ended", 1, c.now()), asWrite)
	require.Equal(t, http.StatusServiceUnavailable, a.status, "never 4xx for want of credentials")
	p.counted(`requests_total{code="503",outcome="no_credentials",path="remote_write"} 1`)
	c.move(time.Minute)
	<-now
	now <- k
	a = p.ask("POST", "/api/v1/remote_write", sample(t, "ended", 1, c.now()), asWrite)
	require.Equal(t, http.StatusOK, a.status, "fetched and signed once more: %s", a.body)
	p.counted(`signed_again_total{reason="credentials"} 1`)
}

func TestNoCredentials(t *testing.T) {
	p := before(t, func(http.ResponseWriter, *http.Request) { t.Error("sent unsigned") }, func(c *Config) {
		c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("nothing is configured")
		})
	})
	a := p.ask("POST", "/api/v1/remote_write", "x")
	require.Equal(t, http.StatusServiceUnavailable, a.status)
	require.JSONEq(t, `{"message":"ampkit proxy: no credentials: nothing is configured"}`, a.body)
	p.counted("credentials_expiry_seconds NaN")
}

// This machine's clock is wrong by twenty minutes, then by as much the other way.
func TestWrongClock(t *testing.T) {
	_, workspace, k := cloud(t, &ticking{})
	wrong := &ticking{}
	wrong.move(-20 * time.Minute)
	p := run(t, config(t, workspace, func(c *Config) { c.Credentials, c.Now = k, wrong.now }))
	for range 3 {
		require.Equal(t, http.StatusOK, p.ask("POST", "/api/v1/query", "query=vector(1)", asForm).status)
	}
	p.counted(`signed_again_total{reason="clock"} 1`)
	require.InDelta(t, 20*60, p.clock.skew().Seconds(), 5)
	wrong.move(40 * time.Minute)
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
	p.counted(`signed_again_total{reason="clock"} 2`)
	wrong.move(-20 * time.Minute) // and right at last
	require.Equal(t, http.StatusOK, p.ask("GET", "/api/v1/labels", "").status)
	p.counted("clock_skew_seconds 0")
}

// A request outlives the deadline that its body had.
func TestLongQuery(t *testing.T) {
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(600 * time.Millisecond):
			served(w, r)
		case <-r.Context().Done():
		}
	}, func(c *Config) { c.Timeouts = Timeouts{Header: 100 * time.Millisecond, Body: 100 * time.Millisecond} })
	require.Equal(t, "served", p.ask("GET", "/api/v1/query?query=up", "").body)
	require.Equal(t, "served", p.ask("POST", "/api/v1/query", "query=up").body)
}
