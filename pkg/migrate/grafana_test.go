package migrate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/migrate"
	"github.com/ampkit/ampkit/pkg/migrate/grafanatest"
)

// serve is reached under a path, as behind a proxy.
func serve(t *testing.T, fake *grafanatest.Grafana) *migrate.Grafana {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/grafana", fake))
	t.Cleanup(server.Close)
	client, err := migrate.NewGrafana(server.URL+"/grafana/", grafanatest.Token, nil)
	require.NoError(t, err)
	return client
}

// textOf is all that it holds but what a save counts.
func textOf(t *testing.T, g *grafanatest.Grafana) string {
	t.Helper()
	text, err := json.Marshal([]any{g.Sources, g.Dashboards, g.V2, g.Elements["e149"]})
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	text, err = json.Marshal(without(v, "version", "metadata"))
	require.NoError(t, err)
	return string(text)
}

func without(v any, names ...string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range names {
			delete(v, name)
		}
		for _, value := range v {
			without(value, names...)
		}
	case []any:
		for _, value := range v {
			without(value, names...)
		}
	}
	return v
}

func plan(t *testing.T, g *migrate.Grafana) *migrate.Plan {
	t.Helper()
	p, err := tryPlan(t, g)
	require.NoError(t, err)
	return p
}

func tryPlan(t *testing.T, g *migrate.Grafana) (*migrate.Plan, error) {
	t.Helper()
	k, err := migrate.NewKnown(nil)
	require.NoError(t, err)
	return g.Plan(t.Context(), k, migrate.Scope{}, nil)
}

func names(p *migrate.Plan) []string {
	var out []string
	for _, item := range p.Items {
		out = append(out, string(item.Kind)+" "+item.Name)
	}
	return out
}

// However many a page holds: Grafana's limits have changed, and an answer does
// not say how many there are.
func TestEveryPageIsRead(t *testing.T) {
	for _, size := range []int{1, 7, 50, 0} {
		fake := grafanatest.New()
		fake.PageSize = size
		for i := range 50 - len(fake.Dashboards) - len(fake.V2) { // a whole page is the last one
			uid := fmt.Sprintf("more%d", i)
			fake.Dashboards[uid] = map[string]any{"uid": uid, "title": uid, "panels": []any{
				map[string]any{"datasource": map[string]any{"type": "prometheus", "uid": "shop"}},
			}}
		}
		var looked int
		k, err := migrate.NewKnown(nil)
		require.NoError(t, err)
		p, err := serve(t, fake).Plan(t.Context(), k, migrate.Scope{}, func(done, _ int) { looked = done })
		require.NoError(t, err)
		require.Equal(t, 50, looked, "pages of %d", size)
		require.Contains(t, names(p), "dashboard more42")
		require.Contains(t, names(p), "library panel Element 149")
	}
}

func TestAGrafanaIsMovedAndPutBack(t *testing.T) {
	fake := grafanatest.New()
	g := serve(t, fake)
	before := textOf(t, fake)
	p := plan(t, g)
	require.Equal(t, []string{"data source Old", "data source Shop", "library panel Element 149", "dashboard Dashboard 0", "dashboard Dashboard 1", "dashboard v2 Second"}, names(p))
	var told strings.Builder
	for _, f := range p.Findings {
		told.WriteString(f.String() + "\n")
	}
	for _, want := range []string{
		"data source Plain: a plain Prometheus",
		"data source File: it is provisioned, and Grafana lets only its file change it: run ampkit migrate files",
		"data source Targets: recording rule Totals writes into it",
		"dashboard Dashboard 2: all of it: it is provisioned from d.json",
		"dashboard Dashboard 4: references to file (2 times): their data source stays: it is provisioned",
		"dashboard Dashboard 5: references to targets (2 times): their data source stays: recording rule Totals",
	} {
		require.Contains(t, told.String(), want)
	}
	require.Zero(t, fake.Changes, "a plan changes nothing")

	path := filepath.Join(t.TempDir(), "backup.json")
	require.NoError(t, g.Backup(p, time.Unix(0, 0)).Write(path))
	require.ErrorContains(t, g.Backup(p, time.Unix(0, 0)).Write(path), "exists", "a backup is never overwritten")
	for _, item := range p.Items {
		require.NoError(t, g.Apply(t.Context(), item))
	}
	require.Equal(t, "hush", fake.Secrets["shop"]["sigV4SecretKey"], "secrets stay")
	require.Equal(t, migrate.TypeAmpkit, fake.Sources["shop"]["type"])
	require.Equal(t, true, fake.Sources["shop"]["isDefault"])
	require.Contains(t, fmt.Sprint(fake.V2["v2"]), "group:"+migrate.TypeAmpkit)
	require.Empty(t, names(plan(t, g)), "a second run changes nothing")

	b, err := migrate.ReadBackup(path)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprintf("%s", b.Items), "hush")
	restoreAll(t, g, b, len(p.Items))
	require.Equal(t, before, textOf(t, fake))
	require.Equal(t, "hush", fake.Secrets["shop"]["sigV4SecretKey"])
	restoreAll(t, g, b, 0)
}

func restoreAll(t *testing.T, g migrate.Store, b migrate.Backup, want int) {
	t.Helper()
	restored := 0
	for _, item := range b.Items {
		wouldDo, err := g.Restore(t.Context(), item, true, false)
		require.NoError(t, err, item.Name)
		did, err := g.Restore(t.Context(), item, false, false)
		require.NoError(t, err, item.Name)
		require.Equal(t, wouldDo, did)
		if did {
			restored++
		}
	}
	require.Equal(t, want, restored)
}

