package dashboards_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/dashboards"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sampledata/sampletest"
)

const pluginID = "grafana-ampkitprometheus-datasource"

// noon is where the dashboards' time range ends.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type (
	dataSource struct{ Type, UID string }
	panel      struct {
		Title, Type, Description string
		Datasource               *dataSource
		Targets                  []struct {
			Expr       string
			Instant    bool
			Datasource dataSource
		}
		Panels []panel
	}
	board struct {
		Title       string
		Panels      []panel
		Annotations struct{ List []struct{ Name, Expr string } }
		Templating  struct {
			List []struct{ Name, Type, Definition, Query any }
		}
	}
)

func boards(t *testing.T) map[string]board {
	t.Helper()
	all := map[string]board{}
	for name, text := range map[string]string{"recommender.json": dashboards.Recommender(), "workspace-usage.json": dashboards.WorkspaceUsage()} {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &fields))
		for _, key := range []string{"id", "uid", "version", "__inputs"} {
			require.NotContains(t, fields, key, "%s: Grafana refuses it, or asks again, for a second data source", name)
		}
		var b board
		require.NoError(t, json.Unmarshal([]byte(text), &b))
		all[name] = b
	}
	return all
}

// panels are those of a dashboard, those in its rows too.
func panels(list []panel) (all []panel) {
	for _, p := range list {
		all = append(append(all, p), panels(p.Panels)...)
	}
	return slices.DeleteFunc(all, func(p panel) bool { return p.Type == "row" })
}

// Every panel shows something with the sample data.
func TestEveryPanelHasData(t *testing.T) {
	ask := engine(t)
	for name, b := range boards(t) {
		require.NotEmpty(t, panels(b.Panels))
		for _, p := range panels(b.Panels) {
			require.NotEmpty(t, p.Description, "%s, %s: says nothing about itself", name, p.Title)
			require.NotEmpty(t, p.Targets, "%s, %s", name, p.Title)
			for _, target := range p.Targets {
				require.NotEmpty(t, ask(target.Expr, noon), "%s, %s: %s", name, p.Title, target.Expr)
			}
		}
	}
}

// The second pod is killed every 50 minutes, so within the hour it is marked.
func TestRestartsAreMarked(t *testing.T) {
	ask := engine(t)
	for _, a := range boards(t)["recommender.json"].Annotations.List {
		marked := 0
		for at := noon.Add(-50 * time.Minute); at.Before(noon); at = at.Add(time.Minute) {
			marked += len(ask(a.Expr, at))
		}
		require.NotZero(t, marked, a.Name)
		require.Less(t, marked, 5, "%s: a mark a minute is none", a.Name)
	}
}

// The data source is the user's choice, everywhere.
func TestNoDataSourceIsFixed(t *testing.T) {
	for name, b := range boards(t) {
		require.Equal(t, "datasource", b.Templating.List[0].Name)
		require.Equal(t, pluginID, b.Templating.List[0].Query)
		want := dataSource{pluginID, "${datasource}"}
		for _, p := range panels(b.Panels) {
			require.Equal(t, &want, p.Datasource, "%s, %s", name, p.Title)
			for _, target := range p.Targets {
				require.Equal(t, want, target.Datasource, "%s, %s", name, p.Title)
			}
		}
	}
}

func TestPluginBringsTheDashboards(t *testing.T) {
	text, err := os.ReadFile("../../src/plugin.json")
	require.NoError(t, err)
	var plugin struct {
		ID       string
		Includes []struct{ Type, Name, Path string }
	}
	require.NoError(t, json.Unmarshal(text, &plugin))
	require.Equal(t, pluginID, plugin.ID)
	all := boards(t)
	require.Len(t, plugin.Includes, len(all))
	for _, i := range plugin.Includes {
		require.Equal(t, "dashboard", i.Type)
		require.Equal(t, i.Name, all[strings.TrimPrefix(i.Path, "dashboards/")].Title)
	}
}

// engine answers from the sample data of the hour before noon.
func engine(t *testing.T) func(expr string, at time.Time) promql.Vector {
	t.Helper()
	store := sampletest.Store(t, sampledata.Walkthrough(sampledata.DefaultSeed).Between(noon.Add(-time.Hour), noon.Add(sampledata.Step), sampledata.Step))
	e := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	return func(expr string, at time.Time) promql.Vector {
		t.Helper()
		expr = strings.NewReplacer("$job", "recommender", "$__rate_interval", "1m").Replace(expr)
		query, err := e.NewInstantQuery(t.Context(), store, nil, expr, at)
		require.NoError(t, err, expr)
		defer query.Close()
		vector, err := query.Exec(t.Context()).Vector()
		require.NoError(t, err, expr)
		return slices.Clone(vector)
	}
}
