package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/chart"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// grafana is the configuration the plugin runs under: its own section of
// grafana.ini holds the role, because Grafana passes none of its environment on.
func grafana(as identity) pluginhost.Grafana {
	return pluginhost.Grafana{PluginSection: map[string]string{
		"role_arn":                as.roleARN,
		"web_identity_token_file": as.tokenFile,
	}}
}

// dataSource is the data source as an administrator would save it.
func (w *walk) dataSource() pluginhost.DataSource {
	return pluginhost.DataSource{
		UID: "amp", Name: "Amazon Managed Service for Prometheus", URL: w.workspaceURL(),
		JSONData: map[string]any{"sigV4Region": region, "timeInterval": sampledata.Step.String()},
		Updated:  w.until, // saved once: another time would be another instance
	}
}

// startAs starts the plugin as a Grafana configured with a role does. STS alone
// is elsewhere than AWS has it.
func (w *walk) startAs(ctx context.Context, as identity) (*pluginhost.Host, error) {
	return pluginhost.Start(ctx, pluginhost.Config{
		Path: w.Plugin,
		Env:  append(grafana(as).Environment(), "AWS_ENDPOINT_URL_STS="+w.cloud.url),
	})
}

func (w *walk) startPlugin(ctx context.Context) (string, error) {
	host, err := w.startAs(ctx, w.cloud.reader)
	if err != nil {
		return "", err
	}
	w.plugin = host
	w.onClose(func() error { host.Close(); return nil })
	return fmt.Sprintf("%s, process %d, started as Grafana does", filepath.Base(w.Plugin), host.PID()), nil
}

func (w *walk) checkHealth(ctx context.Context) (string, error) {
	pc, err := grafana(w.cloud.reader).Context(w.dataSource())
	if err != nil {
		return "", err
	}
	result, err := w.plugin.CheckHealth(ctx, &backend.CheckHealthRequest{PluginContext: pc})
	if err != nil {
		return "", err
	}
	if result.Status != backend.HealthStatusOk {
		return "", errors.New(result.Message)
	}
	// Ids that the transcript shows already make room for the rest.
	known := strings.NewReplacer(" "+w.cloud.workspaceID+" in "+region, "",
		"arn:aws:iam::"+w.cloud.emulator.AccountID()+":role/", "", "[plugin."+pluginhost.PluginID+"]", "grafana.ini")
	return known.Replace(result.Message), nil
}

// askedOnce checks that neither role cost more than one call of STS, however
// many requests were signed with it.
func (w *walk) askedOnce(context.Context) (string, error) {
	counts := w.cloud.emulator.Counts()
	calls, writes := counts.STS("AssumeRoleWithWebIdentity"), counts.Data("api/v1/remote_write", 0)
	if calls != 2 {
		return "", fmt.Errorf("STS was asked for credentials %d times, want one for the writer and one for the plugin", calls)
	}
	return fmt.Sprintf("STS asked once for %d writes, once for %d reads", writes, counts.Data("", http.StatusOK)-writes), nil
}

// query asks one of the walkthrough's queries both ways, checks every value,
// and keeps the chart for the end.
func (w *walk) query(q sampledata.SumRate, unit func(float64) string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		want := w.set.Expect(q, w.until.Add(-since), w.until, sampledata.Step)
		last := w.until.Truncate(sampledata.Step)
		panel, err := w.ask(ctx, w.plugin, w.cloud.reader, q.Expr, asPanel)
		if err != nil {
			return "", err
		}
		lines, err := compare(panel, q.By, want, grid(last.Add(-shown), last))
		if err != nil {
			return "", fmt.Errorf("as a panel: %w", err)
		}
		alert, err := w.ask(ctx, w.plugin, w.cloud.reader, q.Expr, asAlertRule)
		if err != nil {
			return "", err
		}
		if _, err := compare(alert, q.By, want, []time.Time{w.until}); err != nil {
			return "", fmt.Errorf("as an alert rule: %w", err)
		}
		w.charts = append(w.charts, chart.Chart{Title: w.report.paint(bold, q.Expr), Unit: unit, Width: 80, Colour: w.Colour}.Draw(lines))
		return fmt.Sprintf("panel %d × %d values, alert rule %d: all as written", len(lines), len(lines[0].Values), len(lines)), nil
	}
}

func (w *walk) writerCannotRead(ctx context.Context) (string, error) {
	host, err := w.startAs(ctx, w.cloud.writer)
	if err != nil {
		return "", err
	}
	defer host.Close()
	response, err := w.ask(ctx, host, w.cloud.writer, "up", asAlertRule)
	if err == nil {
		return "", fmt.Errorf("a role without aps:QueryMetrics has read %d frames", len(response))
	}
	return refusal(err.Error(), "aps:QueryMetrics")
}

// manner is how Grafana asks: a panel for a range, an alert rule for an instant.
type manner struct {
	query  map[string]any
	header map[string]string
}

var (
	asPanel     = manner{query: map[string]any{"range": true}}
	asAlertRule = manner{query: map[string]any{"instant": true}, header: map[string]string{"FromAlert": "true"}}
)

func (w *walk) ask(ctx context.Context, host *pluginhost.Host, as identity, expr string, m manner) (frames data.Frames, err error) {
	pc, err := grafana(as).Context(w.dataSource())
	if err != nil {
		return nil, err
	}
	query := map[string]any{"refId": "A", "expr": expr, "intervalMs": sampledata.Step.Milliseconds(), "maxDataPoints": 1500}
	for k, v := range m.query {
		query[k] = v
	}
	body, err := json.Marshal(query)
	if err != nil {
		return nil, err
	}
	response, err := host.QueryData(ctx, &backend.QueryDataRequest{
		PluginContext: pc,
		Headers:       m.header,
		Queries: []backend.DataQuery{{
			RefID: "A", JSON: body, Interval: sampledata.Step, MaxDataPoints: 1500,
			TimeRange: backend.TimeRange{From: w.until.Add(-shown), To: w.until},
		}},
	})
	if err != nil {
		return nil, err
	}
	a := response.Responses["A"]
	if a.Error != nil {
		return nil, fmt.Errorf("status %d: %w", a.Status, a.Error)
	}
	return a.Frames, nil
}
