package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/doctor"
)

const (
	// healthTime bounds each check of "Save & test"; all together take some
	// hundred milliseconds where nothing is wrong.
	healthTime = 10 * time.Second
	// healthAside bounds STS and the control plane, which a network without
	// internet does not reach and queries don't need.
	healthAside = 1500 * time.Millisecond
)

// completion is what the editor asks besides queries; panels and alert rules
// work without.
var completion = []doctor.Name{doctor.Labels, doctor.Series, doctor.Metadata}

// healthDetails is the doctor's report, which "Save & test" shows line by line.
type healthDetails struct {
	// VerboseMessage is the same as text, under the key that Grafana's own page shows.
	VerboseMessage string `json:"verboseMessage,omitempty"`
	// Warnings are about the settings.
	Warnings []string `json:"warnings,omitempty"`
	doctor.Report
}

// CheckHealth makes the doctor's checks, signed and sent as every query is, so
// that they fail where queries would. Everybody gets the verdict; the details,
// which tell of identities and networks, are for Admins only.
func (d *DataSource) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	report := doctor.Run(ctx, d.examination())
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	result := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: report.Verdict()}
	warnings := d.warnings()
	if report.Outcome == doctor.Passed {
		result.Message = praise(report, warnings)
	} else {
		result.Status = backend.HealthStatusError
	}
	if !isAdmin(req.PluginContext) {
		return result, nil
	}
	var text strings.Builder
	if err := report.WriteText(&text, false); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(healthDetails{VerboseMessage: text.String(), Warnings: warnings, Report: report})
	if err != nil {
		return nil, fmt.Errorf("details of the health check: %w", err)
	}
	result.JSONDetails = raw
	return result, nil
}

func (d *DataSource) examination() doctor.Options {
	o := doctor.Options{
		NotSetUp: d.broken, Client: d.client, Credentials: d.credentials, Grafana: &d.passed,
		For: doctor.ForQuery, Optional: completion, Limit: healthTime, AsideLimit: healthAside, Now: d.now,
	}
	if d.pool != nil {
		o.Transport = d.pool
	}
	if d.credentials != nil && d.credentials.Config().Region == "" {
		o.Credentials = nil // nobody can be asked who we are
	}
	return o
}

func (d *DataSource) warnings() []string {
	if d.client == nil {
		return d.settings.Warnings
	}
	return append(append([]string{}, d.settings.Warnings...), d.client.Endpoint().Warnings...)
}

// praise says that all is well, and what is a little less so.
func praise(r doctor.Report, warnings []string) string {
	text := r.Verdict()
	if r.Credentials != "" {
		text += " Credentials: " + r.Credentials + "."
	}
	var lacking []string
	for _, c := range r.Checks {
		if c.Outcome == doctor.Failed {
			lacking = append(lacking, string(c.Name))
		}
	}
	if len(lacking) > 0 {
		text += " The editor's completion lacks " + strings.Join(lacking, ", ") + "."
	}
	if len(warnings) > 0 {
		text += " Note: " + strings.Join(warnings, "; ") + "."
	}
	return text
}
