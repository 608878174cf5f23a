package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
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

// process is ampkit proxy as users run it.
type process struct {
	*exec.Cmd
	t   *testing.T
	url string
	log *lines
}

type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (s *stage) proxy(args ...string) *process {
	s.t.Helper()
	path, err := exec.LookPath("ampkit") // testscript puts this test's binary there
	require.NoError(s.t, err)
	p := &process{t: s.t, log: &lines{}}
	p.Cmd = exec.CommandContext(s.t.Context(), path, append([]string{"proxy", "--workspace", s.url + "/workspaces/" + s.workspace, "--log-format", "json", "--log-level", "debug"}, args...)...)
	p.Env, p.Stderr = s.env, p.log
	out, err := p.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, p.Start())
	s.t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if s.t.Failed() {
			s.t.Log(p.log)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(s.t, err, p.log)
	p.url = strings.TrimSpace(line)
	return p
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

// A Prometheus that nobody here wrote scrapes itself and writes unsigned
// through the proxy, which holds a web identity. Killing the proxy and
// starting it again loses nothing.
func TestPrometheusThroughProxy(t *testing.T) {
	binary := os.Getenv("AMPKIT_PROMETHEUS")
	if binary == "" {
		binary = "prometheus"
	}
	binary, err := exec.LookPath(binary)
	if err != nil {
		t.Skip("needs prometheus: set AMPKIT_PROMETHEUS or put it on PATH")
	}
	s := newStage(t)
	p := s.proxy("--listen", "127.0.0.1:0")
	dir, listen := t.TempDir(), freeAddress(t)
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 1s, external_labels: {writer: debian}}
scrape_configs:
- job_name: self
  static_configs: [{targets: [%q]}]
remote_write:
- url: %s/api/v1/remote_write
  send_native_histograms: true
  queue_config: {batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 500ms}
`, listen, p.url), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, binary, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+listen)
	log := &lines{}
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, []string{"HOME=" + dir}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	defer func() {
		stop()
		_ = cmd.Wait() // interrupted: its code says so
		if t.Failed() {
			t.Log(log)
		}
	}()
	count := func() int {
		status, body := p.get("/api/v1/query?" + url.Values{"query": {`count_over_time(up{job="self",writer="debian"}[10m])`}}.Encode())
		var a struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		if status != http.StatusOK || json.Unmarshal([]byte(body), &a) != nil || len(a.Data.Result) == 0 {
			return 0
		}
		n := 0
		_, _ = fmt.Sscan(fmt.Sprint(a.Data.Result[0].Value[1]), &n)
		return n
	}
	eventually(t, "samples through the proxy", func() bool { return count() >= 2 })

	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	began := time.Now()
	<-time.After(3 * time.Second)
	p = s.proxy("--listen", strings.TrimPrefix(p.url, "http://"))
	eventually(t, "what was queued meanwhile", func() bool {
		// A sample a second, whatever happened between: none is missing.
		return count() >= int(time.Since(began).Seconds())
	})
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
