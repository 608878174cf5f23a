package dataplane_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

const (
	workspaceID = "ws-11111111-2222-4333-8444-555555555555"
	account     = "123456789012"
)

// now is the time at which every test plays.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// workspace is a storage with the verbs of its API.
type workspace struct {
	t *testing.T
	*dataplane.Storage
}

func open(t *testing.T, dir string, limits dataplane.Limits) workspace {
	t.Helper()
	s, err := dataplane.Open(dataplane.Config{
		Workspace: workspaceID, Account: account, Dir: dir, Limits: limits,
		Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	w := workspace{t, s}
	t.Cleanup(func() { _ = s.Close() })
	return w
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (w workspace) do(r *http.Request) answer {
	w.t.Helper()
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/workspaces/"+workspaceID+"/")
	route, ok := dataplane.Match(r.Method, path)
	require.True(w.t, ok, "no route for %s %s", r.Method, path)
	rec := httptest.NewRecorder()
	w.Serve(rec, r, route)
	body, err := io.ReadAll(rec.Body)
	require.NoError(w.t, err)
	return answer{rec.Code, rec.Header(), string(body)}
}

func (w workspace) get(path string, params url.Values) answer {
	w.t.Helper()
	return w.do(httptest.NewRequest(http.MethodGet, "/workspaces/"+workspaceID+"/"+path+"?"+params.Encode(), nil))
}

func (w workspace) push(series ...prompb.TimeSeries) answer {
	w.t.Helper()
	return w.pushRequest(&prompb.WriteRequest{Timeseries: series})
}

func (w workspace) pushRequest(req *prompb.WriteRequest) answer {
	w.t.Helper()
	raw, err := req.Marshal()
	require.NoError(w.t, err)
	return w.pushBytes(snappy.Encode(nil, raw), nil)
}

func (w workspace) pushBytes(body []byte, header http.Header) answer {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/workspaces/"+workspaceID+"/api/v1/remote_write", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/x-protobuf")
	r.Header.Set("Content-Encoding", "snappy")
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	return w.do(r)
}

// value runs an instant query at the tests' time and gives the only number of
// its answer; ok is false for an empty answer.
func (w workspace) value(query string) (number string, ok bool) {
	w.t.Helper()
	a := w.get("api/v1/query", url.Values{"query": {query}})
	require.Equal(w.t, http.StatusOK, a.status, a.body)
	var parsed struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	require.NoError(w.t, json.Unmarshal([]byte(a.body), &parsed))
	if len(parsed.Data.Result) == 0 {
		return "", false
	}
	require.Len(w.t, parsed.Data.Result, 1)
	return parsed.Data.Result[0].Value[1].(string), true
}

// series is one with the given samples, the last of them at the tests' time.
func series(name string, step time.Duration, values ...float64) prompb.TimeSeries {
	ts := prompb.TimeSeries{Labels: prompb.FromLabels(labels.FromStrings("__name__", name, "job", "api"), nil)}
	for i, v := range values {
		at := now.Add(-step * time.Duration(len(values)-1-i))
		ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: at.UnixMilli(), Value: v})
	}
	return ts
}

// sampleAt is one with a single sample.
func sampleAt(name string, age time.Duration, v float64) prompb.TimeSeries {
	ts := series(name, 0, v)
	ts.Samples[0].Timestamp = now.Add(-age).UnixMilli()
	return ts
}

func TestWhatIsWrittenCanBeQueried(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{})

	values := make([]float64, 221) // 55 minutes at 15 s
	for i := range values {
		values[i] = float64(30 * i)
	}
	a := w.push(series("requests_total", 15*time.Second, values...))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Empty(t, a.body)

	got, ok := w.value("requests_total - requests_total offset 5m")
	require.True(t, ok)
	require.Equal(t, "600", got)

	a = w.get("api/v1/query_range", url.Values{
		"query": {"count_over_time(requests_total[1m])"}, "step": {"60"},
		"start": {strconv.FormatInt(now.Add(-time.Minute).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix(), 10)},
	})
	require.JSONEq(t, `{"status":"success","data":{"resultType":"matrix","result":[
		{"metric":{"job":"api"},"values":[[1772366340,"4"],[1772366400,"4"]]}]}}`, a.body)
}

func TestRestartKeepsSamplesAndMetadata(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, dataplane.Limits{})
	a := w.pushRequest(&prompb.WriteRequest{
		Timeseries: []prompb.TimeSeries{series("kept", time.Minute, 1, 2, 42)},
		Metadata:   []prompb.MetricMetadata{{MetricFamilyName: "kept", Type: prompb.MetricMetadata_GAUGE, Help: "What stays."}},
	})
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.NoError(t, w.Close())

	w = open(t, dir, dataplane.Limits{})
	got, _ := w.value("kept")
	require.Equal(t, "42", got)
	require.JSONEq(t, `{"status":"success","data":{"kept":[{"type":"gauge","help":"What stays.","unit":""}]}}`,
		w.get("api/v1/metadata", nil).body)
	a = w.push(sampleAt("kept", 5*time.Minute, 1))
	require.Equal(t, http.StatusBadRequest, a.status, "the order of samples is remembered too")
}

func TestTwoOpensOfOneDirectoryAreRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, dataplane.Limits{})
	_, err := dataplane.Open(dataplane.Config{Workspace: workspaceID, Account: account, Dir: dir})
	require.Error(t, err)
	require.NoError(t, os.RemoveAll(dir))
}
