package recommender

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gotest.tools/v3/golden"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func serve(t *testing.T, c Config) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(New(c))
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, client *http.Client, url, accept string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := client.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp
}

// scrape reads /metrics as a Prometheus that asks for accept does.
func scrape(t *testing.T, s *httptest.Server, accept string) map[string]*dto.MetricFamily {
	t.Helper()
	resp := get(t, s.Client(), s.URL+"/metrics", accept)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	d := expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header))
	families := map[string]*dto.MetricFamily{}
	for {
		f := new(dto.MetricFamily)
		if err := d.Decode(f); err != nil {
			require.ErrorIs(t, err, io.EOF)
			return families
		}
		families[f.GetName()] = f
	}
}

func byPath(f *dto.MetricFamily) map[string]*dto.Metric {
	out := map[string]*dto.Metric{}
	for _, m := range f.GetMetric() {
		labels := model.LabelSet{}
		for _, l := range m.GetLabel() {
			labels[model.LabelName(l.GetName())] = model.LabelValue(l.GetValue())
		}
		if labels["job"] == Job {
			out[string(labels["path"])] = m
		}
	}
	return out
}

func at(d time.Duration) func(string) time.Duration { return func(string) time.Duration { return d } }

func TestAnswersAndCounts(t *testing.T) {
	s := serve(t, Config{Work: at(0)})
	for path, want := range map[string]string{
		"/user/product?user=7": `{"user":"7","products":[{"name":"hammock","score":0.9},{"name":"kettle","score":0.7},{"name":"tent","score":0.5}]}`,
		"/popular/product":     `{"products":[{"name":"compass","score":0.9},{"name":"hammock","score":0.7},{"name":"kettle","score":0.5}]}`,
		"/popular/category":    `{"categories":[{"name":"climbing","score":0.9},{"name":"cycling","score":0.7},{"name":"running","score":0.5}]}`,
	} {
		resp := get(t, s.Client(), s.URL+path, "")
		require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.JSONEq(t, want, string(body))
		require.True(t, json.Valid(body))
	}
	get(t, s.Client(), s.URL+"/popular/product", "")
	require.Equal(t, http.StatusNotFound, get(t, s.Client(), s.URL+"/other", "").StatusCode)

	for _, accept := range []string{"", string(expfmt.NewFormat(expfmt.TypeProtoDelim))} {
		families := scrape(t, s, accept)
		requests := byPath(families["http_requests_total"])
		require.Len(t, requests, 3, "no series for other paths")
		for path, want := range map[string]float64{"/user/product": 1, "/popular/product": 2, "/popular/category": 1} {
			require.InDelta(t, want, requests[path].GetCounter().GetValue(), 0, path)
		}
		h := byPath(families["http_request_duration_seconds"])["/popular/product"].GetHistogram()
		require.Equal(t, uint64(2), h.GetSampleCount())
		require.GreaterOrEqual(t, len(h.GetBucket()), 9)
		if accept != "" {
			require.NotEmpty(t, h.GetPositiveSpan(), "a native histogram")
		}
	}
	resp := get(t, s.Client(), s.URL+"/metrics", "application/openmetrics-text;version=1.0.0")
	require.Contains(t, resp.Header.Get("Content-Type"), "application/openmetrics-text")
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), `http_requests_total{job="recommender",path="/popular/product"} 2.0`)
	require.Contains(t, string(body), "\n# EOF\n")
}

func TestRefusesLongUsers(t *testing.T) {
	s := serve(t, Config{Work: at(0)})
	require.Equal(t, http.StatusBadRequest, get(t, s.Client(), s.URL+"/user/product?user="+strings.Repeat("x", 65), "").StatusCode)
}

func TestCallerWhoLeavesEndsTheWork(t *testing.T) {
	s := serve(t, Config{Work: at(time.Hour)})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/popular/product", http.NoBody)
	require.NoError(t, err)
	_, err = s.Client().Do(req)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWorkIsUneven(t *testing.T) {
	work := newWork()
	var longest, sum time.Duration
	for range 1000 {
		d := work("/user/product")
		longest, sum = max(longest, d), sum+d
	}
	require.InDelta(t, 0.054, (sum / 1000).Seconds(), 0.01)
	require.Greater(t, longest, 150*time.Millisecond)
	require.LessOrEqual(t, longest, 2*time.Second)
}

func TestLoad(t *testing.T) {
	s := serve(t, Config{Work: at(0)})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Load{URL: s.URL + "/", Rate: 500, Client: s.Client(), Seed: 1}.Run(ctx) }()
	counts := func(path string) float64 {
		return byPath(scrape(t, s, "")["http_requests_total"])[path].GetCounter().GetValue()
	}
	for deadline := time.Now().Add(20 * time.Second); counts("/popular/category") < 20; {
		require.True(t, time.Now().Before(deadline), "no traffic")
		<-time.After(10 * time.Millisecond)
	}
	stop()
	require.NoError(t, <-ended)
	require.Greater(t, counts("/user/product"), counts("/popular/product"))
	require.Greater(t, counts("/popular/product"), counts("/popular/category"))
}

func TestLoadIsSteadyOnAverage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	l, n := Load{Rate: 20}, 0
	for since := time.Duration(0); since < 10*time.Minute; n++ {
		since += l.wait(since, random.ExpFloat64())
	}
	require.InDelta(t, 12_000, n, 600)
}

func TestManifest(t *testing.T) {
	got, err := Manifest{Namespace: "demo", Image: "example.com/ampkit:1.0.0", Replicas: 2, Load: 20}.YAML()
	require.NoError(t, err)
	golden.Assert(t, string(got), "manifest.yaml")
}

// Kubernetes knows every key of it, and the Service finds the pods.
func TestKubernetesTakesTheManifest(t *testing.T) {
	text, err := os.ReadFile("testdata/manifest.yaml")
	require.NoError(t, err)
	first, second, two := bytes.Cut(text, []byte("\n---\n"))
	require.True(t, two)
	var deployment appsv1.Deployment
	require.NoError(t, yaml.UnmarshalStrict(first, &deployment))
	var service corev1.Service
	require.NoError(t, yaml.UnmarshalStrict(second, &service))
	pod := deployment.Spec.Template
	require.Equal(t, pod.Labels, deployment.Spec.Selector.MatchLabels)
	require.Equal(t, pod.Labels, service.Spec.Selector)
	require.Equal(t, pod.Spec.Containers[0].Ports[0].Name, service.Spec.Ports[0].TargetPort.String())
	require.Equal(t, "8080", pod.Annotations["prometheus.io/port"])
}
