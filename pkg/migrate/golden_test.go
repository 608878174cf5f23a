package migrate_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/migrate"
)

var update = flag.Bool("update", false, "rewrite testdata/out")

// testdata/in is a team's folder: provisioning files, rules, manifests, and
// dashboards of every schema. testdata/out is what becomes of it; rewrite it with
// go test ./pkg/migrate -run Golden -update
func TestGolden(t *testing.T) {
	results, told := rewriteFolder(t, filepath.Join("testdata", "in"))
	var report strings.Builder
	for _, r := range results {
		golden(t, strings.Replace(r.Name, "in", "out", 1), r.After)
		for _, c := range r.Changes {
			fmt.Fprintf(&report, "%s: %s (%d)\n", filepath.ToSlash(r.Name), c.What, c.Count)
		}
		told = append(told, r.Findings...)
	}
	report.WriteString("\n")
	for _, f := range told {
		report.WriteString(filepath.ToSlash(f.String()) + "\n")
	}
	golden(t, filepath.Join("testdata", "report.txt"), []byte(report.String()))
}

func rewriteFolder(t *testing.T, folder string) ([]migrate.Result, []migrate.Finding) {
	t.Helper()
	documents, told, err := migrate.ReadFiles(t.Context(), []string{folder})
	require.NoError(t, err)
	require.NotEmpty(t, documents)
	k, err := migrate.NewKnown(nil)
	require.NoError(t, err)
	migrate.Learn(k, documents)
	return migrate.RewriteAll(k, documents), told
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with -update")
	require.Equal(t, string(want), string(got), path)
}

// What was migrated is found migrated.
func TestASecondRunChangesNothing(t *testing.T) {
	results, _ := rewriteFolder(t, filepath.Join("testdata", "out"))
	for _, r := range results {
		require.False(t, r.Changed(), "%s:\n%s", r.Name, r.Diff())
	}
}

// Nothing but the three words of a plugin differs, and only lines with one.
func TestOnlyTypesChange(t *testing.T) {
	results, _ := rewriteFolder(t, filepath.Join("testdata", "in"))
	changed := 0
	for _, r := range results {
		for line := range bytes.Lines(r.Diff()) {
			if len(line) == 0 || line[0] != '+' || bytes.HasPrefix(line, []byte("+++")) {
				continue
			}
			changed++
			require.Regexp(t, `grafana-ampkitprometheus-datasource|\(ampkit\)|"version": "1\.0\.0"|^\+    <<: \*base`, string(line), r.Name)
		}
	}
	require.Greater(t, changed, 30)
}
