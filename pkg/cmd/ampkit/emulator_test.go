package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// started is an emulator as the command starts it.
type started struct {
	url, greeting string
	stop          func() error
}

func startEmulator(t *testing.T, o emulatorOptions) started {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	out, w := io.Pipe()
	var greeting bytes.Buffer
	done := make(chan error, 1)
	go func() {
		err := runEmulator(ctx, streams{out: w, err: &greeting}, o)
		_ = w.CloseWithError(err)
		done <- err
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return started{strings.TrimSpace(url), greeting.String(), func() error {
		cancel()
		return <-done
	}}
}

func exported(t *testing.T, text, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^  export ` + name + `=(\S+)`).FindStringSubmatch(text)
	require.NotNil(t, m, "%s is not shown:\n%s", name, text)
	return m[1]
}

func TestEmulatorCommand(t *testing.T) {
	o := emulatorOptions{
		Listen: "127.0.0.1:0", Region: "eu-west-1", Account: "210987654321", Workspace: "demo", DataDir: t.TempDir(), Quiet: true,
		ServiceAccounts: []string{"prometheus/server=write", "grafana/grafana"},
	}
	first := startEmulator(t, o)
	require.Regexp(t, `^http://127\.0\.0\.1:\d+/workspaces/ws-[-0-9a-f]{36}/$`, first.url)
	endpoint := exported(t, first.greeting, "AWS_ENDPOINT_URL")
	resp, err := http.Get(endpoint + "/healthz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)

	require.Equal(t, "arn:aws:iam::210987654321:role/ampkit-prometheus-server", exported(t, first.greeting, "AWS_ROLE_ARN"))
	token, err := os.ReadFile(exported(t, first.greeting, "AWS_WEB_IDENTITY_TOKEN_FILE"))
	require.NoError(t, err)
	require.Equal(t, 2, bytes.Count(token, []byte(".")), "a JWT")
	require.NoError(t, first.stop(), "being stopped is no failure")

	second := startEmulator(t, o)
	require.Equal(t, filepath.Base(first.url), filepath.Base(second.url), "the workspace stays")
	require.Equal(t, exported(t, first.greeting, "AWS_SECRET_ACCESS_KEY"), exported(t, second.greeting, "AWS_SECRET_ACCESS_KEY"), "the key stays")
	require.NoError(t, second.stop())
}

func TestEmulatorRefusesWhatMakesNoSense(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--listen 0.0.0.0:9099", "--allow-remote"},
		{"--listen :9099", "--allow-remote"},
		{"--listen nonsense", "--listen"},
		{"--account 12", "twelve digits"},
		{"--service-account grafana", "NAMESPACE/NAME"},
		{"--service-account a/b=all", "read, browse, write or admin"},
		{"extra", "unexpected argument"},
	} {
		var stderr bytes.Buffer
		code := execute(streams{out: io.Discard, err: &stderr}, append([]string{"emulator"}, strings.Fields(tt.args)...))
		require.Equal(t, exitUsage, code, tt.args)
		require.Contains(t, stderr.String(), tt.want)
	}
}
