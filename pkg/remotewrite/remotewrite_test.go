package remotewrite_test

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/remotewrite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server takes what AMP takes and answers with the next of its answers first.
type server struct {
	*httptest.Server
	answers []func(http.ResponseWriter)

	mu     sync.Mutex
	heads  []http.Header
	bodies [][]byte
	got    []prompb.TimeSeries
	about  []prompb.MetricMetadata
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heads, s.bodies = append(s.heads, r.Header), append(s.bodies, body)
	if len(s.answers) > 0 {
		s.answers[0](w)
		s.answers = s.answers[1:]
		return
	}
	raw, err := snappy.Decode(nil, body)
	if err != nil || len(body) > 1_000_000 {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	var req prompb.WriteRequest
	if proto.Unmarshal(raw, &req) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.got = append(s.got, req.Timeseries...)
	s.about = append(s.about, req.Metadata...)
}

func answer(status int, body string, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

type waits struct{ all []time.Duration }

func start(t *testing.T, answers ...func(http.ResponseWriter)) (*server, remotewrite.Config, *waits) {
	t.Helper()
	s, w := &server{answers: answers}, &waits{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	client := s.Client()
	t.Cleanup(client.CloseIdleConnections)
	return s, remotewrite.Config{
		URL: s.URL + "/workspaces/ws-demo/api/v1/remote_write", HTTPClient: client,
		Retry: amp.Retry{Wait: func(ctx context.Context, d time.Duration) error {
			w.all = append(w.all, d)
			return ctx.Err()
		}},
	}, w
}

func series(name string, samples int, kv ...string) prompb.TimeSeries {
	ts := prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: name}}}
	for i := 0; i < len(kv); i += 2 {
		ts.Labels = append(ts.Labels, prompb.Label{Name: kv[i], Value: kv[i+1]})
	}
	for i := range samples {
		ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: int64(i) * 15_000, Value: float64(i)})
	}
	return ts
}

// The whole body and the protocol's headers, pinned.
func TestWireFormat(t *testing.T) {
	s, c, _ := start(t)
	ts := series("http_requests_total", 2, "path", "/user", "exported_job", "recommender")
	ts.Samples[0], ts.Samples[1] = ts.Samples[1], ts.Samples[0]
	ts.Histograms = []prompb.Histogram{{Timestamp: 30_000, Sum: 3, Count: &prompb.Histogram_CountInt{CountInt: 1}, Schema: 2}}
	summary, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{ts})
	require.NoError(t, err)
	require.Equal(t, "path", ts.Labels[1].Name, "what the caller gave is left as it was")

	require.Equal(t, []string{"snappy"}, s.heads[0]["Content-Encoding"])
	require.Equal(t, []string{"application/x-protobuf"}, s.heads[0]["Content-Type"])
	require.Equal(t, []string{"0.1.0"}, s.heads[0]["X-Prometheus-Remote-Write-Version"])
	golden.Assert(t, hex.EncodeToString(s.bodies[0])+"\n", "body.hex")

	require.Positive(t, summary.Duration)
	summary.Duration = 0
	require.Equal(t, remotewrite.Summary{Samples: 2, Histograms: 1, Series: 1, Requests: 1, Bytes: int64(len(s.bodies[0]))}, summary)
}

func TestDescribe(t *testing.T) {
	s, c, _ := start(t, answer(http.StatusServiceUnavailable, ""))
	metadata := []prompb.MetricMetadata{{MetricFamilyName: "http_requests_total", Type: prompb.MetricMetadata_COUNTER, Help: "Requests."}}
	require.NoError(t, remotewrite.New(c).Describe(t.Context(), metadata))
	require.Len(t, s.bodies, 2, "sent again after 503")
	require.Equal(t, metadata, s.about)
	require.Empty(t, s.got)

	s.answers = append(s.answers, answer(http.StatusForbidden, `{"message":"no"}`))
	require.ErrorContains(t, remotewrite.New(c).Describe(t.Context(), metadata), "403 from AMP")
}

func TestSplitsBySize(t *testing.T) {
	s, c, _ := start(t)
	c.MaxBytes, c.MaxSamples = 20_000, 1_000_000
	var progress []remotewrite.Summary
	c.Progress = func(s remotewrite.Summary) { progress = append(progress, s) }
	random := rand.New(rand.NewPCG(1, 2))
	var in []prompb.TimeSeries
	for range 3 {
		ts := series("noise", 4000, "n", string(rune('a'+len(in))))
		for i := range ts.Samples {
			ts.Samples[i].Value = random.Float64()
		}
		in = append(in, ts)
	}
	summary, err := remotewrite.New(c).Send(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, 12_000, summary.Samples)
	require.Equal(t, 3, summary.Series)
	require.Greater(t, summary.Requests, 6)
	require.Len(t, progress, summary.Requests)
	for _, b := range s.bodies {
		require.LessOrEqual(t, len(b), c.MaxBytes)
	}
	last := map[string]int64{}
	for _, ts := range s.got {
		key := ts.Labels[1].Value
		for _, sample := range ts.Samples {
			if before, ok := last[key]; ok {
				require.Greater(t, sample.Timestamp, before, "in time order over all requests")
			}
			last[key] = sample.Timestamp
		}
	}
	c.MaxBytes = 10
	_, err = remotewrite.New(c).Send(t.Context(), in[:1])
	require.ErrorContains(t, err, "one sample makes")
}

