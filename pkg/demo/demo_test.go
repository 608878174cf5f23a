package demo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/demo"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if built != "" {
			_ = os.RemoveAll(built)
		}
		os.Exit(code)
	}))
}

var built string // directory of the programs

// programs are built once for all tests of the package that run them.
var programs = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "ampkit-demo-test-"); err != nil {
		return "", err
	}
	built = dir
	for name, pkg := range map[string]string{"gpx_ampkit": "../", "ampkit": "../cmd/ampkit"} {
		build := exec.Command("go", "build", "-tags", "arrow_json_stdlib", "-o", filepath.Join(dir, name+exe()), pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the release is built
		if out, err := build.CombinedOutput(); err != nil {
			return dir, errors.New(string(out))
		}
	}
	return dir, nil
})

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

func options(t *testing.T, out io.Writer) demo.Options {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the plugin and ampkit; not with -short")
	}
	dir, err := programs()
	require.NoError(t, err)
	t.Setenv("TMPDIR", t.TempDir())
	return demo.Options{Plugin: filepath.Join(dir, "gpx_ampkit"+exe()), Ampkit: filepath.Join(dir, "ampkit"+exe()), Out: out}
}

func TestTheWholeWalkthrough(t *testing.T) {
	var out bytes.Buffer
	began := time.Now()
	require.NoError(t, demo.Run(t.Context(), options(t, &out)), "%s", &out)
	t.Logf("ran in %s", time.Since(began).Round(time.Millisecond))

	text := out.String()
	require.Equal(t, 12, strings.Count(text, " ✓ "), text)
	require.NotContains(t, text, "✗")
	require.NotContains(t, text, "\x1b", "no colours but on a terminal")
	require.Equal(t, 2, strings.Count(text, "panel 3 × 201 values, alert rule 3: all as written"), text)
	for _, legend := range []string{"/user/product", "/popular/product", "/popular/category", "ip-10-0-1-23:9100"} {
		require.Contains(t, text, legend)
	}
	require.LessOrEqual(t, strings.Count(text, "\n"), 64, text)
	for _, l := range strings.Split(text, "\n") {
		require.LessOrEqual(t, utf8.RuneCountInString(l), 100, l)
	}
	requireTidy(t)
}

func TestKeepRunsUntilItIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	read, write := io.Pipe()
	o := options(t, write)
	o.Keep = true
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(demo.Run(ctx, o), write.Close()) }()

	var seen strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(seen.String(), "timeInterval: 15s") {
		n, err := read.Read(buffer)
		seen.Write(buffer[:n])
		require.NoError(t, err, seen.String())
	}
	require.Contains(t, seen.String(), "[plugin.grafana-ampkitprometheus-datasource]")
	require.Regexp(t, `AWS_ENDPOINT_URL_STS=(http://127\.0\.0\.1:\d+)\nAWS_ENDPOINT_URL_AMP=http://127`, seen.String())
	stop()
	_, _ = io.Copy(io.Discard, read)
	require.NoError(t, <-ended, "stopping is how it ends")
	requireTidy(t)
}

func TestEveryEndIsTidy(t *testing.T) {
	t.Run("no plugin", func(t *testing.T) {
		o := options(t, io.Discard)
		o.Plugin = "nowhere"
		require.ErrorContains(t, demo.Run(t.Context(), o), "go tool mage build")
		requireTidy(t)
	})
	t.Run("not a plugin", func(t *testing.T) {
		var out bytes.Buffer
		o := options(t, &out)
		o.Plugin = o.Ampkit
		require.ErrorContains(t, demo.Run(t.Context(), o), "plugin: start plugin")
		require.Contains(t, out.String(), "✗ plugin ")
		requireTidy(t)
	})
	t.Run("address in use", func(t *testing.T) {
		o := options(t, io.Discard)
		o.Listen = "127.0.0.1:-1"
		require.ErrorContains(t, demo.Run(t.Context(), o), "--listen")
		requireTidy(t)
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o := options(t, writerFunc(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte("remote write")) {
				cancel()
			}
			return len(p), nil
		}))
		require.ErrorIs(t, demo.Run(ctx, o), context.Canceled)
		requireTidy(t)
	})
}

// requireTidy checks that nothing stays on the machine.
func requireTidy(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
