package recommender

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
)

// chain is a Prometheus that scrapes the application and writes to an emulator.
type chain struct {
	t      *testing.T
	app    *httptest.Server
	cloud  *emulator.Emulator
	client *amp.Client
}

func newChain(t *testing.T) *chain {
	t.Helper()
	binary := os.Getenv("AMPKIT_PROMETHEUS")
	if binary == "" {
		binary = "prometheus"
	}
	binary, err := exec.LookPath(binary)
	if err != nil {
		t.Skip("needs prometheus: set AMPKIT_PROMETHEUS or put it on PATH")
	}
	e, err := emulator.New(emulator.Options{DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	ws, err := e.CreateWorkspace(t.Context(), "chain", "")
	require.NoError(t, err)
	key, err := e.AddUser("", "both", emulator.Policy([]string{"aps:RemoteWrite", "aps:QueryMetrics"}))
	require.NoError(t, err)
	endpoint, err := amp.ParseEndpoint(server.URL+"/workspaces/"+ws.ID, e.Region())
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	c := &chain{t: t, app: serve(t, Config{Work: at(0)}), cloud: e, client: amp.NewClient(amp.Config{
		Endpoint: endpoint, Transport: transport,
		Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")),
	})}
	c.start(binary, fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
- job_name: pods
  static_configs: [{targets: [%q]}]
remote_write:
- url: %s
  queue_config: {batch_send_deadline: 1s}
  sigv4: {region: %s, access_key: %s, secret_key: %s}
`, strings.TrimPrefix(c.app.URL, "http://"), endpoint.RemoteWriteURL(), e.Region(), key.ID, key.Secret), key.Secret)
	return c
}

// start runs Prometheus until the test ends.
func (c *chain) start(binary, config, secret string) {
	c.t.Helper()
	dir := c.t.TempDir()
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(c.t, os.WriteFile(file, []byte(config), 0o600))
	l, err := (&net.ListenConfig{}).Listen(c.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(c.t, err)
	listen := l.Addr().String()
	require.NoError(c.t, l.Close())
	ctx, stop := context.WithCancel(context.WithoutCancel(c.t.Context()))
	cmd := exec.CommandContext(ctx, binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+listen)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Env = []string{"HOME=" + dir}
	require.NoError(c.t, cmd.Start())
	c.t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // interrupted: its code says so
		if c.t.Failed() {
			c.t.Log(strings.ReplaceAll(log.String(), secret, "[redacted]"))
		}
	})
}

// ask answers an instant query by the label path.
func (c *chain) ask(expr string) map[string]float64 {
	c.t.Helper()
	resp, err := c.client.Do(c.t.Context(), amp.Request{Path: "query", Params: url.Values{"query": {expr}}})
	require.NoError(c.t, err)
	defer resp.Body.Close()
	var in struct{ Data struct{ Result model.Vector } }
	require.NoError(c.t, json.NewDecoder(resp.Body).Decode(&in))
	out := map[string]float64{}
	for _, s := range in.Data.Result {
		out[string(s.Metric["path"])] = float64(s.Value)
	}
	return out
}

// until asks until the answer is the one wanted.
func (c *chain) until(expr string, wanted map[string]float64) {
	c.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); ; <-time.After(200 * time.Millisecond) {
		if c.cloud.Counts().Data("api/v1/remote_write", http.StatusForbidden) > 0 {
			c.t.Skip("needs prometheus with a remote write that signs: Debian 12's 2.42 was built without, Debian 13's 2.53 signs")
		}
		got := c.ask(expr)
		same := len(got) == len(wanted)
		for path, v := range wanted {
			same = same && got[path] == v
		}
		if same {
			return
		}
		require.True(c.t, time.Now().Before(deadline), "%s is %v, want %v", expr, got, wanted)
	}
}

// What the application counted arrives through a Prometheus that nobody here
// wrote, signed by it, under the name that the walkthrough asks for.
func TestPrometheusScrapesAndWrites(t *testing.T) {
	c := newChain(t)
	const counter = `sum(http_requests_total{exported_job="recommender",job="pods"}) by (path)`
	c.until(counter, map[string]float64{"/user/product": 0, "/popular/product": 0, "/popular/category": 0})

	sent := map[string]float64{"/user/product": 120, "/popular/product": 60, "/popular/category": 30}
	for path, n := range sent {
		for range int(n) {
			require.Equal(t, http.StatusOK, get(t, c.app.Client(), c.app.URL+path, "").StatusCode)
		}
	}
	c.until(counter, sent)

	// rate() divides what was counted by the five minutes and extrapolates to
	// the moment it is asked about: by half a scrape interval, never below.
	rates := c.ask(`sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)`)
	require.Len(t, rates, len(sent))
	for path, n := range sent {
		require.GreaterOrEqual(t, rates[path]*300, n*(1-1e-9), path)
		require.LessOrEqual(t, rates[path]*300, n*2, path)
		require.InDelta(t, rates["/user/product"]/sent["/user/product"], rates[path]/n, 1e-9, "%s: the paths' rates are as their counts", path)
	}
}
