package main

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
	"gotest.tools/v3/golden"
)

const architecture = "../docs/architecture.md"

// docs/architecture.md has every room, with what the house allows it to import.
func TestArchitectureHasEveryRoom(t *testing.T) {
	text, err := os.ReadFile(architecture)
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^\\| (`(?:pkg/[^|]*|e2e)`) \\|[^|]*\\|([^|]*)\\|$")
	code := regexp.MustCompile("`([^`]+)`")
	told := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		var allowed []string
		for _, c := range code.FindAllStringSubmatch(m[2], -1) {
			allowed = append(allowed, c[1])
		}
		for _, c := range code.FindAllStringSubmatch(m[1], -1) {
			room := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(c[1], "pkg/"), "main.go"), "/ampkit")
			told[room] = true
			if !regexp.MustCompile(`never|all but`).MatchString(m[2]) { // in words
				require.ElementsMatch(t, rooms[room], allowed, "what %s may import", c[1])
			}
		}
	}
	for _, p := range load(t, packages.NeedName, "./...") {
		room := roomOf(p.PkgPath)
		require.True(t, told[room], "docs/architecture.md has no row for %q", room)
	}
}

// The picture is drawn from the imports: go test ./pkg -run Golden -update
func TestArchitecturePictureGolden(t *testing.T) {
	text, err := os.ReadFile(architecture)
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)(<!-- drawn from the imports -->\n```mermaid\n).*?(```)")
	require.True(t, block.Match(text))
	drawn := block.ReplaceAllString(string(text), "${1}"+picture(t)+"${2}")
	golden.Assert(t, drawn, "../"+architecture, "the imports have changed")
}

// picture shows who imports whom, without what follows from the rest. The command line and the demo import nearly all,
// and are left out, as is what nobody imports and imports nobody.
func picture(t *testing.T) string {
	t.Helper()
	imports := map[string]map[string]bool{}
	for _, p := range load(t, packages.NeedName|packages.NeedImports, "./...") {
		from := roomOf(p.PkgPath)
		if from == "cmd" || from == "demo" {
			continue
		}
		for path := range p.Imports {
			if to := roomOf(path); strings.HasPrefix(path, module+"/") && to != from {
				if imports[from] == nil {
					imports[from] = map[string]bool{}
				}
				imports[from][to] = true
			}
		}
	}
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		for _, to := range slices.Sorted(maps.Keys(imports[from])) {
			if !reachedOtherwise(imports, from, to) {
				name := from
				if name == "" {
					name = "main.go"
				}
				fmt.Fprintf(&b, "  %s --> %s\n", name, to)
			}
		}
	}
	return b.String()
}

// reachedOtherwise tells whether from leads to to by way of another room.
func reachedOtherwise(imports map[string]map[string]bool, from, to string) bool {
	var leads func(at string) bool
	leads = func(at string) bool {
		return at == to || slices.ContainsFunc(slices.Collect(maps.Keys(imports[at])), leads)
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(imports[from])), func(next string) bool { return next != to && leads(next) })
}
