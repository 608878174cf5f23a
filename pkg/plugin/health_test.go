package plugin

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/doctor"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
)

func (h *handler) details(result *backend.CheckHealthResult) healthDetails {
	h.t.Helper()
	var d healthDetails
	require.NoError(h.t, json.Unmarshal(result.JSONDetails, &d))
	return d
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", w.url)
	reader := w.user(t, emulator.ReadActions...)
	h := open(t, reader.source(w.workspaceURL()), options{})
	result := h.health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	require.Equal(t, "Workspace "+w.workspace.ID+" in "+testRegion+" answers. Credentials: the keys of the data source.", result.Message)
	details := h.details(result)
	require.Equal(t, doctor.Passed, details.Outcome)
	var names []doctor.Name
	for _, c := range details.Checks {
		names = append(names, c.Name)
	}
	require.Equal(t, []doctor.Name{
		doctor.GrafanaEnvironment, doctor.GrafanaSettings, doctor.Credentials, doctor.Identity, doctor.DNS, doctor.TLS,
		doctor.Clock, doctor.Workspace, doctor.Query, doctor.Labels, doctor.Series, doctor.Metadata,
	}, names)
	require.Contains(t, details.VerboseMessage, "– workspace       ")
	require.Contains(t, details.VerboseMessage, "✓ query           aps:QueryMetrics is permitted\n")
	who, _ := details.Check(doctor.Identity)
	require.Equal(t, w.AccountID(), who.Facts.Account)
}

// TestHealthWithoutCompletion: panels and alert rules work, so all is well.
func TestHealthWithoutCompletion(t *testing.T) {
	w := newWorld(t)
	h := open(t, w.user(t, "aps:QueryMetrics").source(w.workspaceURL()), options{})
	result := h.health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	require.Contains(t, result.Message, "The editor's completion lacks labels, series, metadata.")
	labels, _ := h.details(result).Check(doctor.Labels)
	require.True(t, labels.Optional)
	require.Contains(t, labels.Remedy, "grant aps:GetLabels on "+w.workspace.ARN)
}

func TestHealthDenied(t *testing.T) {
	w := newWorld(t)
	writer := w.user(t, emulator.WriteActions...)
	h := open(t, writer.source(w.workspaceURL()), options{})
	result := h.health()
	require.Equal(t, backend.HealthStatusError, result.Status)
	require.Contains(t, result.Message, "not authorized to perform: aps:QueryMetrics")
	require.Contains(t, result.Message, "grant aps:QueryMetrics on "+w.workspace.ARN)
	details := h.details(result)
	refused, _ := details.Check(doctor.Query)
	require.Equal(t, http.StatusForbidden, refused.Status)
	require.Equal(t, "aps:QueryMetrics", refused.Action)
	require.Contains(t, result.Message, refused.RequestID)
	require.Contains(t, details.VerboseMessage, w.workspace.ID+" in "+testRegion)
	require.NotContains(t, string(result.JSONDetails), writer.secret)

	for _, user := range []*backend.User{nil, {Role: "Viewer"}, {Role: "Editor"}} {
		h.pc.User = user
		verdict := h.health()
		require.Equal(t, backend.HealthStatusError, verdict.Status)
		require.Contains(t, verdict.Message, "grant aps:QueryMetrics on "+w.workspace.ARN)
		require.Empty(t, verdict.JSONDetails, "the details are for Admins")
	}
}

// TestHealthTellsWhatGrafanaPassedOn: the two settings of Grafana that decide
// whether a plugin gets at credentials.
func TestHealthTellsWhatGrafanaPassedOn(t *testing.T) {
	w := newWorld(t)
	source := w.user(t, "aps:QueryMetrics").source(w.workspaceURL())
	for _, tc := range []struct {
		grafana              pluginhost.Grafana
		env                  []string
		environment, section doctor.Outcome
		text                 string
	}{
		{pluginhost.Grafana{}, nil, doctor.NotChecked, doctor.NotChecked, "Grafana passes no [aws] settings on"},
		{pluginhost.Grafana{AWS: &pluginhost.AWS{AllowedAuthProviders: []string{"keys"}}}, []string{"AWS_ROLE_ARN", "r"}, doctor.Passed, doctor.Passed, "Grafana allows keys"},
		{pluginhost.Grafana{AWS: &pluginhost.AWS{AllowedAuthProviders: []string{"default"}}}, []string{"GF_PLUGIN_ROLE_ARN", "r"}, doctor.Passed, doctor.Passed, "does not allow the auth type keys"},
	} {
		h := openIn(t, tc.grafana, source, options{getenv: environment(tc.env...)})
		details := h.details(h.health())
		env, _ := details.Check(doctor.GrafanaEnvironment)
		require.Equal(t, tc.environment, env.Outcome)
		section, _ := details.Check(doctor.GrafanaSettings)
		require.Equal(t, tc.section, section.Outcome)
		require.Contains(t, details.VerboseMessage, tc.text)
	}
}

func TestHealthAsksAsQueriesDo(t *testing.T) {
	s := newStub(t, says(200, scalarTwo))
	h := open(t, s.source(map[string]any{"maxSamplesProcessedErrorThreshold": 5, "queryTimeout": "10s"}), options{})
	result := h.health()
	require.Equal(t, backend.HealthStatusOk, result.Status, result.Message)
	asked := 0
	for _, r := range s.requests() {
		if r.header.Get("Authorization") == "" || !strings.HasSuffix(r.path, "/query") {
			continue
		}
		asked++
		require.Equal(t, "1+1", r.params.Get("query"))
		require.Equal(t, "5", r.params.Get("max_samples_processed_error_threshold"))
	}
	require.Equal(t, 1, asked)
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
