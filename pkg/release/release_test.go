package release

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 3, 4, 5, 6, 8, 0, time.UTC)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestTheSameFilesGiveTheSameBytes(t *testing.T) {
	content := map[string]string{"b.txt": "b", "a/c.js": "c", "gpx_x_linux_amd64": "program"}
	for _, name := range []string{"x.zip", "x.tar.gz"} {
		var written [][]byte
		for range 2 {
			dir := write(t, content) // other folders, other times
			files, err := Tree(dir)
			require.NoError(t, err)
			files[2].Executable = true
			out := filepath.Join(t.TempDir(), name)
			require.NoError(t, Write(out, "x", files, at))
			raw, err := os.ReadFile(out)
			require.NoError(t, err)
			written = append(written, raw)
		}
		require.Equal(t, written[0], written[1], name)
	}
}

func TestModesAndTimesAreKept(t *testing.T) {
	files := []File{{Name: "run", Path: filepath.Join(write(t, map[string]string{"run": "#!"}), "run"), Executable: true}}
	out := filepath.Join(t.TempDir(), "x.tar.gz")
	require.NoError(t, Write(out, "x", files, at))
	f, err := os.Open(out)
	require.NoError(t, err)
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	require.NoError(t, err)
	header, err := tar.NewReader(unpacked).Next()
	require.NoError(t, err)
	require.Equal(t, "x/run", header.Name)
	require.Equal(t, int64(0o755), header.Mode)
	require.True(t, header.ModTime.Equal(at))

	out = filepath.Join(t.TempDir(), "x.zip")
	require.NoError(t, Write(out, "x", files, at))
	r, err := zip.OpenReader(out)
	require.NoError(t, err)
	defer r.Close()
	require.Equal(t, fs.FileMode(0o755), r.File[0].Mode())
	require.True(t, r.File[0].Modified.Equal(at))
}

func TestLinksAreRefused(t *testing.T) {
	dir := write(t, map[string]string{"a": "a"})
	require.NoError(t, os.Symlink("a", filepath.Join(dir, "b")))
	_, err := Tree(dir)
	require.ErrorContains(t, err, "no regular file")
}

