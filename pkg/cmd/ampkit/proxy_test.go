package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/testlog"
)

// stage is an emulator with a workspace and a role for the service account
// monitoring/prometheus, whose token is in a file.
type stage struct {
	*emulator.Emulator
	t         *testing.T
	url       string
	workspace string
	token     string
	env       []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, e.Close())
	})
	ws, err := e.CreateWorkspace(t.Context(), "proxy", "")
	require.NoError(t, err)
	role, err := e.AddServiceAccountRole("ingest", emulator.Policy([]string{"aps:RemoteWrite", "aps:QueryMetrics"}), "monitoring/prometheus")
	require.NoError(t, err)
	s := &stage{Emulator: e, t: t, url: server.URL, workspace: ws.ID, token: filepath.Join(t.TempDir(), "token")}
	s.mint()
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=" + e.Region(),
		"AWS_ENDPOINT_URL_STS=" + s.url, "AWS_ROLE_ARN=" + role.ARN, "AWS_WEB_IDENTITY_TOKEN_FILE=" + s.token,
	}
	return s
}

func (s *stage) mint() {
	s.t.Helper()
	require.NoError(s.t, s.MintToken(s.token, oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "prometheus", TTL: time.Hour, At: time.Now()}))
}

// process is ampkit as users run it.
type process struct {
	*exec.Cmd
	t   *testing.T
	url string
	log *testlog.Log
}

func (s *stage) proxy(args ...string) *process {
	s.t.Helper()
	return spawn(s.t, s.env, append([]string{"proxy", "--workspace", s.url + "/workspaces/" + s.workspace, "--log-format", "json", "--log-level", "debug"}, args...)...)
}

// spawn runs ampkit until the test ends and reads its first line.
func spawn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath("ampkit") // testscript puts this test's binary there
	require.NoError(t, err)
	p := &process{t: t, log: new(testlog.Log), Cmd: exec.CommandContext(t.Context(), path, args...)}
	p.Env, p.Stderr = env, p.log
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.Start())
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Log(p.log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, p.log)
	p.url = strings.TrimSpace(line)
	return p
}

// kill leaves the process no time for anything.
func (p *process) kill() {
	if p.ProcessState == nil {
		_ = p.Process.Kill()
		_ = p.Wait()
	}
}

// end sends SIGTERM, as Kubernetes does.
func (p *process) end() error {
	p.t.Helper()
	require.NoError(p.t, p.Process.Signal(syscall.SIGTERM))
	return p.Wait()
}

func (p *process) get(path string) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, http.NoBody)
	require.NoError(p.t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, string(b)
}

func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !seen(); <-time.After(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), what)
	}
}

// The process, from its first line to SIGTERM with a request under way.
func TestProxyProcess(t *testing.T) {
	s := newStage(t)
	p := s.proxy("--listen", "127.0.0.1:0")
	require.Regexp(t, `^http://127\.0\.0\.1:\d+$`, p.url)
	eventually(t, "ready", func() bool { status, _ := p.get("/-/ready"); return status == http.StatusOK })
	status, body := p.get("/api/v1/query?query=vector(7)")
	require.Equal(t, http.StatusOK, status, body)
	require.Equal(t, 1, s.Counts().STS("AssumeRoleWithWebIdentity"))

	s.Inject(1, emulator.Fault{Delay: 500 * time.Millisecond})
	answered := make(chan string, 1)
	go func() {
		_, body := p.get("/api/v1/query?query=vector(8)")
		answered <- body
	}()
	eventually(t, "a request is under way", func() bool {
		_, text := p.get("/metrics")
		return strings.Contains(text, "ampkit_proxy_requests_in_flight 2") // and the one that asks
	})
	require.NoError(t, p.end(), "exit code 0")
	require.Contains(t, <-answered, `"8"]`)
	require.Contains(t, p.log.String(), `"msg":"draining"`)
	for line := range strings.Lines(p.log.String()) {
		require.True(t, json.Valid([]byte(line)), line)
	}
	token, err := os.ReadFile(s.token)
	require.NoError(t, err)
	require.NotContains(t, p.log.String(), string(token))
}

// What an exec probe of Kubernetes is told, by exit code and in words.
func TestProxyProbe(t *testing.T) {
	probe := func(p *process, what string) (int, string) {
		cmd := exec.CommandContext(t.Context(), p.Path, "proxy", "probe", what, "--url", p.url)
		out, err := cmd.CombinedOutput()
		if exited := new(exec.ExitError); !errors.As(err, &exited) {
			require.NoError(t, err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	s := newStage(t)
	good := s.proxy("--listen", "127.0.0.1:0")
	eventually(t, "ready", func() bool { code, text := probe(good, "ready"); return code == 0 && text == "ready\n" })

	s.env = append(s.env, "AWS_WEB_IDENTITY_TOKEN_FILE=/nowhere")
	bad := s.proxy("--listen", "127.0.0.1:0")
	code, text := probe(bad, "healthy")
	require.Equal(t, 0, code, text)
	code, text = probe(bad, "ready")
	require.Equal(t, 3, code)
	require.Equal(t, "ampkit: not ready: no credentials; the proxy's log says more\n", text)

	require.NoError(t, good.end())
	code, text = probe(good, "ready")
	require.Equal(t, 1, code)
	require.Regexp(t, "^ampkit: the proxy does not answer: .*refused\n$", text)
}

func TestCurlThroughProxy(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("needs curl: it is not installed")
	}
	s := newStage(t)
	p := s.proxy("--listen", "127.0.0.1:0", "--allow", "read")
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), curl, append([]string{"-sS", "-w", " %{http_code}"}, args...)...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	require.Regexp(t, `"14"\].* 200$`, run("--data-urlencode", "query=vector(7) * 2", p.url+"/api/v1/query"))
	require.Regexp(t, `"14"\].* 200$`, run("-G", "--data-urlencode", "query=vector(7) * 2", "--compressed", p.url+"/api/v1/query"))
	require.Regexp(t, `write.* 403$`, run("--data-binary", "x", p.url+"/api/v1/remote_write"))
	require.NoError(t, p.end())
}

// freeAddress is one that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
