package plugin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

func TestResourcesThatAreOffered(t *testing.T) {
	const answer = `{"status":"success","data":["a"]}`
	for _, tc := range []struct{ method, url, body, path, params string }{
		{"GET", "api/v1/labels?start=1&end=2&match[]=up", "", "labels", "end=2&match%5B%5D=up&start=1"},
		{"GET", "/api/v1/labels", "", "labels", ""},
		{"POST", "api/v1/labels", "match[]=up&limit=10", "labels", "limit=10&match%5B%5D=up"},
		{"GET", "api/v1/label/job/values?match%5B%5D=up", "", "label/job/values", "match%5B%5D=up"},
		{"GET", "api/v1/label/U__a_2e_b/values", "", "label/U__a_2e_b/values", ""},
		{"GET", "api/v1/series?match[]=a&match[]=b", "", "series", "match%5B%5D=a&match%5B%5D=b"},
		{"POST", "api/v1/series", "match%5B%5D=%7Ba%3D%22x%22%7D", "series", "match%5B%5D=%7Ba%3D%22x%22%7D"},
		{"GET", "api/v1/metadata?limit=5&metric=up", "", "metadata", "limit=5&metric=up"},
		{"GET", "api/v1/query?query=up&time=1", "", "query", "query=up&time=1"},
		{"POST", "api/v1/query", "query=up", "query", "query=up"},
		{"POST", "api/v1/query_range?step=15", "query=up&start=1&end=2", "query_range", "end=2&query=up&start=1&step=15"},
		{"GET", "api/v1/query_range?query=up", "", "query_range", "query=up"},
		{"GET", "api/v1/rules?type=record", "", "rules", "type=record"},
	} {
		t.Run(tc.method+" "+tc.url, func(t *testing.T) {
			s := newStub(t, says(200, answer, "Set-Cookie", "a=b"))
			got := open(t, s.source(), options{}).call(tc.method, tc.url, tc.body)
			require.Equal(t, 200, got.Status)
			require.JSONEq(t, answer, string(got.Body))
			require.Equal(t, map[string][]string{"Content-Type": {"application/json"}}, got.Headers)
			require.Len(t, s.requests(), 1)
			r := s.requests()[0]
			require.Equal(t, tc.method, r.method)
			require.Equal(t, stubWorkspace+"/api/v1/"+tc.path, r.path)
			require.Equal(t, tc.params, r.params.Encode())
			require.NotEmpty(t, r.header.Get("Authorization"))
		})
	}
}

func TestResourcesThatAreRefused(t *testing.T) {
	s := newStub(t, ok)
	h := open(t, s.source(), options{})
	for _, tc := range []struct {
		method, path, url string
		status            int
	}{
		{"POST", "api/v1/remote_write", "", 404},
		{"GET", "api/v1/query_exemplars", "", 404},
		{"GET", "api/v1/status/buildinfo", "", 404},
		{"GET", "api/v1/alerts", "", 404},
		{"GET", "alertmanager/api/v2/alerts", "", 404},
		{"GET", "", "", 404},
		{"GET", "api/v1/labels/", "", 404},
		{"GET", "API/v1/labels", "", 404},
		{"GET", "api/v1/../../ws-other/api/v1/labels", "", 404},
		{"GET", "api/v1/label/../labels", "", 404},
		{"GET", "api/v1/label/a/b/values", "", 404},
		{"GET", "api/v1/label/a%2Fb/values", "", 404},
		{"GET", "api/v1/label/a.b/values", "", 404},
		{"GET", "api/v1/label//values", "", 404},
		{"GET", "//evil.example/api/v1/labels", "//evil.example/api/v1/labels", 404},
		{"GET", "api/v1/labels", "https://evil.example/api/v1/labels", 404},
		{"GET", "api/v1/labels", "api/v1/%6cabels", 404},
		{"GET", "api/v1/labels", "api/v1%2flabels", 404},
		{"GET", "api/v1/labels", "api/v1/series", 404},
		{"GET", "api/v1/labels", "api/v1/labels?a=%zz", 400},
		{"GET", "api/v1/labels", "%zz", 400},
		{"PUT", "api/v1/labels", "", 405},
		{"DELETE", "api/v1/series", "", 405},
		{"POST", "api/v1/metadata", "", 405},
		{"POST", "api/v1/rules", "", 405},
		{"POST", "api/v1/label/job/values", "", 405},
		{"GET", "suggestions", "", 405},
		{"", "api/v1/labels", "", 405},
		{"get", "api/v1/labels", "", 405},
	} {
		url := tc.url
		if url == "" {
			url = tc.path
		}
		got := h.callAs(&backend.CallResourceRequest{Method: tc.method, Path: tc.path, URL: url})
		require.Equal(t, tc.status, got.Status, "%+v", tc)
		require.Contains(t, string(got.Body), `"status":"error"`)
	}
	large := h.call("POST", "api/v1/labels", "match[]="+strings.Repeat("a", maxResourceBody))
	require.Equal(t, http.StatusRequestEntityTooLarge, large.Status)
	require.Equal(t, 400, h.call("POST", "api/v1/labels", "a=%zz").Status)
	require.Empty(t, s.requests(), "nothing may leave")
}

