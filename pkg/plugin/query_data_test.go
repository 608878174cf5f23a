package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	backendlog "github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/promjson"
)

func TestRangeAndInstantInFixedOrder(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		ok(w, r)
	})
	h := open(t, s.source(), options{})
	for range 20 {
		a := h.one(map[string]any{"expr": "up", "range": true, "instant": true})
		require.NoError(t, a.Error)
		require.Len(t, a.Frames, 2)
		require.Equal(t, data.FrameTypeTimeSeriesMulti, a.Frames[0].Meta.Type)
		require.Equal(t, data.FrameTypeNumericMulti, a.Frames[1].Meta.Type)
		require.Equal(t, "A", a.Frames[0].RefID)
		require.Equal(t, "Expr: up\nStep: 15s", a.Frames[0].Meta.ExecutedQueryString)
	}
}

func TestEachQueryItsOwnError(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Form.Get("query") {
		case "bad":
			says(http.StatusUnprocessableEntity, `{"status":"error","errorType":"execution","error":"query processing would load too many samples"}`)(w, r)
		default:
			ok(w, r)
		}
	})
	h := open(t, s.source(), options{read: func(r io.Reader, o promjson.Options) (data.Frames, error) {
		if o.Expr == "panic" {
			panic("a bug")
		}
		return promjson.ReadFrames(r, o)
	}})
	now := time.Now()
	got := h.ask(
		panel("A", now, up),
		panel("B", now, map[string]any{"expr": "bad"}),
		panel("C", now, map[string]any{"expr": "panic"}),
		panel("D", now, map[string]any{"expr": ""}),
		panel("E", now, map[string]any{"expr": "up", "interval": "soon"}),
		backend.DataQuery{RefID: "F", JSON: []byte("{")},
		panel("G", now, up),
	)
	for refID, want := range map[string]struct {
		status backend.Status
		source backend.ErrorSource
		text   string
	}{
		"A": {200, "", ""},
		"B": {422, backend.ErrorSourceDownstream, "query processing would load too many samples"},
		"C": {500, backend.ErrorSourcePlugin, "a bug"},
		"D": {400, backend.ErrorSourceDownstream, "no expression"},
		"E": {400, backend.ErrorSourceDownstream, `"soon"`},
		"F": {400, backend.ErrorSourceDownstream, "JSON"},
		"G": {200, "", ""},
	} {
		a := got[refID]
		require.Equal(t, want.status, a.Status, refID)
		require.Equal(t, want.source, a.ErrorSource, refID)
		if want.text == "" {
			require.NoError(t, a.Error)
			require.Len(t, a.Frames, 1)
			continue
		}
		require.ErrorContains(t, a.Error, want.text)
		require.Empty(t, a.Frames)
	}
}

