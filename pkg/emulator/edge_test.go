package emulator_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
)

func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, func(o *emulator.Options) { o.DataDir = dir })
	key := w.user("aps:*")
	require.Equal(t, http.StatusOK, w.send(w.write(key, w.sample("kept", 5))).status)
	_, err := emulator.New(emulator.Options{DataDir: dir})
	require.ErrorContains(t, err, "in use by another emulator")
	require.NoError(t, w.Close())

	again, err := emulator.New(emulator.Options{DataDir: dir, Clock: w.clock.now})
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, w.workspace, again.Workspaces("")[0])
	old := &world{t, again, w.clock, w.workspace, &http.Client{Transport: again.Transport()}}
	require.Contains(t, old.send(old.query(key, "kept")).body, `"5"]`)
	require.NoError(t, again.Close())
}

// Files that hold the URL of a named workspace stay true when the emulator forgets.
func TestNamedWorkspaceHasTheSameIDEachTime(t *testing.T) {
	first, second := newWorld(t), newWorld(t)
	made, err := first.NamedWorkspace(t.Context(), "demo")
	require.NoError(t, err)
	require.Regexp(t, `^ws-[-0-9a-f]{36}$`, made.ID)
	found, err := first.NamedWorkspace(t.Context(), "demo")
	require.NoError(t, err)
	require.Equal(t, made, found)
	again, err := second.NamedWorkspace(t.Context(), "demo")
	require.NoError(t, err)
	require.Equal(t, made.ID, again.ID)
	other, err := second.NamedWorkspace(t.Context(), "other")
	require.NoError(t, err)
	require.NotEqual(t, made.ID, other.ID)
}

func TestDataPlaneWaitsForACTIVE(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) { o.ActivateAfter = time.Minute })
	w.clock.at = time.Now() // the SDK signs by the real time
	admin := w.user("aps:*")
	client := amp.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: w.client, Credentials: credentials.StaticCredentialsProvider{Value: admin}})
	made, err := client.CreateWorkspace(t.Context(), &amp.CreateWorkspaceInput{})
	require.NoError(t, err)
	require.EqualValues(t, "CREATING", made.Status.StatusCode)
	seen, err := client.DescribeWorkspace(t.Context(), &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.NoError(t, err)
	require.Equal(t, "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/"+*made.WorkspaceId+"/", *seen.Workspace.PrometheusEndpoint)

	ask := func() answer {
		a := w.query(admin, "vector(1)")
		a.url = strings.ReplaceAll(a.url, w.workspace.ID, *made.WorkspaceId)
		return w.send(a)
	}
	require.Equal(t, http.StatusNotFound, ask().status)
	w.clock.at = w.clock.at.Add(time.Minute)
	require.Equal(t, http.StatusOK, ask().status)
}

func TestFaults(t *testing.T) {
	w := newWorld(t)
	reader := w.user(emulator.ReadActions...)
	ask := func() answer { return w.send(w.query(reader, "vector(1)")) }

	w.Inject(2, emulator.Fault{Status: 429, Body: `{"message":"Rate exceeded"}`, Header: http.Header{"Retry-After": {"1"}}})
	for range 2 {
		a := ask()
		require.Equal(t, 429, a.status)
		require.JSONEq(t, `{"message":"Rate exceeded"}`, a.body)
		require.Equal(t, "1", a.header.Get("Retry-After"))
		require.NotEmpty(t, a.header.Get("x-amzn-RequestId"))
	}
	require.Equal(t, 200, ask().status)

	cancel := w.Inject(1, emulator.Fault{Status: 503, Body: "<html>", Match: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/labels") }})
	require.Equal(t, 200, ask().status, "the fault is for another path")
	cancel()
	require.Equal(t, 2, w.Counts().Data("api/v1/query", 429))
	require.Equal(t, 2, w.Counts().Data("api/v1/query", 200))

	w.Inject(1, emulator.Fault{Delay: time.Hour})
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url("api/v1/labels"), nil)
	require.NoError(t, err)
	_, err = w.client.Do(r)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A fault that was taken back is gone, with all that it holds on to: whoever
// orders one after the other over HTTP leaves no trail of them.
func TestFaultsTakenBackAreForgotten(t *testing.T) {
	w := newWorld(t)
	held := new([1 << 16]byte)
	trace := weak.Make(held)
	matching := func(held *[1 << 16]byte) func(*http.Request) bool {
		return func(*http.Request) bool { return held[0] == 0 }
	}
	w.Inject(math.MaxInt, emulator.Fault{Status: 503, Match: matching(held)})()
	runtime.GC()
	require.True(t, trace.Value() == nil)
	require.Equal(t, 200, w.send(w.query(w.user(emulator.ReadActions...), "1")).status)
}

// The log has a line for each request and nothing that should not be told.
func TestLogTellsNoSecrets(t *testing.T) {
	var log bytes.Buffer
	w := newWorld(t, func(o *emulator.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	reader := w.user(emulator.ReadActions...)
	a := w.query(reader, `secret_metric{password="hunter2"}`)
	var signature string
	a.tamper = func(r *http.Request) { _, signature, _ = strings.Cut(r.Header.Get("Authorization"), "Signature=") }
	got := w.send(a)
	require.NoError(t, w.Close())

	line := log.String()
	require.Contains(t, line, `"path":"api/v1/query"`)
	require.Contains(t, line, `"principal":"arn:aws:iam::123456789012:user/`)
	require.Contains(t, line, got.header.Get("x-amzn-RequestId"))
	require.NotEmpty(t, signature)
	for _, secret := range []string{signature, reader.SecretAccessKey, "hunter2", "secret_metric"} {
		require.NotContains(t, line, secret)
	}
}

func TestOtherPaths(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/healthz":                               {200, `{"status":"ok"}`},
		"/oidc/keys":                             {200, `"keys"`},
		"/oidc/.well-known/openid-configuration": {200, `"issuer"`},
		"/nonsense":                              {403, `{"message":"Missing Authentication Token"}`},
		"/workspaces":                            {403, `Missing Authentication Token`},
		"/workspacesx":                           {403, `Missing Authentication Token`},
	} {
		resp, err := w.client.Get("http://any.host" + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want.status, resp.StatusCode, path)
		require.Contains(t, string(body), want.body, path)
		require.Equal(t, "amazon", resp.Header.Get("Server"), path)
	}
}

func TestLimitsAreChecked(t *testing.T) {
	_, err := emulator.New(emulator.Options{Limits: dataplane.Limits{OutOfOrder: time.Hour}})
	require.ErrorContains(t, err, "out-of-order window 1h0m0s")
}

func TestClosedTransport(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	client := &http.Client{Transport: e.Transport()}
	require.NoError(t, e.Close())
	require.NoError(t, e.Close(), "twice is no error")
	_, err = client.Get("http://any.host/healthz")
	require.Error(t, err)
}

// BenchmarkNew shows how fast an emulator with a workspace is up and gone; most
// of it is the issuer's RSA key. Compare with benchstat:
//
//	go test ./pkg/emulator -bench New -run '^$' -count 6
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		e, err := emulator.New(emulator.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.CreateWorkspace(b.Context(), "b", ""); err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
