package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/promserver"
	"github.com/ampkit/ampkit/pkg/recommender"
)

// A Prometheus that nobody here wrote scrapes the sample application, which is
// under load, and writes unsigned through the proxy, which holds a web identity.
// First the proxy is killed and started again, then the service, then both; in
// the end the workspace holds each sample that Prometheus has, and what the
// application counted, and the plugin answers with its rates.
func TestNothingIsLost(t *testing.T) {
	app := newApplication(t)
	dir, cloudAt := t.TempDir(), freeAddress(t)
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}
	cloud := func() *process {
		return spawn(t, env, "emulator", "--listen", cloudAt, "--data-dir", dir, "--quiet", "--service-account", "monitoring/prometheus=admin")
	}
	service := cloud()
	eventually(t, "the greeting", func() bool { return strings.Contains(service.log.String(), "AWS_WEB_IDENTITY_TOKEN_FILE=") })
	pod := append(slices.Clone(env), "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL_STS=http://"+cloudAt)
	for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
		pod = append(pod, name+"="+exported(t, service.log.String(), name))
	}
	workspace, proxyAt := service.url, freeAddress(t)
	proxy := func() *process {
		return spawn(t, pod, "proxy", "--workspace", workspace, "--region", "us-east-1", "--listen", proxyAt, "--log-format", "json")
	}
	signer := proxy()
	local := promserver.Start(t, func(string) string {
		return app.scrapedInto(signer.url, "")
	})
	arrives := func() {
		from := samples(t, signer.url, "up", time.Now())
		eventually(t, "samples in the workspace", func() bool { return samples(t, signer.url, "up", time.Now()) > from+1 })
	}
	scraped := func() { // while something is down
		from := samples(t, local, "up", time.Now())
		eventually(t, "samples in Prometheus alone", func() bool { return samples(t, local, "up", time.Now()) > from+1 })
	}

	arrives()
	begun := time.Now()
	app.start() // now that its counters were scraped at zero
	arrives()
	signer.kill()
	scraped()
	signer = proxy()
	arrives()
	service.kill()
	scraped()
	service = cloud()
	arrives()
	signer.kill()
	service.kill()
	scraped()
	service, signer = cloud(), proxy()
	arrives()

	counted := app.stop()
	const counter = `sum(http_requests_total{exported_job="recommender"}) by (path)`
	eventually(t, "what the application counted", func() bool { return reflect.DeepEqual(counted, byPath(t, signer.url, counter)) })
	at := time.Now()
	for _, raw := range []string{`up[1h]`, `http_requests_total[1h]`, `http_request_duration_seconds_bucket[1h]`} {
		want := ask(t, local, raw, at)
		require.NotEmpty(t, want)
		eventually(t, raw+" as Prometheus has it", func() bool { return slices.Equal(want, ask(t, signer.url, raw, at)) })
	}

	// The plugin's answer is Prometheus' own, at the moment of a sample, so that
	// rate() extrapolates nothing: five minutes of it are what was counted.
	newest := byPath(t, signer.url, `max(timestamp(http_requests_total{exported_job="recommender"})) by (path)`)
	at = time.UnixMilli(int64(math.Round(1000 * newest["/user/product"])))
	got := plugin(t, withRole(t, service.log.String()), "AWS_ENDPOINT_URL_STS=http://"+cloudAt, pluginhost.DataSource{
		URL: workspace, JSONData: map[string]any{"sigV4Region": "us-east-1"},
	})(rates, at)
	require.Equal(t, byPathAt(t, local, rates, at), got)
	requireCounted(t, counted, got, begun)
	require.NoError(t, signer.end())
	require.NoError(t, service.end())
}

// The same with a Prometheus that signs for itself, with keys, which the plugin
// has as well; nothing is killed.
func TestPrometheusSigns(t *testing.T) {
	s, app := newStage(t), newApplication(t)
	key, err := s.AddUser("", "both", emulator.Policy([]string{"aps:RemoteWrite", "aps:QueryMetrics"}))
	require.NoError(t, err)
	workspace := s.url + "/workspaces/" + s.workspace
	local := promserver.Start(t, func(string) string {
		return app.scrapedInto(workspace, fmt.Sprintf("sigv4: {region: %s, access_key: %s, secret_key: %s}", s.Region(), key.ID, key.Secret))
	}, key.Secret)
	ask := plugin(t, pluginhost.Grafana{}, "", pluginhost.DataSource{
		URL: workspace, JSONData: map[string]any{"authType": "keys", "sigV4Region": s.Region()},
		Secure: map[string]string{"accessKey": key.ID, "secretKey": key.Secret},
	})
	const counter = `sum(http_requests_total{exported_job="recommender",job="pods"}) by (path)`
	arrives := func(what string, seen func(map[string]float64) bool) {
		eventually(t, what, func() bool {
			if s.Counts().Data("api/v1/remote_write", http.StatusForbidden) > 0 {
				t.Skip(promserver.Unsigned)
			}
			return seen(ask(counter, time.Now()))
		})
	}
	arrives("counters at zero", func(got map[string]float64) bool { return len(got) == len(recommender.Paths()) })
	begun := time.Now()
	app.start()
	arrives("counters that grow", func(got map[string]float64) bool { return got["/user/product"] > 0 })
	counted := app.stop()
	arrives("what the application counted", func(got map[string]float64) bool { return reflect.DeepEqual(counted, got) })

	at := time.UnixMilli(int64(math.Round(1000 * ask(`max(timestamp(http_requests_total{exported_job="recommender"})) by (path)`, time.Now())["/user/product"])))
	got := ask(rates, at)
	require.Equal(t, byPathAt(t, local, rates, at), got)
	requireCounted(t, counted, got, begun)
}

