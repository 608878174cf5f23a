package doctor

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is an AMP with one workspace, behind a loopback port.
type world struct {
	*emulator.Emulator
	t         *testing.T
	server    *httptest.Server
	workspace controlplane.Workspace
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return build(t, (*httptest.Server).Start)
}

func build(t *testing.T, start func(*httptest.Server)) *world {
	t.Helper()
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(e)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are meant
	start(server)
	ws, err := e.CreateWorkspace(t.Context(), "recommender", "")
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, e.Close())
	})
	bare(t)
	return &world{Emulator: e, t: t, server: server, workspace: ws}
}

// bare takes every way to credentials out of the environment.
func bare(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// as makes a user who may do the actions, and puts their keys into the environment.
func (w *world) as(t *testing.T, actions ...string) {
	t.Helper()
	w.asOn(t, w.workspace.ARN, actions...)
}

func (w *world) asOn(t *testing.T, resource string, actions ...string) {
	t.Helper()
	key, err := w.AddUser("", "someone", emulator.Policy(actions, resource))
	require.NoError(t, err)
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
}

// patient are the limits of a machine that is busy with other tests.
const patient = time.Minute

// options are the command's: credentials of the environment, everything at the emulator.
func (w *world) options(t *testing.T, change ...func(*amp.Config)) Options {
	t.Helper()
	c := amp.Config{Retry: amp.Retry{Attempts: 1}}
	var err error
	c.Endpoint, err = amp.ParseEndpoint(w.server.URL+"/workspaces/"+w.workspace.ID, w.Region())
	require.NoError(t, err)
	transport, err := awscreds.Transport()
	require.NoError(t, err)
	t.Cleanup(transport.CloseIdleConnections)
	c.Transport = transport
	for _, f := range change {
		f(&c)
	}
	creds, err := awscreds.Load(t.Context(), awscreds.CommandLine{Region: w.Region(), EndpointURL: w.server.URL})
	require.NoError(t, err)
	t.Cleanup(creds.Close)
	unsigned := c.Transport
	c.Credentials = creds
	return Options{
		Client: amp.NewClient(c), Credentials: creds, Transport: unsigned,
		Limit: patient, AsideLimit: patient, For: ForBoth, Now: c.Now,
	}
}

func endpoint(t *testing.T, raw, region string) func(*amp.Config) {
	t.Helper()
	e, err := amp.ParseEndpoint(raw, region)
	require.NoError(t, err)
	return func(c *amp.Config) { c.Endpoint = e }
}

// outcomes are a report as name=sign, in short.
func outcomes(r Report) string {
	var out []string
	for _, c := range r.Checks {
		out = append(out, marks[c.Outcome].sign+string(c.Name))
	}
	return strings.Join(out, " ")
}

func text(t *testing.T, r Report, colour bool) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, r.WriteText(&b, colour))
	return b.String()
}

// golden compares with a file, with what differs from run to run named.
func (w *world) golden(t *testing.T, file, got string) {
	t.Helper()
	got = strings.NewReplacer(w.server.URL, "http://emulator", w.workspace.ID, "ws-demo", w.AccountID(), "123456789012").Replace(got)
	got = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).ReplaceAllString(got, "<request>")
	got = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(got, "127.0.0.1:port")
	got = regexp.MustCompile(`(clock +)(right|\ds (behind|ahead of) AWS's)`).ReplaceAllString(got, "${1}right")
	golden.Assert(t, got, file)
}

// says makes the emulator's data plane answer signed requests so, for good.
func (w *world) says(on emulator.Plane, status int, body string) {
	w.Inject(1000, emulator.Fault{On: on, Status: status, Body: body, Match: func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }})
}