// TestNothingOfTheCallerLeaves: headers, cookies and parameters that compete
// with the signature stay here.
func TestNothingOfTheCallerLeaves(t *testing.T) {
	s := newStub(t, ok)
	ds := s.source(map[string]any{"httpHeaderName1": "X-Team", "httpHeaderName2": "Authorization", "httpHeaderName3": "X-Scope-OrgID"})
	ds.Secure["httpHeaderValue1"], ds.Secure["httpHeaderValue2"], ds.Secure["httpHeaderValue3"] = "blue", "Bearer configured", "1"
	h := open(t, ds, options{})
	headers := []string{
		"Authorization", "Bearer stolen", "Cookie", "grafana_session=1", "X-Scope-OrgID", "2", "X-Amz-Date", "20200101T000000Z",
		"X-Amz-Security-Token", "x", "Connection", "X-Odd", "X-Odd", "1", "X-Grafana-User", "admin", "X-Id-Token", "y",
	}
	h.call("GET", "api/v1/labels?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&limit=1", "", headers...)
	inMap := map[string]string{}
	for i := 0; i < len(headers); i += 2 {
		inMap["http_"+headers[i]] = headers[i+1]
		inMap[headers[i]] = headers[i+1]
	}
	h.askWith(inMap, panel("A", time.Now(), up))
	require.Len(t, s.requests(), 2)
	for _, r := range s.requests() {
		require.True(t, strings.HasPrefix(r.header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), r.header.Get("Authorization"))
		require.NotEqual(t, "20200101T000000Z", r.header.Get("X-Amz-Date"))
		require.Equal(t, "blue", r.header.Get("X-Team"))
		for _, name := range []string{"Cookie", "X-Scope-OrgID", "X-Amz-Security-Token", "X-Odd", "X-Grafana-User", "X-Id-Token"} {
			require.Empty(t, r.header.Get(name), name)
		}
		for name := range r.params {
			require.NotContains(t, name, "X-Amz")
		}
	}
}

// TestHeadersKeepTheirNumbers: the settings page removes a header and leaves the
// numbers of the others, whose stored values it can't move. One that was only
// added has no name yet.
func TestHeadersKeepTheirNumbers(t *testing.T) {
	s := newStub(t, ok)
	ds := s.source(map[string]any{"httpHeaderName2": "X-Team", "httpHeaderName3": "", "httpHeaderName10": "X-Floor"})
	ds.Secure["httpHeaderValue2"], ds.Secure["httpHeaderValue3"], ds.Secure["httpHeaderValue10"] = "blue", "lost", "3"
	require.Equal(t, http.StatusOK, open(t, ds, options{}).call("GET", "api/v1/labels", "").Status)
	require.Equal(t, "blue", s.requests()[0].header.Get("X-Team"))
	require.Equal(t, "3", s.requests()[0].header.Get("X-Floor"))
}

