package migrate_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/migrate"
)

const oneSource = "datasources:\n- {name: A, type: grafana-amazonprometheus-datasource, url: $U}\n"

// Links stay links, modes stay, hidden folders and other files are left out.
func TestAFolder(t *testing.T) {
	root := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(oneSource), mode))
		return path
	}
	mounted, hidden, text := write("..data/amp.yaml", 0o640), write(".git/x.yaml", 0o600), write("x.txt", 0o600)
	link := filepath.Join(root, "amp.yaml")
	require.NoError(t, os.Symlink(filepath.Join("..data", "amp.yaml"), link))
	require.NoError(t, os.WriteFile(filepath.Join(root, "chart.yaml"), []byte("{{- if .Values.a }}\na: 1\n{{- end }}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "wide.yaml"), []byte("\xff\xfea\x00"), 0o600))

	results, told := rewriteFolder(t, root)
	require.Len(t, results, 1)
	require.Len(t, told, 2, "what can't be read is told")
	b, err := migrate.FilesBackup(results, time.Unix(0, 0))
	require.NoError(t, err)
	require.NoError(t, migrate.Files{}.Apply(t.Context(), b.Items[0]))

	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink)
	info, err = os.Stat(mounted)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
	got, err := os.ReadFile(mounted)
	require.NoError(t, err)
	require.Contains(t, string(got), migrate.TypeAmpkit)
	for _, path := range []string{hidden, text} {
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, oneSource, string(got))
	}
	left, err := filepath.Glob(filepath.Join(root, "..data", ".*"))
	require.NoError(t, err)
	require.Empty(t, left, "no temporary file stays")

	// A file that was changed meanwhile is not overwritten.
	require.NoError(t, os.WriteFile(mounted, []byte("# mine\n"), 0o600))
	require.ErrorContains(t, migrate.Files{}.Apply(t.Context(), b.Items[0]), "it was changed since it was read")
	_, err = migrate.Files{}.Restore(t.Context(), b.Items[0], false, false)
	require.ErrorIs(t, err, migrate.ErrChangedSince)
}

func TestReadingCanBeStopped(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.yaml"), []byte(oneSource), 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := migrate.ReadFiles(ctx, []string{root})
	require.ErrorIs(t, err, context.Canceled)
}
