// Package promserver runs a Prometheus server that nobody here wrote, for tests.
package promserver

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/testlog"
)

// Unsigned is why a test skips when the writes of the server arrive unsigned: in
// Debian 12's package a patch drops the signing transport together with
// OpenTelemetry's.
const Unsigned = "needs prometheus with a remote write that signs: Debian 12's 2.42 was built without, Debian 13's 2.53 signs"

// Start runs the server of AMPKIT_PROMETHEUS or on PATH until the test ends, and
// returns its URL when it is ready; without one the test skips. config is its
// prometheus.yml, given the address that it serves on. Its log is shown when the
// test fails, without the secrets.
func Start(t *testing.T, config func(address string) string, secrets ...string) (url string) {
	t.Helper()
	binary := os.Getenv("AMPKIT_PROMETHEUS")
	if binary == "" {
		binary = "prometheus"
	}
	binary, err := exec.LookPath(binary)
	if err != nil {
		t.Skip("needs prometheus: set AMPKIT_PROMETHEUS or put it on PATH")
	}
	dir, address := t.TempDir(), freeAddress(t)
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config(address)), 0o600))

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, binary, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address) //nolint:gosec // the program is whoever runs the tests' own choice
	log := new(testlog.Log)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, []string{"HOME=" + dir}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // interrupted: its code says so
		if t.Failed() {
			text := log.String()
			for _, secret := range secrets {
				text = strings.ReplaceAll(text, secret, "[redacted]")
			}
			t.Log(text)
		}
	})
	url = "http://" + address
	for deadline := time.Now().Add(time.Minute); !ready(t, url); <-time.After(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "Prometheus is not ready")
	}
	return url
}

func ready(t *testing.T, url string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/-/ready", http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}
