package release

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/require"
)

func TestPackagesAreThoseInTheBundles(t *testing.T) {
	dir := write(t, map[string]string{
		"module.js.map": `{"sources":["webpack://id/./src/module.ts","webpack://id/./node_modules/lodash/lodash.js","webpack://id/./node_modules/grafana-public-path.js","webpack://id/external amd \"react\""]}`,
		"1.js.map": `{"sources":["webpack://id/./node_modules/lodash/map.js",
			"webpack://id/./node_modules/@grafana/prometheus/node_modules/@lezer/common/dist/index.js"]}`,
		"lock.json": `{"packages":{"node_modules/lodash":{"version":"4.18.1","license":"MIT","integrity":"sha512-YWJj"},
			"node_modules/never-bundled":{"version":"1.0.0"},
			"node_modules/@grafana/prometheus/node_modules/@lezer/common":{"version":"1.5.0","license":"(MIT OR Apache-2.0)"}}}`,
	})
	got, err := Packages(dir, filepath.Join(dir, "lock.json"))
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "pkg:npm/%40lezer/common@1.5.0", got[0].PackageURL)
	require.Equal(t, &cdx.Licenses{{Expression: "(MIT OR Apache-2.0)"}}, got[0].Licenses)
	require.Equal(t, "pkg:npm/lodash@4.18.1", got[1].PackageURL)
	require.Equal(t, &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA512, Value: "616263"}}, got[1].Hashes)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "lock.json"), []byte(`{"packages":{}}`), 0o600))
	_, err = Packages(dir, filepath.Join(dir, "lock.json"))
	require.ErrorContains(t, err, "is in the bundle and not in")
	_, err = Packages(t.TempDir(), filepath.Join(dir, "lock.json"))
	require.ErrorContains(t, err, "has no source maps")
}

func TestBOMNamesWhatIsLinkedIn(t *testing.T) {
	linked := modules(&debug.BuildInfo{GoVersion: "go1.26.8", Deps: []*debug.Module{
		{Path: "github.com/spf13/cobra", Version: "v1.10.2", Sum: "h1:YWJj"},
		{Path: "example.org/old", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/new", Version: "v2.0.0+incompatible"}},
	}})
	file := filepath.Join(t.TempDir(), "x.cdx.json")
	require.NoError(t, WriteBOM(file, Subject{Name: "x", Version: "1.2.3", Licence: "AGPL-3.0-only", At: at}, linked, linked))
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	var bom cdx.BOM
	require.NoError(t, json.Unmarshal(raw, &bom))
	require.Equal(t, "2026-03-04T05:06:08Z", bom.Metadata.Timestamp)
	require.Empty(t, bom.SerialNumber, "a random number would differ each time")
	var urls []string
	for _, c := range *bom.Components {
		urls = append(urls, c.PackageURL)
	}
	require.Equal(t, []string{
		"pkg:golang/example.org/new@v2.0.0+incompatible", "pkg:golang/github.com/spf13/cobra@v1.10.2",
		"pkg:golang/std@1.26.8",
	}, urls, "sorted, and what is named twice listed once")
	require.Equal(t, &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: "616263"}}, (*bom.Components)[1].Hashes)
}

func TestModulesOfAProgram(t *testing.T) {
	program, err := os.Executable()
	require.NoError(t, err)
	linked, err := Modules(program)
	require.NoError(t, err)
	require.Equal(t, "pkg:golang/std@"+strings.TrimPrefix(runtime.Version(), "go"), linked[0].PackageURL)
	_, err = Modules(filepath.Join("testdata", "none"))
	require.ErrorContains(t, err, "which modules are in none")
}
