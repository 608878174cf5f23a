package dataplane_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
)

func TestMatch(t *testing.T) {
	tests := []struct {
		method, path string
		endpoint     dataplane.Endpoint
		action       string
	}{
		{"GET", "api/v1/query", dataplane.Query, "aps:QueryMetrics"},
		{"POST", "api/v1/query", dataplane.Query, "aps:QueryMetrics"},
		{"POST", "api/v1/query_range", dataplane.QueryRange, "aps:QueryMetrics"},
		{"POST", "api/v1/labels", dataplane.Labels, "aps:GetLabels"},
		{"GET", "api/v1/label/job/values", dataplane.LabelValues, "aps:GetLabels"},
		{"GET", "api/v1/series", dataplane.Series, "aps:GetSeries"},
		{"GET", "api/v1/metadata", dataplane.Metadata, "aps:GetMetricMetadata"},
		{"POST", "api/v1/remote_write", dataplane.RemoteWrite, "aps:RemoteWrite"},
		{"GET", "api/v1/rules", dataplane.Rules, "aps:ListRules"},
		{"GET", "api/v1/alerts", dataplane.Alerts, "aps:ListAlerts"},
		{"GET", "alertmanager/api/v2/silences", dataplane.Alertmanager, "aps:ListAlertManagerSilences"},
		{"DELETE", "alertmanager/api/v2/silence/1", dataplane.Alertmanager, "aps:DeleteAlertManagerSilence"},
		{"POST", "api/v1/query_exemplars", dataplane.NotOffered, ""},
		{"GET", "api/v1/status/buildinfo", dataplane.NotOffered, ""},
		{"PUT", "api/v1/admin/tsdb/snapshot", dataplane.NotOffered, ""},
		{"POST", "api/v1/rules/namespace", dataplane.NotOffered, ""},
	}
	for _, tt := range tests {
		route, ok := dataplane.Match(tt.method, tt.path)
		require.True(t, ok, tt.path)
		require.Equal(t, dataplane.Route{Endpoint: tt.endpoint, Action: tt.action}, route, tt.path)
	}
	for _, bad := range []string{
		"GET api/v1/remote_write", "DELETE api/v1/query", "HEAD api/v1/query", "POST api/v1/metadata",
		"GET api/v1/query/", "GET api/v1//query", "GET api/v1/../v1/query", "GET api/v1/label/a%2fb/values",
		"GET api/v1/label/a/b/values", "GET api/v1/label/values", "GET api/v1/label//values", "GET api/v1/", "GET api/v1", "GET ",
		"GET api/v1/%71uery", "POST alertmanager/api/v2/status", "GET alertmanager/api/v1/alerts", "GET alertmanager/api/v2/silence/a/b",
	} {
		method, path, _ := strings.Cut(bad, " ")
		_, ok := dataplane.Match(method, path)
		require.False(t, ok, bad)
	}
}

// No path is ever two things: what matches has one slash between segments.
func FuzzMatch(f *testing.F) {
	for _, p := range []string{"api/v1/query", "api/v1/label/job/values", "alertmanager/api/v2/silence/1", "api/v1/%2e%2e/query", "api/v1/status/"} {
		f.Add("GET", p)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		route, ok := dataplane.Match(method, path)
		if !ok {
			return
		}
		if route.Endpoint != dataplane.NotOffered && !strings.HasPrefix(route.Action, "aps:") {
			t.Errorf("%s %q is served without an action", method, path)
		}
		if strings.Contains(path, "//") || strings.HasSuffix(path, "/") || strings.Contains("/"+path+"/", "/../") {
			t.Errorf("%s %q is served", method, path)
		}
	})
}

func TestLookups(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{})
	a := w.pushRequest(&prompb.WriteRequest{
		Timeseries: []prompb.TimeSeries{sampleAt("up", 0, 1), sampleAt("down", 0, 1)},
		Metadata: []prompb.MetricMetadata{
			{MetricFamilyName: "up", Type: prompb.MetricMetadata_GAUGE, Help: "Up.", Unit: "bool"},
			{MetricFamilyName: "down", Type: prompb.MetricMetadata_COUNTER, Help: "Down."},
		},
	})
	require.Equal(t, http.StatusOK, a.status, a.body)

	for _, tt := range []struct {
		path   string
		params url.Values
		want   string
	}{
		{"api/v1/labels", nil, `{"status":"success","data":["__name__","job"]}`},
		{"api/v1/label/__name__/values", nil, `{"status":"success","data":["down","up"]}`},
		{"api/v1/series", url.Values{"match[]": {"up"}}, `{"status":"success","data":[{"__name__":"up","job":"api"}]}`},
		{"api/v1/metadata", nil, `{"status":"success","data":{"down":[{"type":"counter","help":"Down.","unit":""}],"up":[{"type":"gauge","help":"Up.","unit":"bool"}]}}`},
		{"api/v1/metadata", url.Values{"metric": {"up"}}, `{"status":"success","data":{"up":[{"type":"gauge","help":"Up.","unit":"bool"}]}}`},
		{"api/v1/metadata", url.Values{"limit": {"1"}}, `{"status":"success","data":{"down":[{"type":"counter","help":"Down.","unit":""}]}}`},
		{"api/v1/metadata", url.Values{"limit": {"x"}}, `{"status":"error","errorType":"bad_data","error":"limit must be a number"}`},
		{"api/v1/rules", nil, `{"status":"success","data":{"groups":[]}}`},
		{"api/v1/alerts", nil, `{"status":"success","data":{"alerts":[]}}`},
		{"alertmanager/api/v2/alerts", nil, `[]`},
		{"alertmanager/api/v2/alerts/groups", nil, `[]`},
		{"alertmanager/api/v2/silences", nil, `[]`},
		{"alertmanager/api/v2/receivers", nil, `[]`},
	} {
		require.JSONEq(t, tt.want, w.get(tt.path, tt.params).body, tt.path)
	}
	require.Equal(t, http.StatusOK, w.get("alertmanager/api/v2/status", nil).status)
	require.Equal(t, http.StatusNotFound, w.get("alertmanager/api/v2/silence/1", nil).status)
	a = w.do(httptest.NewRequest(http.MethodPost, "/workspaces/"+workspaceID+"/alertmanager/api/v2/silences", strings.NewReader("{}")))
	require.Equal(t, http.StatusNotImplemented, a.status)
}

func TestAnswersAreCompressedWhenAsked(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{})
	for _, path := range []string{"api/v1/query?query=vector(1)", "api/v1/metadata"} {
		r := httptest.NewRequest(http.MethodGet, "/workspaces/"+workspaceID+"/"+path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		a := w.do(r)
		require.Equal(t, "gzip", a.header.Get("Content-Encoding"), path)
		z, err := gzip.NewReader(strings.NewReader(a.body))
		require.NoError(t, err)
		plain, err := io.ReadAll(z)
		require.NoError(t, err)
		require.Contains(t, string(plain), "success")
	}
}

func TestQueriesByPOST(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{QueryBytes: 100})
	post := func(form url.Values) answer {
		r := httptest.NewRequest(http.MethodPost, "/workspaces/"+workspaceID+"/api/v1/query", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return w.do(r)
	}
	require.Contains(t, post(url.Values{"query": {"vector(7)"}}).body, `"7"`)
	require.Equal(t, http.StatusBadRequest, post(url.Values{"query": {strings.Repeat("1+", 100) + "1"}}).status)
}