// rates is the walkthrough's query.
const rates = `sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)`

// requireCounted holds rates at the moment of a sample to what was counted since begun.
func requireCounted(t *testing.T, counted, rates map[string]float64, begun time.Time) {
	t.Helper()
	require.Len(t, rates, len(counted))
	if time.Since(begun) < 4*time.Minute { // else the first of them are out of sight
		for path, n := range counted {
			require.InEpsilon(t, n, rates[path]*300, 1e-9, path)
		}
	}
}

// withRole is a Grafana with the role and token that an emulator's greeting names.
func withRole(t *testing.T, greeting string) pluginhost.Grafana {
	t.Helper()
	return pluginhost.Grafana{PluginSection: map[string]string{
		"role_arn": exported(t, greeting, "AWS_ROLE_ARN"), "web_identity_token_file": exported(t, greeting, "AWS_WEB_IDENTITY_TOKEN_FILE"),
	}}
}

// plugin starts the built plugin as Grafana does, until the test ends, with one
// variable more unless that is "". It answers instant queries by the label path.
func plugin(t *testing.T, g pluginhost.Grafana, variable string, ds pluginhost.DataSource) func(expr string, at time.Time) map[string]float64 {
	t.Helper()
	env := g.Environment()
	if variable != "" {
		env = append(env, variable)
	}
	host, err := pluginhost.Start(t.Context(), pluginhost.Config{Path: builtPlugin(t), Env: env})
	require.NoError(t, err)
	t.Cleanup(host.Close)
	ds.Updated = time.Unix(1, 0)
	pc, err := g.Context(ds)
	require.NoError(t, err)
	return func(expr string, at time.Time) map[string]float64 {
		query, err := json.Marshal(map[string]any{"refId": "A", "expr": expr, "instant": true})
		require.NoError(t, err)
		answer, err := host.QueryData(t.Context(), &backend.QueryDataRequest{PluginContext: pc, Queries: []backend.DataQuery{{
			RefID: "A", JSON: query, Interval: time.Second, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: at.Add(-time.Hour), To: at},
		}}})
		require.NoError(t, err)
		require.NoError(t, answer.Responses["A"].Error)
		out := map[string]float64{}
		for _, frame := range answer.Responses["A"].Frames {
			if frame.Rows() == 0 {
				continue
			}
			v, err := frame.Fields[1].FloatAt(0)
			require.NoError(t, err)
			out[frame.Fields[1].Labels["path"]] = v
		}
		return out
	}
}

// application is the sample application and who calls it all the time.
type application struct {
	url   string
	start func()
	stop  func() map[string]float64 // ends the calls and says how many there were, by path
}

// scrapedInto is the configuration of a Prometheus that scrapes the application
// and writes into a workspace; auth is a line of its own, or "".
func (a application) scrapedInto(workspace, auth string) string {
	return fmt.Sprintf(`
global: {scrape_interval: 1s}
scrape_configs:
- job_name: pods
  static_configs: [{targets: [%q]}]
remote_write:
- url: %s/api/v1/remote_write
  queue_config: {batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 500ms}
  %s
`, strings.TrimPrefix(a.url, "http://"), workspace, auth)
}

func newApplication(t *testing.T) application {
	t.Helper()
	server := httptest.NewServer(recommender.New(recommender.Config{Work: func(string) time.Duration { return 0 }}))
	t.Cleanup(server.Close)
	var ended atomic.Bool
	var calls sync.WaitGroup
	counted := map[string]float64{}
	call := func() {
		for !ended.Load() {
			for i, path := range recommender.Paths() {
				for range i + 1 {
					resp, err := server.Client().Get(server.URL + path)
					if err != nil {
						t.Error(err)
						return
					}
					_ = resp.Body.Close()
					counted[path]++
				}
			}
			<-time.After(20 * time.Millisecond)
		}
	}
	stop := func() map[string]float64 {
		ended.Store(true)
		calls.Wait()
		return counted
	}
	t.Cleanup(func() { stop() })
	return application{server.URL, func() { calls.Go(call) }, stop}
}

// query is false while there is no answer.
func query(t *testing.T, at, expr string, when time.Time) (json.RawMessage, bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/api/v1/query?"+url.Values{"query": {expr}, "time": {when.UTC().Format(time.RFC3339Nano)}}.Encode(), http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	var in struct {
		Data struct{ Result json.RawMessage }
	}
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, &in) != nil {
		return nil, false
	}
	return in.Data.Result, true
}

// ask answers with a line for each series, all its samples in it.
func ask(t *testing.T, at, expr string, when time.Time) (series []string) {
	t.Helper()
	raw, ok := query(t, at, expr, when)
	if !ok {
		return nil
	}
	var m model.Matrix
	require.NoError(t, json.Unmarshal(raw, &m))
	for _, s := range m {
		series = append(series, s.String())
	}
	slices.Sort(series)
	return series
}

// samples is how many a series has, 0 while there is no answer.
func samples(t *testing.T, at, name string, when time.Time) int {
	t.Helper()
	raw, ok := query(t, at, name+"[1h]", when)
	var m model.Matrix
	if !ok || json.Unmarshal(raw, &m) != nil || len(m) == 0 {
		return 0
	}
	return len(m[0].Values)
}

func byPath(t *testing.T, at, expr string) map[string]float64 {
	t.Helper()
	return byPathAt(t, at, expr, time.Now())
}

func byPathAt(t *testing.T, at, expr string, when time.Time) map[string]float64 {
	t.Helper()
	raw, ok := query(t, at, expr, when)
	var v model.Vector
	if !ok || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	out := map[string]float64{}
	for _, s := range v {
		out[string(s.Metric["path"])] = float64(s.Value)
	}
	return out
}
