package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/promjson"
	"github.com/ampkit/ampkit/pkg/query"
)

// healthDetails is what "Save & test" shows on request.
type healthDetails struct {
	// VerboseMessage is the key Grafana's own page shows.
	VerboseMessage string   `json:"verboseMessage,omitempty"`
	Kind           amp.Kind `json:"kind,omitempty"`
	Status         int      `json:"status,omitempty"`
	Remedy         string   `json:"remedy,omitempty"`
	RequestID      string   `json:"requestId,omitempty"`
	Action         string   `json:"action,omitempty"`
	Workspace      string   `json:"workspace,omitempty"`
	Region         string   `json:"region,omitempty"`
	Endpoint       string   `json:"endpoint,omitempty"`
	Credentials    string   `json:"credentials,omitempty"`
	Warnings       []string `json:"warnings,omitempty"`
}

// CheckHealth asks 1+1, signed and sent as every query is, so that it fails
// where queries would. It needs aps:QueryMetrics only.
func (d *DataSource) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	if d.broken != nil {
		return unhealthy(d.broken, healthDetails{}), nil
	}
	details := d.details()
	probe := request{path: "query", params: url.Values{"query": {"1+1"}}, model: query.Model{Expr: "1+1"}}
	p := guard(ctx, "health", func() part { return d.ask(ctx, probe, promjson.ReadFrames) })
	if p.err != nil {
		return unhealthy(p.err, details), nil
	}
	message := "The server answers."
	if details.Workspace != "" {
		message = fmt.Sprintf("Workspace %s in %s answers. Credentials: %s.", details.Workspace, details.Region, details.Credentials)
	}
	for _, w := range details.Warnings {
		message += " Note: " + w + "."
	}
	return health(backend.HealthStatusOk, message, details), nil
}

func (d *DataSource) details() healthDetails {
	e := d.client.Endpoint()
	out := healthDetails{
		Workspace: e.Workspace, Region: e.Region, Endpoint: e.Base.Redacted(),
		Warnings: append(append([]string{}, d.settings.Warnings...), e.Warnings...),
	}
	if d.credentials != nil {
		out.Credentials = d.credentials.Source()
	}
	return out
}

func unhealthy(err error, details healthDetails) *backend.CheckHealthResult {
	var service *amp.Error
	if errors.As(err, &service) {
		details.Kind, details.Status = service.Kind, service.Status
		details.Remedy, details.RequestID, details.Action = service.Remedy, service.RequestID, service.Action
	}
	details.VerboseMessage = verbose(details)
	return health(backend.HealthStatusError, err.Error(), details)
}

// verbose tells in lines what was tried.
func verbose(d healthDetails) string {
	var lines []string
	for _, l := range []struct{ name, value string }{
		{"endpoint", d.Endpoint}, {"region", d.Region}, {"workspace", d.Workspace}, {"credentials", d.Credentials},
		{"action", d.Action}, {"request id", d.RequestID}, {"note", strings.Join(d.Warnings, "; ")},
	} {
		if l.value != "" {
			lines = append(lines, l.name+": "+l.value)
		}
	}
	return strings.Join(lines, "\n")
}

func health(status backend.HealthStatus, message string, details healthDetails) *backend.CheckHealthResult {
	raw, err := json.Marshal(details)
	if err != nil { // strings and numbers only
		raw = nil
	}
	return &backend.CheckHealthResult{Status: status, Message: message, JSONDetails: raw}
}