func TestOneErrorOnceWhenBothRequestsFail(t *testing.T) {
	var answers atomic.Int32
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		says(http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"parse error"}`,
			"x-amzn-RequestId", fmt.Sprint("request-", answers.Add(1)))(w, r) // each has its own
	})
	a := open(t, s.source(), options{}).one(map[string]any{"expr": "up(", "range": true, "instant": true})
	require.Equal(t, 1, strings.Count(a.Error.Error(), "parse error"))
	require.Equal(t, backend.StatusBadRequest, a.Status)
}

func TestAnswersThatAreNoResult(t *testing.T) {
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		status backend.Status
		text   string
	}{
		"200 with an error":  {says(200, `{"status":"error","errorType":"bad_data","error":"unknown function"}`), 400, "unknown function (request id 0a1b2c3d)"},
		"200 with execution": {says(200, `{"errorType":"execution","error":"too many","status":"error"}`), 422, "too many; when a limit is named, narrow"},
		"200 with timeout":   {says(200, `{"errorType":"timeout","error":"took too long","status":"error"}`), 503, "took too long"},
		"200 of another":     {says(200, `{"errorType":"odd","error":"hm","status":"error"}`), 502, "hm"},
		"truncated":          {says(200, oneSeries[:90]), 502, "try again"},
		"a login page":       {says(200, `<html>sign in</html>`), 502, "check the URL and any proxy on the way"},
		"a redirect":         {says(302, "", "Location", "https://login.example"), 502, "login.example"},
		"empty":              {says(200, ""), 502, "check the URL and any proxy on the way"},
		"a long query":       {says(413, "Request Entity Too Large"), 413, "shorten the query"},
		"a long query's URL": {says(414, "URI Too Long"), 414, "httpMethod to POST"},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, newStub(t, tc.answer).source(), options{}).one(up)
			require.ErrorContains(t, a.Error, tc.text)
			require.Equal(t, tc.status, a.Status)
			require.Equal(t, backend.ErrorSourceDownstream, a.ErrorSource)
			require.Empty(t, a.Frames)
		})
	}
}

func TestEmptyAndWarned(t *testing.T) {
	s := newStub(t, says(200, `{"status":"success","warnings":["w"],"infos":["i"],"data":{"resultType":"matrix","result":[]}}`))
	a := open(t, s.source(), options{}).one(up)
	require.NoError(t, a.Error)
	require.Len(t, a.Frames, 1)
	require.Equal(t, []data.Notice{{Severity: data.NoticeSeverityWarning, Text: "w"}, {Severity: data.NoticeSeverityInfo, Text: "i"}}, a.Frames[0].Meta.Notices)

	a = open(t, newStub(t, says(200, emptyMatrix)).source(), options{}).one(up)
	require.NoError(t, a.Error)
	require.Len(t, a.Frames, 1)
	require.Empty(t, a.Frames[0].Fields)
}

func TestParametersOfSettings(t *testing.T) {
	s := newStub(t, ok)
	h := open(t, s.source(map[string]any{
		"queryTimeout": "45s", "queryStatsEnabled": "true", "customQueryParameters": "tenant=a&max_source_resolution=5m",
		"maxSamplesProcessedWarningThreshold": 10, "maxSamplesProcessedErrorThreshold": "20", "httpMethod": "GET",
	}), options{})
	require.NoError(t, h.one(up).Error)
	r := s.requests()[0]
	require.Equal(t, http.MethodGet, r.method)
	for name, want := range map[string]string{
		"timeout": "45s", "stats": "all", "tenant": "a", "max_source_resolution": "5m",
		"max_samples_processed_warning_threshold": "10", "max_samples_processed_error_threshold": "20",
	} {
		require.Equal(t, []string{want}, r.params[name], name)
	}
}

// TestQueryTimeout has Prometheus' own API read what is sent: it takes no fractions of a unit.
func TestQueryTimeout(t *testing.T) {
	w := newWorld(t)
	user := w.user(t, emulator.ReadActions...)
	for _, timeout := range []string{"20", "1m30s", "2.5s", "500ms"} {
		require.NoError(t, open(t, user.source(w.workspaceURL(), map[string]any{"queryTimeout": timeout}), options{}).one(up).Error, timeout)
	}
}

func TestConcurrency(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		for n := running.Add(1); ; {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer running.Add(-1)
		<-release
		ok(w, r)
	})
	h := openIn(t, pluginhost.Grafana{ConcurrentQueries: 3}, s.source(), options{})
	queries := make([]backend.DataQuery, 9)
	for i := range queries {
		queries[i] = panel(fmt.Sprintf("Q%d", i), time.Now(), map[string]any{"expr": "up", "instant": i%2 == 0})
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for _, a := range h.ask(queries...) {
			require.NoError(t, a.Error)
		}
	})
	require.Eventually(t, func() bool { return running.Load() == 3 }, 10*time.Second, time.Millisecond)
	close(release)
	wg.Wait()
	require.EqualValues(t, 3, most.Load())
}

func TestCancellationReachesTheServer(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	s := newStub(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	})
	h := open(t, s.source(), options{})
	ctx, cancel := context.WithCancel(h.ctx)
	go func() {
		<-arrived
		cancel()
	}()
	resp, err := h.QueryData(ctx, &backend.QueryDataRequest{PluginContext: h.pc, Queries: []backend.DataQuery{panel("A", time.Now(), up)}})
	require.NoError(t, err)
	require.ErrorIs(t, resp.Responses["A"].Error, context.Canceled)
	require.EqualValues(t, statusClientClosed, resp.Responses["A"].Status)
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the server was not told")
	}
}

func TestTimeout(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, oneSeries[:90]) // the rest never comes
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, newStub(t, answer).source(map[string]any{"timeout": "1s"}), options{}).one(up)
			require.ErrorIs(t, a.Error, context.DeadlineExceeded)
			require.Equal(t, backend.StatusTimeout, a.Status)
			require.ErrorContains(t, a.Error, "raise the timeout")
		})
	}
}

func TestResponseLimit(t *testing.T) {
	var sent atomic.Int64
	s := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		n, _ := io.WriteString(w, oneSeries[:len(oneSeries)-len(`]}]}}`)]) // the client stops reading
		sent.Add(int64(n))
		for range 10_000 {
			n, err := io.WriteString(w, strings.Repeat(`,[1772359215,"0"]`, 1000))
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	a := openIn(t, pluginhost.Grafana{ResponseLimit: 100_000}, s.source(), options{}).one(up)
	require.ErrorContains(t, a.Error, "response_limit")
	require.Equal(t, backend.StatusBadGateway, a.Status)
	require.Eventually(t, func() bool { return sent.Load() > 0 }, time.Second, time.Millisecond)
	require.Less(t, sent.Load(), int64(100<<20))
}

func TestExemplars(t *testing.T) {
	query := map[string]any{"expr": "up", "range": true, "exemplar": true}
	s := newStub(t, ok)
	plain := pluginhost.DataSource{URL: s.URL, JSONData: map[string]any{"sigV4Auth": false}}
	a := open(t, plain, options{}).one(query)
	require.NoError(t, a.Error)
	require.Len(t, a.Frames, 2)
	require.Equal(t, "exemplar", a.Frames[1].Name)
	require.Empty(t, s.requests()[0].header.Get("Authorization"))

	before := len(s.requests())
	got := open(t, plain, options{}).askWith(map[string]string{"FromAlert": "true"}, panel("A", time.Now(), query))
	require.Len(t, got["A"].Frames, 1)
	require.Len(t, s.requests(), before+1)

	amp := newStub(t, ok)
	a = open(t, amp.source(), options{}).one(query)
	require.NoError(t, a.Error)
	require.Len(t, a.Frames, 1)
	require.Len(t, amp.requests(), 1, "AMP has no exemplars to ask for")

	without := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "exemplars") {
			says(http.StatusNotFound, "404 page not found")(w, r)
			return
		}
		ok(w, r)
	})
	a = open(t, pluginhost.DataSource{URL: without.URL, JSONData: map[string]any{"sigV4Auth": "false"}}, options{}).one(query)
	require.NoError(t, a.Error)
	require.Len(t, a.Frames, 1)
}

func TestUnreachable(t *testing.T) {
	s := newStub(t, ok)
	s.Close()
	a := open(t, s.source(), options{}).one(up)
	require.Error(t, a.Error)
	require.Equal(t, backend.StatusBadGateway, a.Status)
	require.Equal(t, backend.ErrorSourceDownstream, a.ErrorSource)
}

// TestBrokenSettings: what is wrong with the settings is told by every call.
func TestBrokenSettings(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true") // the health check looks for credentials all the same
	for name, tc := range map[string]struct {
		ds   pluginhost.DataSource
		text string
	}{
		"no region":     {pluginhost.DataSource{URL: "http://127.0.0.1:1" + stubWorkspace}, "region"},
		"no URL":        {pluginhost.DataSource{}, "no workspace is chosen"},
		"contradiction": {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: map[string]any{"sigV4Region": "us-east-1"}}, "us-east-1"},
		"auth type":     {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: map[string]any{"sigV4AuthType": "ec2_iam_role"}}, "allowed_auth_providers"},
		"told once":     {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: map[string]any{"sigV4AuthType": "irsa"}}, "the data source is not set up: sigV4AuthType: "},
		"jsonData":      {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: []int{1}}, "jsonData"},
		"TLS":           {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: map[string]any{"tlsAuthWithCACert": true}, Secure: map[string]string{"tlsCACert": "nonsense"}}, "CA"},
		"TLS switch":    {pluginhost.DataSource{URL: "https://aps-workspaces.eu-west-1.amazonaws.com" + stubWorkspace, JSONData: map[string]any{"tlsSkipVerify": "maybe"}}, "tlsSkipVerify"},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, tc.ds, options{})
			a := h.one(up)
			require.ErrorContains(t, a.Error, tc.text)
			require.NotEqual(t, backend.StatusOK, a.Status)
			require.Equal(t, backend.ErrorSourceDownstream, a.ErrorSource)
			health := h.health()
			require.Equal(t, backend.HealthStatusError, health.Status)
			require.Contains(t, health.Message, tc.text)
			require.Contains(t, string(h.call("GET", "api/v1/labels", "").Body), tc.text)
		})
	}
}

func TestStatusOfUnknownErrors(t *testing.T) {
	require.Equal(t, backend.StatusBadRequest, statusOf(errors.New("settings")))
}

// TestConnectionClosedByTheService has a server that takes one request a
// connection and hangs up at the second: what a load balancer does to a pooled
// connection in the moment that an alert rule uses it.
func TestConnectionClosedByTheService(t *testing.T) {
	var used sync.Map
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if _, again := used.LoadOrStore(r.RemoteAddr, true); again {
			panic(http.ErrAbortHandler)
		}
		ok(w, r)
	})
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		h := open(t, s.source(map[string]any{"httpMethod": method}), options{})
		for range 3 {
			require.NoError(t, h.one(up).Error, method)
		}
	}
	for _, r := range s.requests() {
		require.NotContains(t, r.header, "Idempotency-Key", "it is for net/http only")
	}
}

// errorLog keeps the messages of errors and what was said with them.
type errorLog struct {
	backendlog.Logger
	said []string
}

func (l *errorLog) FromContext(context.Context) backendlog.Logger { return l }

func (l *errorLog) Error(message string, more ...any) {
	l.said = append(l.said, fmt.Sprint(message, more))
}

// TestPanicIsInTheLog: the error sends whoever reads it there.
func TestPanicIsInTheLog(t *testing.T) {
	logged := &errorLog{Logger: backend.Logger}
	t.Cleanup(func() { backend.Logger = logged.Logger })
	backend.Logger = logged
	h := open(t, newStub(t, ok).source(), options{read: func(io.Reader, promjson.Options) (data.Frames, error) { panic("while reading") }})
	require.ErrorContains(t, h.one(up).Error, "the server's log")
	h.client = nil // for want of an expression that panics
	require.ErrorContains(t, h.one(map[string]any{"expr": "up", "exemplar": true}).Error, "the server's log")
	require.Len(t, logged.said, 2)
	for _, message := range logged.said {
		require.Contains(t, message, "panic")
		require.Contains(t, message, "goroutine")
	}
}
