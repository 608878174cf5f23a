package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// TestMain lets the test's own executable be the plugin: Start runs it again
// with a variable that says which one to be.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_PLUGIN") {
	case "echo":
		if err := datasource.Manage(PluginID, newEcho, datasource.ManageOpts{}); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case "crash":
		println("no such library")
		os.Exit(3)
	case "hang":
		select {}
	}
	goleak.VerifyTestMain(m)
}

// echo answers with what it was given.
type echo struct{ url string }

func newEcho(_ context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	return &echo{url: s.URL}, nil
}

func (e *echo) Dispose() {}

func (e *echo) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	resp := backend.NewQueryDataResponse()
	for _, q := range req.Queries {
		if strings.Contains(string(q.JSON), "wait") {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		frame := data.NewFrame(e.url, data.NewField("v", nil, []string{string(q.JSON)}))
		resp.Responses[q.RefID] = backend.DataResponse{Frames: data.Frames{frame}, Status: backend.StatusOK}
	}
	return resp, nil
}

func (e *echo) CheckHealth(context.Context, *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: strings.Join(os.Environ(), "\n")}, nil
}

func (e *echo) CallResource(_ context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	backend.Logger.Info("called", "path", req.Path)
	return errors.Join(
		sender.Send(&backend.CallResourceResponse{Status: 201, Body: []byte("one ")}),
		sender.Send(&backend.CallResourceResponse{Body: []byte("two")}),
	)
}

func start(t *testing.T, kind string, c Config) (*Host, error) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c.Path, c.Env = self, append(c.Env, "TEST_PLUGIN="+kind)
	h, err := Start(t.Context(), c)
	if err == nil {
		t.Cleanup(h.Close)
	}
	return h, err
}

func context1(t *testing.T, g Grafana) backend.PluginContext {
	t.Helper()
	pc, err := g.Context(DataSource{URL: "http://there", JSONData: map[string]any{"a": 1}})
	require.NoError(t, err)
	return pc
}

func TestCalls(t *testing.T) {
	t.Setenv("AWS_ROLE_ARN", "of this process")
	log := new(bytes.Buffer)
	g := Grafana{PluginSection: map[string]string{"role_arn": "r"}, AWS: &AWS{AssumeRoleDisabled: true, SessionDuration: time.Hour}}
	h, err := start(t, "echo", Config{Env: g.Environment(), Log: log})
	require.NoError(t, err)
	pc := context1(t, g)

	health, err := h.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: pc})
	require.NoError(t, err)
	require.Contains(t, health.Message, "GF_PLUGIN_ROLE_ARN=r")
	require.Contains(t, health.Message, "AWS_AUTH_AssumeRoleEnabled=false")
	for _, inherited := range []string{"AWS_ROLE_ARN=", "\nPATH=", "\nHOME="} {
		require.NotContains(t, "\n"+health.Message, inherited)
	}

	resp, err := h.QueryData(t.Context(), &backend.QueryDataRequest{PluginContext: pc, Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(`{"x":1}`)}}})
	require.NoError(t, err)
	require.Equal(t, "http://there", resp.Responses["A"].Frames[0].Name)
	require.Equal(t, `{"x":1}`, resp.Responses["A"].Frames[0].At(0, 0))

	whole, err := h.Resource(t.Context(), &backend.CallResourceRequest{PluginContext: pc, Path: "p"})
	require.NoError(t, err)
	require.Equal(t, 201, whole.Status)
	require.Equal(t, "one two", string(whole.Body))
	refused := errors.New("enough")
	err = h.CallResource(t.Context(), &backend.CallResourceRequest{PluginContext: pc, Path: "p"},
		backend.CallResourceResponseSenderFunc(func(*backend.CallResourceResponse) error { return refused }))
	require.ErrorIs(t, err, refused)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = h.QueryData(ctx, &backend.QueryDataRequest{PluginContext: pc, Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(`"wait"`)}}})
	require.ErrorContains(t, err, "DeadlineExceeded")

	require.Positive(t, h.PID())
	require.False(t, h.Exited())
	h.Close()
	h.Close()
	require.True(t, h.Exited())
	require.ErrorIs(t, syscall.Kill(h.PID(), 0), syscall.ESRCH, "no process is left")
	require.Contains(t, log.String(), `"path":"p"`)
	_, err = h.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: pc})
	require.Error(t, err)
}

func TestPluginThatDoesNotStart(t *testing.T) {
	log := new(bytes.Buffer)
	_, err := start(t, "crash", Config{Log: log})
	require.Error(t, err)
	require.Contains(t, log.String(), "no such library")

	_, err = Start(t.Context(), Config{Path: "/does/not/exist"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestStartEndsWithItsContext(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = Start(ctx, Config{Path: self, Env: []string{"TEST_PLUGIN=hang"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), startTimeout/2)
}

func TestContext(t *testing.T) {
	pc := context1(t, Grafana{ConcurrentQueries: 3, ResponseLimit: 100, AWS: &AWS{AllowedAuthProviders: []string{"keys", "default"}, ExternalID: "e"}})
	n, err := pc.GrafanaConfig.ConcurrentQueryCount()
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.EqualValues(t, 100, pc.GrafanaConfig.ResponseLimit())
	require.Equal(t, "keys,default", pc.GrafanaConfig.Get("AWS_AUTH_AllowedAuthProviders"))
	require.JSONEq(t, `{"a":1}`, string(pc.DataSourceInstanceSettings.JSONData))
	_, err = Grafana{}.Context(DataSource{JSONData: func() {}})
	require.Error(t, err)
	require.Empty(t, Grafana{}.config())
}