func TestUpstreamErrorsPass(t *testing.T) {
	s := newStub(t, says(http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"1:4: parse error: unclosed left parenthesis"}`))
	got := open(t, s.source(), options{}).call("POST", "api/v1/query", "query=sum(")
	require.Equal(t, 400, got.Status)
	var p problem
	require.NoError(t, json.Unmarshal(got.Body, &p))
	require.Equal(t, "error", p.Status)
	require.Contains(t, p.Message, "1:4: parse error: unclosed left parenthesis")
	require.Equal(t, p.Message, p.Error)
	require.Equal(t, "0a1b2c3d", p.RequestID)
}

func TestRulesThatMayNotBeRead(t *testing.T) {
	for status, body := range map[int]string{
		403: `{"Message":"User: arn:aws:iam::123456789012:role/r is not authorized to perform: aps:ListRules on resource: arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"}`,
		404: `404 page not found`,
	} {
		got := open(t, newStub(t, says(status, body)).source(), options{}).call("GET", "api/v1/rules", "")
		require.Equal(t, 200, got.Status)
		require.JSONEq(t, `{"status":"success","data":{"groups":[]}}`, string(got.Body))
	}
	got := open(t, newStub(t, says(500, "oh")).source(), options{}).call("GET", "api/v1/rules", "")
	require.Equal(t, 500, got.Status)
}

func TestSuggestions(t *testing.T) {
	for name, tc := range map[string]struct{ body, path, params string }{
		"names": {`{"queries":["sum(rate(a{x=\"1\"}[$__rate_interval])) / b","a","c{"],"start":1,"end":"2","limit":10}`, "labels", "end=2&limit=10&match%5B%5D=a&match%5B%5D=b&start=1"},
		"values": {
			`{"labelName":"job","queries":["a"],"adhocFilters":[{"key":"x","operator":"=|","values":["1","2.3"]}]}`,
			"label/job/values", `match[]=a{x=~"1|2\\.3"}`,
		},
		"filters alone": {`{"scopes":[{"key":"ns","operator":"equals","value":"shop"}]}`, "labels", `match[]={ns="shop"}`},
		"nothing":       {`{"queries":null,"limit":0}`, "labels", ""},
		"UTF-8":         {`{"labelName":"a.b","queries":["{__name__=~\"x.*\"}"]}`, "label/U__a_2e_b/values", `match[]={__name__=~"x.*"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, ok)
			got := open(t, s.source(), options{}).call("POST", "suggestions", tc.body)
			require.Equal(t, 200, got.Status, string(got.Body))
			require.JSONEq(t, `{"status":"success","data":["a","b"]}`, string(got.Body))
			r := s.requests()[0]
			require.Equal(t, stubWorkspace+"/api/v1/"+tc.path, r.path)
			if one, ok := strings.CutPrefix(tc.params, "match[]="); ok {
				require.Equal(t, []string{one}, r.params["match[]"])
				return
			}
			require.Equal(t, tc.params, r.params.Encode())
		})
	}
	h := open(t, newStub(t, ok).source(), options{})
	require.Equal(t, 400, h.call("POST", "suggestions", "{").Status)
	require.Equal(t, 400, h.call("POST", "suggestions", `{"adhocFilters":[{"key":"a","operator":"<","value":"1"}]}`).Status)
}

func TestCacheLevel(t *testing.T) {
	h := open(t, newStub(t, ok).source(), options{})
	got := h.call("GET", "api/v1/labels", "", "X-Grafana-Cache", "private, max-age=60")
	require.Equal(t, []string{"private, max-age=60"}, got.Headers["Cache-Control"])
	require.Equal(t, []string{"y"}, got.Headers["X-Grafana-Cache"])
	got = h.call("GET", "api/v1/labels", "", "X-Grafana-Cache", "private\r\nSet-Cookie: a=b")
	require.NotContains(t, got.Headers, "Cache-Control")
}

func TestCustomParametersOnce(t *testing.T) {
	s := newStub(t, ok)
	h := open(t, s.source(map[string]any{"customQueryParameters": "limit=7"}), options{})
	h.call("GET", "api/v1/labels?limit=7", "")
	require.Equal(t, []string{"7"}, s.requests()[0].params["limit"])
}

func TestLargeResourceAnswers(t *testing.T) {
	s := newStub(t, ok)
	h := openIn(t, pluginhost.Grafana{ResponseLimit: 10}, s.source(), options{})
	got := h.call("GET", "api/v1/labels", "")
	require.Equal(t, 502, got.Status)
	require.Contains(t, string(got.Body), "response_limit")
}

// TestListsThatAreNoAnswer: the editors and variables take what they can't read for an empty list.
func TestListsThatAreNoAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		status int
		text   string
	}{
		"a login page":      {says(200, `<html>sign in</html>`), 502, "check the URL and any proxy on the way"},
		"an error":          {says(200, `{"status":"error","errorType":"bad_data","error":"no such matcher"}`), 400, "no such matcher (request id 0a1b2c3d)"},
		"of somebody else":  {says(200, `{"message":"hello"}`), 502, "check the URL and any proxy on the way"},
		"cut off":           {says(200, `{"status":"success"`, "Content-Length", "100"), 502, "try again"},
		"cut off unnoticed": {says(200, `{"status":"success","data":["a"`), 502, "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, newStub(t, tc.answer).source(), options{})
			for _, r := range []*backend.CallResourceResponse{h.call("GET", "api/v1/labels", ""), h.call("POST", "suggestions", `{}`)} {
				require.Equal(t, tc.status, r.Status)
				var said problem
				require.NoError(t, json.Unmarshal(r.Body, &said))
				require.Contains(t, said.Message, tc.text)
			}
		})
	}
}