func TestSplitsBySamples(t *testing.T) {
	s, c, _ := start(t)
	c.MaxSamples = 100
	ts := series("m", 250)
	for i := range 40 {
		ts.Histograms = append(ts.Histograms, prompb.Histogram{Timestamp: int64(i)*15_000 + 1})
	}
	summary, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{ts, series("n", 30)})
	require.NoError(t, err)
	require.Equal(t, 4, summary.Requests)
	require.Equal(t, 280, summary.Samples)
	require.Equal(t, 40, summary.Histograms)
	require.Equal(t, 2, summary.Series)
	require.Len(t, s.got[0].Histograms, 40, "histograms go with the floats of their time")
}

func TestRetries(t *testing.T) {
	s, c, w := start(t,
		answer(429, `{"message":"Rate exceeded"}`),
		answer(503, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>", "Retry-After", "7"),
		answer(500, ""))
	summary, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{series("m", 1)})
	require.NoError(t, err)
	require.Equal(t, 3, summary.Retries)
	require.Equal(t, 1, summary.Requests)
	require.Len(t, w.all, 3)
	require.GreaterOrEqual(t, w.all[1], 7*time.Second)
	require.Equal(t, s.bodies[0], s.bodies[3], "the whole body again")
}

func TestRefusalsAreNotRetried(t *testing.T) {
	for _, status := range []int{400, 403, 404, 413, 415} {
		s, c, _ := start(t, answer(status, "out of order sample", "x-amzn-RequestId", "req-1"))
		summary, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{series("m", 1)})
		var e *amp.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, status, e.Status)
		require.Equal(t, "out of order sample", e.Message)
		require.Equal(t, "aps:RemoteWrite", e.Action)
		require.Equal(t, "req-1", e.RequestID)
		require.Len(t, s.bodies, 1)
		require.Zero(t, summary.Samples)
	}
}

func TestGivesUpWithinTheContext(t *testing.T) {
	_, c, w := start(t, answer(503, "", "Retry-After", "3600"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := remotewrite.New(c).Send(ctx, []prompb.TimeSeries{series("m", 1)})
	var e *amp.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, amp.KindUnavailable, e.Kind)
	require.Empty(t, w.all, "an hour does not fit into a minute")

	cancelled, stop := context.WithCancel(t.Context())
	stop()
	_, err = remotewrite.New(c).Send(cancelled, []prompb.TimeSeries{series("m", 1)})
	require.ErrorIs(t, err, context.Canceled)
}

func TestInvalidSeries(t *testing.T) {
	s, c, _ := start(t)
	for reason, ts := range map[string]prompb.TimeSeries{
		"no metric name": {Labels: []prompb.Label{{Name: "a", Value: "b"}}, Samples: []prompb.Sample{{}}},
		"there twice":    series("m", 1, "a", "1", "a", "2"),
		"is empty":       series("m", 1, "a", ""),
		"has no name":    series("m", 1, "", "x"),
		"is not UTF-8":   series("m", 1, "a", "\xff"),
	} {
		_, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{ts})
		var e *remotewrite.InvalidError
		require.True(t, errors.As(err, &e), reason)
		require.ErrorContains(t, err, reason)
	}
	require.Empty(t, s.bodies)
	summary, err := remotewrite.New(c).Send(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, summary.Requests)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	s, c, _ := start(t, answer(302, "", "Location", "http://127.0.0.1:1/"))
	_, err := remotewrite.New(c).Send(t.Context(), []prompb.TimeSeries{series("m", 1)})
	var e *amp.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, amp.KindUnexpected, e.Kind)
	require.True(t, strings.Contains(err.Error(), "redirect") && len(s.bodies) == 1)
}

// BenchmarkSend is the cost of sorting, encoding and sending 100 series of 100
// samples to a server in the same process. Compare with benchstat:
//
//	go test -run - -bench Send -count 6 ./pkg/remotewrite | tee new.txt
func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer server.Close()
	var in []prompb.TimeSeries
	for i := range 100 {
		in = append(in, series("http_requests_total", 100, "instance", string(rune('A'+i))))
	}
	sender := remotewrite.New(remotewrite.Config{URL: server.URL, HTTPClient: server.Client()})
	b.ReportAllocs()
	var sent int64
	for b.Loop() {
		summary, err := sender.Send(b.Context(), in)
		if err != nil {
			b.Fatal(err)
		}
		sent = summary.Bytes
	}
	b.ReportMetric(float64(sent), "bytes/send")
}