func TestChecksumsAreReadBySha256sum(t *testing.T) {
	dir := write(t, map[string]string{"a.zip": "a", "b.tar.gz": "b"})
	require.NoError(t, Checksums(filepath.Join(dir, "SHA256SUMS"), filepath.Join(dir, "a.zip"), filepath.Join(dir, "b.tar.gz")))
	raw, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	require.NoError(t, err)
	require.Equal(t, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a.zip\n"+
		"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b.tar.gz\n", string(raw))
	program, err := exec.LookPath("sha256sum")
	if errors.Is(err, exec.ErrNotFound) {
		return // the bytes above are its format
	}
	check := exec.CommandContext(t.Context(), program, "--check", "--strict", "SHA256SUMS")
	check.Dir = dir
	out, err := check.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestNotesAreTheVersionsPartOfTheChangelog(t *testing.T) {
	const changelog = "# Changelog\n\n## Unreleased\n\n## 1.2.0 / 2026-03-04\n\n- [FEATURE] Two.\n- [BUGFIX] Three.\n\n## 1.1.0\n\n- [FEATURE] One.\n"
	notes, err := Notes(changelog, "1.2.0")
	require.NoError(t, err)
	require.Equal(t, "- [FEATURE] Two.\n- [BUGFIX] Three.\n", notes)
	notes, err = Notes(changelog, "1.1.0")
	require.NoError(t, err)
	require.Equal(t, "- [FEATURE] One.\n", notes)
	_, err = Notes(changelog, "1.3.0")
	require.EqualError(t, err, `the changelog has no heading "## 1.3.0": write what is new in it`)
	_, err = Notes(changelog, Unreleased)
	require.EqualError(t, err, "the changelog says nothing of Unreleased")
}

// whole is a plugin that nothing is wrong with.
func whole() map[string]string {
	return map[string]string{
		"plugin.json": `{"id":"org-x-datasource","executable":"gpx_x","info":{"version":"1.2.3","updated":"2026-03-04",
			"logos":{"small":"img/logo.svg","large":"img/logo.svg"}},"includes":[{"path":"dashboards/d.json"},{"name":"a page"}]}`,
		"module.js": "m", "img/logo.svg": "<svg/>", "dashboards/d.json": "{}", "LICENSE": "l", "CHANGELOG.md": "c", "README.md": "r",
		"gpx_x_linux_amd64": "program", "gpx_x_windows_amd64.exe": "program",
	}
}

func TestCheckPlugin(t *testing.T) {
	targets := []Target{{"linux", "amd64"}, {"windows", "amd64"}}
	for name, c := range map[string]struct {
		change map[string]string // an empty text takes the file away
		folder string
		plain  bool // executables without their bit
		want   []string
	}{
		"whole":            {},
		"other folder":     {folder: "dist", want: []string{`the folder is "dist", and the plugin's id "org-x-datasource"`}},
		"no executable":    {change: map[string]string{"gpx_x_windows_amd64.exe": ""}, want: []string{"gpx_x_windows_amd64.exe is missing or empty"}},
		"no bit":           {plain: true, want: []string{"gpx_x_linux_amd64 has mode 0644", "gpx_x_windows_amd64.exe has mode 0644"}},
		"placeholder":      {change: map[string]string{"README.md": "%VERSION%"}, want: []string{"README.md still says %VERSION%"}},
		"no licence":       {change: map[string]string{"LICENSE": ""}, want: []string{"LICENSE is missing or empty"}},
		"no dashboard":     {change: map[string]string{"dashboards/d.json": ""}, want: []string{"dashboards/d.json is missing or empty"}},
		"broken signature": {change: map[string]string{"MANIFEST.txt": "m"}, want: []string{"there is a MANIFEST.txt"}},
		"path":             {change: map[string]string{"module.js": `{"file":"/home/me/ampkit/src"}`}, want: []string{"module.js holds the path of this checkout"}},
		"no plugin.json":   {change: map[string]string{"plugin.json": ""}, want: []string{"there is no plugin.json"}},
		"no version": {
			change: map[string]string{"plugin.json": `{"id":"org-x-datasource","executable":"gpx_x","info":{"version":"%VERSION%"}}`},
			want:   []string{`plugin.json says version "%VERSION%", updated ""`, "plugin.json still says %VERSION%"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			content := whole()
			maps.Copy(content, c.change)
			maps.DeleteFunc(content, func(_, text string) bool { return text == "" })
			files, err := Tree(write(t, content))
			require.NoError(t, err)
			for i, f := range files {
				files[i].Executable = !c.plain && len(f.Name) > 4 && f.Name[:4] == "gpx_"
			}
			folder := c.folder
			if folder == "" {
				folder = "org-x-datasource"
			}
			out := filepath.Join(t.TempDir(), "x.zip")
			require.NoError(t, Write(out, folder, files, at))
			err = CheckPlugin(out, "/home/me/ampkit", targets)
			if len(c.want) == 0 {
				require.NoError(t, err)
			}
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestCheckPluginRefusesPathsThatLeaveTheFolder(t *testing.T) {
	var raw bytes.Buffer
	w := zip.NewWriter(&raw)
	for name, text := range map[string]string{"org-x-datasource/plugin.json": `{"id":"org-x-datasource"}`, "org-x-datasource/../../x": "x"} {
		f, err := w.Create(name)
		require.NoError(t, err)
		_, err = io.WriteString(f, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	out := filepath.Join(t.TempDir(), "x.zip")
	require.NoError(t, os.WriteFile(out, raw.Bytes(), 0o600))
	require.ErrorContains(t, CheckPlugin(out, "/home/me/ampkit", nil), "org-x-datasource/../../x")
}
