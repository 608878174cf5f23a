package recommender

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/promserver"
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
	promserver.Start(t, func(string) string {
		return fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
- job_name: pods
  static_configs: [{targets: [%q]}]
remote_write:
- url: %s
  queue_config: {batch_send_deadline: 1s}
  sigv4: {region: %s, access_key: %s, secret_key: %s}
`, strings.TrimPrefix(c.app.URL, "http://"), endpoint.RemoteWriteURL(), e.Region(), key.ID, key.Secret)
	}, key.Secret)
	return c
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
			c.t.Skip(promserver.Unsigned)
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
