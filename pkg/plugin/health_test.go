package plugin

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
)

func TestHealth(t *testing.T) {
	w := newWorld(t)
	reader := w.user(t, "aps:QueryMetrics")
	result := open(t, reader.source(w.workspaceURL()), options{}).health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	require.Contains(t, result.Message, w.workspace.ID+" in "+testRegion)

	writer := w.user(t, emulator.WriteActions...)
	result = open(t, writer.source(w.workspaceURL()), options{}).health()
	require.Equal(t, backend.HealthStatusError, result.Status)
	require.Contains(t, result.Message, "grant aps:QueryMetrics on arn:aws:aps:"+testRegion)
	var details healthDetails
	require.NoError(t, json.Unmarshal(result.JSONDetails, &details))
	require.Equal(t, http.StatusForbidden, details.Status)
	require.Equal(t, "aps:QueryMetrics", details.Action)
	require.NotEmpty(t, details.RequestID)
	require.NotEmpty(t, details.Remedy)
	require.Contains(t, details.VerboseMessage, "workspace: "+w.workspace.ID)
	require.NotContains(t, string(result.JSONDetails), writer.secret)
}

func TestHealthAsksAsQueriesDo(t *testing.T) {
	s := newStub(t, says(200, scalarTwo))
	h := open(t, s.source(map[string]any{"maxSamplesProcessedErrorThreshold": 5, "queryTimeout": "10s"}), options{})
	result := h.health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	r := s.requests()[0]
	require.Equal(t, "1+1", r.params.Get("query"))
	require.Equal(t, "5", r.params.Get("max_samples_processed_error_threshold"))
	require.NotEmpty(t, r.header.Get("Authorization"))
}

func TestHealthOfPlainPrometheus(t *testing.T) {
	s := newStub(t, says(200, scalarTwo))
	result := open(t, pluginhost.DataSource{URL: s.URL, JSONData: map[string]any{"sigV4Auth": false}}, options{}).health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)

	result = open(t, pluginhost.DataSource{URL: newStub(t, says(200, "<html>")).URL, JSONData: map[string]any{"sigV4Auth": false}}, options{}).health()
	require.Equal(t, backend.HealthStatusError, result.Status, "a page is not an answer")
}

// TestDispose: an instance that is gone says so, and holds nothing.
func TestDispose(t *testing.T) {
	s := newStub(t, ok)
	h := open(t, s.source(), options{})
	require.NoError(t, h.one(up).Error)
	h.Dispose()
	require.ErrorContains(t, h.one(up).Error, "changed or removed")
	require.Len(t, s.requests(), 1)
}
