package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

const (
	repository = "github.com/ampkit/ampkit"
	module     = repository + "/pkg"
)

// rooms says which of our packages each room may import; sub-packages belong to their room. docs/architecture.md has
// the picture. A room may always import itself.
var rooms = map[string][]string{
	"":            {"plugin"},
	"plugin":      {"query", "promjson", "framewire", "amp", "sigv4", "awscreds", "doctor", "settings"},
	"query":       {"settings"},
	"promjson":    {},
	"framewire":   {"promjson"},
	"amp":         {"sigv4", "awscreds", "settings"},
	"sigv4":       {},
	"awscreds":    {"settings"},
	"settings":    {},
	"remotewrite": {"sigv4", "amp"},
	"sampledata":  {},
	"irsa":        {"awscreds", "amp"},
	"vpcendpoint": {"awscreds", "amp"},
	"doctor":      {"amp", "awscreds", "settings"},
	"proxy":       {"sigv4", "amp"},
	"pluginhost":  {},
	"dashboards":  {},
	"emulator":    {"sampledata"},
	"chart":       {},
	"docs":        {},
	"recommender": {},
	"demo":        {"amp", "awscreds", "chart", "emulator", "pluginhost", "query", "remotewrite", "sampledata", "settings", "sigv4"},
	"helm":        {"amp", "dashboards", "irsa", "settings"},
	"migrate":     {"amp", "settings"},
	"release":     {},
	"promserver":  {"testlog"},
	"testlog":     {},
	"e2e":         {"amp", "emulator", "pluginhost", "remotewrite", "sampledata", "sigv4"},
	"cmd":         {"amp", "awscreds", "chart", "demo", "doctor", "emulator", "helm", "irsa", "migrate", "pluginhost", "promjson", "proxy", "recommender", "remotewrite", "sampledata", "settings", "sigv4", "vpcendpoint"},
}

// forbidden lists what a room must not import itself, with the reason.
var forbidden = []struct{ room, path, why string }{
	{"promjson", "net/http", "a leaf: it reads bytes, wherever they come from"},
	{"framewire", "net/http", "a leaf: it writes bytes, wherever they go"},
	{"promjson", "github.com/aws/", "a leaf: it reads bytes, wherever they come from"},
	{"framewire", "github.com/aws/", "a leaf: it writes bytes, wherever they go"},
	{"query", "net/http", "pure: what a query asks does not depend on who is asked"},
	{"settings", "github.com/grafana/", "a leaf: jsonData in, one struct out"},
	{"settings", "github.com/aws/", "a leaf: jsonData in, one struct out"},
	{"emulator", "github.com/aws/aws-sdk-go-v2/aws/signer", "a verifier that shares code with a signer shares its mistakes"},
	{"plugin", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
	{"amp", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
	{"cmd", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
	{"demo", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
	{"proxy", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
	{"remotewrite", "github.com/aws/aws-sdk-go-v2/config", "only awscreds builds AWS configurations"},
}

// tooHeavy must not get into the plugin's binary, not even through others.
var tooHeavy = []string{
	"github.com/prometheus/prometheus/tsdb",
	"github.com/prometheus/prometheus/promql",
	"github.com/prometheus/prometheus/web/api/v1",
	module + "/emulator",
}

func TestEachRoomImportsOnlyWhatTheHouseAllows(t *testing.T) {
	for _, p := range load(t, packages.NeedName|packages.NeedImports, "./...", "../e2e/...") {
		room := roomOf(p.PkgPath)
		allowed, known := rooms[room]
		require.True(t, known, "%s is in no room of the house: add it to rooms and to docs/architecture.md", p.PkgPath)
		for path := range p.Imports {
			if strings.HasPrefix(path, module+"/") && roomOf(path) != room {
				require.Contains(t, allowed, roomOf(path), "%s imports %s", p.PkgPath, path)
			}
			for _, f := range forbidden {
				if f.room == room && (path == f.path || strings.HasPrefix(path, strings.TrimSuffix(f.path, "/")+"/")) {
					t.Errorf("%s imports %s: %s", p.PkgPath, path, f.why)
				}
			}
		}
	}
}

func TestPluginHoldsNeitherStorageNorQueryEngine(t *testing.T) {
	seen := map[string]bool{}
	packages.Visit(load(t, packages.NeedName|packages.NeedImports|packages.NeedDeps, "."), nil, func(p *packages.Package) {
		seen[p.PkgPath] = true
	})
	require.True(t, seen[module+"/plugin"], "the plugin's own packages were not seen: this test looks at the wrong thing")
	for _, path := range tooHeavy {
		require.False(t, seen[path], "the plugin imports %s", path)
	}
}

func load(t *testing.T, mode packages.LoadMode, patterns ...string) []*packages.Package {
	t.Helper()
	pkgs, err := packages.Load(&packages.Config{Context: t.Context(), Mode: mode}, patterns...)
	require.NoError(t, err)
	require.NotEmpty(t, pkgs)
	return pkgs
}

func roomOf(path string) string {
	if room, ok := strings.CutPrefix(path, repository+"/e2e"); ok && (room == "" || room[0] == '/') {
		return "e2e"
	}
	room, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(path, module), "/"), "/")
	return room
}
