package migrate_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/migrate"
)

// testdata/in is a team's folder: provisioning files, rules, manifests, and
// dashboards of every schema. testdata/out is what becomes of it; rewrite it with
// go test ./pkg/migrate -run Golden -update
func TestGolden(t *testing.T) {
	golden.NormalizeCRLFToLF = false // windows.yml keeps its line ends
	results, told := rewriteFolder(t, filepath.Join("testdata", "in"))
	var report strings.Builder
	for _, r := range results {
		golden.Assert(t, string(r.After), filepath.Join("..", strings.Replace(r.Name, "in", "out", 1)))
		for _, c := range r.Changes {
			fmt.Fprintf(&report, "%s: %s (%d)\n", filepath.ToSlash(r.Name), c.What, c.Count)
		}
		told = append(told, r.Findings...)
	}
	report.WriteString("\n")
	for _, f := range told {
		report.WriteString(filepath.ToSlash(f.String()) + "\n")
	}
	golden.Assert(t, report.String(), "report.txt")
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
