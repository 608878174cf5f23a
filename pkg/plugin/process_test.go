package plugin

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/testlog"
)

func TestMain(m *testing.M) {
	log.DefaultLogger = log.NewNullLogger()
	backend.Logger = log.DefaultLogger
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if built.dir != "" {
			if err := os.RemoveAll(built.dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		os.Exit(code)
	}))
}

var built struct {
	sync.Once
	dir, path string
	err       error
}

// executable builds the plugin, once for all tests.
func executable(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "ampkit-plugin-"); built.err != nil { //nolint:usetesting // it outlives the first test
			return
		}
		built.path = filepath.Join(built.dir, "gpx_ampkit")
		cmd := exec.Command("go", "build", "-tags", "arrow_json_stdlib", "-o", built.path, "github.com/ampkit/ampkit/pkg")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the release is built
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	require.NoError(t, built.err)
	return built.path
}

// TestWalkthrough goes the whole way: the built plugin, started with nothing
// but what Grafana gives it, gets its role from the plugin's section of
// grafana.ini and asks the walkthrough's two queries, signed.
func TestWalkthrough(t *testing.T) {
	w := newWorld(t).write(t)
	role, tokenFile := w.serviceAccount(t, emulator.ReadActions...)
	grafana := pluginhost.Grafana{PluginSection: map[string]string{"role_arn": role.ARN, "web_identity_token_file": tokenFile}}
	written := new(testlog.Log)
	host, err := pluginhost.Start(t.Context(), pluginhost.Config{
		Path: executable(t), Env: append(grafana.Environment(), "AWS_ENDPOINT_URL_STS="+w.url), Log: written,
	})
	require.NoError(t, err)
	t.Cleanup(host.Close)
	pc, err := grafana.Context(pluginhost.DataSource{URL: w.workspaceURL(), JSONData: map[string]any{"sigV4Region": testRegion}})
	require.NoError(t, err)

	health, err := host.CheckHealth(t.Context(), &backend.CheckHealthRequest{PluginContext: pc})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusOk, health.Status, health.Message)
	require.Contains(t, health.Message, w.workspace.ID)

	for _, q := range []sampledata.SumRate{sampledata.RequestsByPath, sampledata.TransmitByInstance} {
		want := w.set.Expect(q, w.from, w.until, sampledata.Step)
		resp, err := host.QueryData(t.Context(), &backend.QueryDataRequest{
			PluginContext: pc, Queries: []backend.DataQuery{panel("A", w.until, map[string]any{"expr": q.Expr})},
		})
		require.NoError(t, err)
		a := resp.Responses["A"]
		require.NoError(t, a.Error)
		require.Equal(t, backend.StatusOK, a.Status)
		requireRates(t, q, want, a.Frames)
	}

	labels, err := host.Resource(t.Context(), &backend.CallResourceRequest{PluginContext: pc, Method: "GET", Path: "api/v1/labels", URL: "api/v1/labels"})
	require.NoError(t, err)
	require.Equal(t, 200, labels.Status)
	require.Contains(t, string(labels.Body), `"exported_job"`)

	metrics, err := host.CollectMetrics(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(metrics), "plugin")
	require.Equal(t, 1, w.Counts().STS("AssumeRoleWithWebIdentity"))
	token, err := os.ReadFile(tokenFile)
	require.NoError(t, err)
	require.NotContains(t, written.String(), string(token))

	pid := host.PID()
	host.Close()
	require.True(t, host.Exited())
	require.NoDirExists(t, fmt.Sprintf("/proc/%d", pid))
}

// requireRates compares every point with what the generator knows.
func requireRates(t *testing.T, q sampledata.SumRate, want *sampledata.Expected, frames data.Frames) {
	t.Helper()
	require.NotEmpty(t, frames)
	for _, f := range frames {
		require.Equal(t, data.FrameTypeTimeSeriesMulti, f.Meta.Type)
		require.Greater(t, f.Rows(), 30)
		by := f.Fields[1].Labels[q.By]
		for row := range f.Rows() {
			at := f.Fields[0].At(row).(time.Time)
			require.InEpsilon(t, want.At(at)[by], f.Fields[1].At(row), 1e-9, "%s at %s", by, at)
		}
	}
}

// TestErrorsThroughTheProcess: status, source and text survive the way to Grafana.
func TestErrorsThroughTheProcess(t *testing.T) {
	host, err := pluginhost.Start(t.Context(), pluginhost.Config{Path: executable(t), Env: pluginhost.Grafana{}.Environment()})
	require.NoError(t, err)
	t.Cleanup(host.Close)
	for status, text := range map[int]string{400: "malformed", 403: "denied", 422: "too many samples"} {
		pc, err := pluginhost.Grafana{}.Context(newStub(t, says(status, `{"message":"`+text+`"}`)).source())
		require.NoError(t, err)
		pc.DataSourceInstanceSettings.ID = int64(status) // an instance of its own
		resp, err := host.QueryData(t.Context(), &backend.QueryDataRequest{PluginContext: pc, Queries: []backend.DataQuery{panel("A", time.Now(), up)}})
		require.NoError(t, err)
		a := resp.Responses["A"]
		require.ErrorContains(t, a.Error, text)
		require.ErrorContains(t, a.Error, "request id 0a1b2c3d")
		require.Equal(t, backend.Status(status), a.Status)
		require.Equal(t, backend.ErrorSourceDownstream, a.ErrorSource)
	}
}

// TestNothingPassedOn: Grafana gave the plugin no way to credentials, and the
// user reads which settings do.
func TestNothingPassedOn(t *testing.T) {
	w := newWorld(t)
	grafana := pluginhost.Grafana{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	host, err := pluginhost.Start(ctx, pluginhost.Config{Path: executable(t), Env: append(grafana.Environment(), "AWS_EC2_METADATA_DISABLED=true")})
	require.NoError(t, err)
	t.Cleanup(host.Close)
	pc, err := grafana.Context(pluginhost.DataSource{URL: w.workspaceURL(), JSONData: map[string]any{"sigV4Region": testRegion}})
	require.NoError(t, err)
	health, err := host.CheckHealth(ctx, &backend.CheckHealthRequest{PluginContext: pc})
	require.NoError(t, err)
	require.Equal(t, backend.HealthStatusError, health.Status)
	for _, way := range []string{"role_arn", "web_identity_token_file", "forward_host_env_vars", ID} {
		require.Contains(t, health.Message, way)
	}
}