// Whichever request is cut, before or after Grafana has done it, the next run
// ends where an uncut one ends.
func TestEveryCutConverges(t *testing.T) {
	whole := grafanatest.New()
	g := serve(t, whole)
	for _, item := range plan(t, g).Items {
		require.NoError(t, g.Apply(t.Context(), item))
	}
	want := textOf(t, whole)
	require.Equal(t, 6, whole.Changes)
	for cut := 1; cut <= whole.Changes; cut++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %t", cut, after), func(t *testing.T) {
				fake := grafanatest.New()
				fake.Cut, fake.After = cut, after
				g := serve(t, fake)
				broken := false
				for _, item := range plan(t, g).Items {
					if err := g.Apply(t.Context(), item); err != nil {
						require.ErrorContains(t, err, "no answer from Grafana")
						broken = true
						break
					}
				}
				require.True(t, broken)
				for _, item := range plan(t, g).Items {
					require.NoError(t, g.Apply(t.Context(), item))
				}
				require.Equal(t, want, textOf(t, fake))
				require.Empty(t, names(plan(t, g)))
			})
		}
	}
}

func TestSomeoneElsesChangeIsKept(t *testing.T) {
	fake := grafanatest.New()
	g := serve(t, fake)
	p := plan(t, g)
	fake.Sources["shop"]["version"], fake.Sources["shop"]["name"] = 2, "Renamed"
	fake.Dashboards["d0"]["version"], fake.Dashboards["d0"]["title"] = 4, "Renamed"
	metadata, _ := fake.V2["v2"]["metadata"].(map[string]any)
	metadata["resourceVersion"] = "10"
	fake.Elements["e149"]["version"] = 3
	failed := 0
	for _, item := range p.Items {
		if err := g.Apply(t.Context(), item); err != nil {
			failed++
			require.ErrorContains(t, err, "someone else changed it meanwhile: run again")
		}
	}
	require.Equal(t, 4, failed)
	require.Equal(t, "Renamed", fake.Sources["shop"]["name"])

	// Put back is only what nobody touched, before the migration's change or since.
	b := g.Backup(p, time.Unix(0, 0))
	for _, item := range b.Items {
		if item.Name == "Shop" || item.Name == "Dashboard 0" {
			_, err := g.Restore(t.Context(), item, false, false)
			require.ErrorIs(t, err, migrate.ErrChangedSince, item.Name)
		}
	}
	fake.Dashboards["d1"]["version"], fake.Dashboards["d1"]["title"] = 7, "Edited"
	for _, item := range b.Items {
		if item.Name != "Dashboard 1" {
			continue
		}
		_, err := g.Restore(t.Context(), item, false, false)
		require.ErrorIs(t, err, migrate.ErrChangedSince)
		done, err := g.Restore(t.Context(), item, false, true)
		require.NoError(t, err)
		require.True(t, done)
		require.Equal(t, "Dashboard 1", fake.Dashboards["d1"]["title"])
	}
}

func TestOnlySomeAreAskedFor(t *testing.T) {
	fake := grafanatest.New()
	k, err := migrate.NewKnown(nil)
	require.NoError(t, err)
	seen := 0
	p, err := serve(t, fake).Plan(t.Context(), k, migrate.Scope{Sources: []string{"old"}}, func(done, all int) {
		seen = done
		require.Equal(t, 7, all)
	})
	require.NoError(t, err)
	require.Equal(t, []string{"data source Old"}, names(p))
	require.Equal(t, 7, seen)
}

func TestWhatGrafanaRefuses(t *testing.T) {
	fake := grafanatest.New()
	fake.NoPlugin = true
	_, err := serve(t, fake).CheckPlugin(t.Context())
	require.ErrorIs(t, err, migrate.ErrNoPlugin)

	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	g, err := migrate.NewGrafana(server.URL, "wrong", nil)
	require.NoError(t, err)
	_, err = tryPlan(t, g)
	require.ErrorContains(t, err, "401 Unauthorized: Invalid API key: Grafana does not know the token: make one")

	redirects := httptest.NewServer(http.RedirectHandler("/grafana/login", http.StatusFound))
	t.Cleanup(redirects.Close)
	g, err = migrate.NewGrafana(redirects.URL, grafanatest.Token, nil)
	require.NoError(t, err)
	_, err = tryPlan(t, g)
	require.ErrorContains(t, err, `Grafana redirects to "/grafana/login": give that address`)

	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	t.Cleanup(other.Close)
	g, err = migrate.NewGrafana(other.URL, grafanatest.Token, nil)
	require.NoError(t, err)
	_, err = tryPlan(t, g)
	require.ErrorContains(t, err, "is this the URL of a Grafana?")

	for _, address := range []string{"", "grafana.example.com", "ftp://grafana", "https://admin:admin@grafana"} {
		_, err := migrate.NewGrafana(address, grafanatest.Token, nil)
		require.ErrorContains(t, err, "is not the URL of a Grafana", address)
	}
}

func TestAPlanCanBeStopped(t *testing.T) {
	g := serve(t, grafanatest.New())
	ctx, cancel := context.WithCancel(t.Context())
	k, err := migrate.NewKnown(nil)
	require.NoError(t, err)
	_, err = g.Plan(ctx, k, migrate.Scope{}, func(int, int) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
}
