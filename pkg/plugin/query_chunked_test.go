package plugin

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// chunks collects what a plugin sends, by query.
type chunks struct {
	mu     sync.Mutex
	frames map[string]data.Frames
	errors map[string]error
	status map[string]backend.Status
}

func (c *chunks) WriteFrame(_ context.Context, refID, _ string, f *data.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames[refID] = append(c.frames[refID], f)
	return nil
}

func (c *chunks) WriteError(_ context.Context, refID string, status backend.Status, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors[refID], c.status[refID] = err, status
	return nil
}

// TestChunks asks the built plugin for frames as they are read: each query has
// its own, an error ends its query only, and one that is found late comes after
// the frames that were good.
func TestChunks(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Form.Get("query") == "bad":
			says(http.StatusBadRequest, `{"message":"no such function"}`)(w, r)
		case r.Form.Get("query") == "half":
			says(http.StatusOK, strings.TrimSuffix(oneSeries, "]}}"))(w, r)
		case strings.HasSuffix(r.URL.Path, "/query"):
			says(http.StatusOK, oneSample)(w, r)
		default:
			says(http.StatusOK, oneSeries)(w, r)
		}
	})
	var grafana pluginhost.Grafana
	host, err := pluginhost.Start(t.Context(), pluginhost.Config{Path: executable(t), Env: grafana.Environment()})
	require.NoError(t, err)
	t.Cleanup(host.Close)
	pc, err := grafana.Context(s.source())
	require.NoError(t, err)
	now := time.Now()
	got := &chunks{frames: map[string]data.Frames{}, errors: map[string]error{}, status: map[string]backend.Status{}}
	err = host.QueryChunkedData(t.Context(), &backend.QueryChunkedDataRequest{PluginContext: pc, Queries: []backend.DataQuery{
		panel("A", now, map[string]any{"expr": "up", "range": true, "instant": true}),
		panel("B", now, map[string]any{"expr": "bad", "range": true}),
		panel("C", now, map[string]any{"expr": "half", "range": true}),
		panel("D", now, map[string]any{"expr": ""}),
	}}, got)
	require.NoError(t, err)

	require.Len(t, got.frames["A"], 2)
	require.Len(t, got.frames["C"], 1)
	for _, f := range append(got.frames["A"], got.frames["C"]...) {
		require.Equal(t, "up", f.Fields[1].Name)
		require.Contains(t, f.Meta.ExecutedQueryString, "Expr: ")
	}
	require.NoError(t, got.errors["A"])
	require.ErrorContains(t, got.errors["B"], "no such function")
	require.Equal(t, backend.StatusBadRequest, got.status["B"])
	require.ErrorContains(t, got.errors["C"], "unexpected EOF")
	require.Equal(t, backend.StatusBadGateway, got.status["C"])
	require.ErrorContains(t, got.errors["D"], "no expression")
}
