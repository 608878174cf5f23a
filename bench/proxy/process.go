package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// target is a proxy's process.
type target struct {
	name      string
	url       string
	cmd       *exec.Cmd
	workspace string // "" for the stub's
}

// start starts the proxies: ours first, then the bare one.
func start(ctx context.Context, o options, s *stub) (targets []*target, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	base := s.server.URL + "/workspaces/" + workspace
	type command struct {
		name string
		args []string
	}
	commands := []command{
		{"ampkit proxy", proxyArgs(o, base)},
		{"bare", []string{self, "-bare", s.server.URL}},
	}
	if o.before != "" {
		earlier := proxyArgs(o, base)
		earlier[0] = o.before
		commands = append(commands, command{"ampkit before", earlier})
	}
	for _, c := range commands {
		t := &target{name: c.name, cmd: process(ctx, s, c.args)}
		if err := t.begin(); err != nil {
			return targets, err
		}
		targets = append(targets, t)
	}
	if o.aws == "" {
		return targets, nil
	}
	address, err := free(ctx)
	if err != nil {
		return targets, err
	}
	host := strings.TrimPrefix(s.server.URL, "https://")
	t := &target{name: "AWS's", url: "http://" + address, cmd: process(ctx, s, []string{
		o.aws, "--name", "aps", "--region", "us-east-1", "--host", host, "--port", address, "--no-verify-ssl",
	})}
	if err := t.cmd.Start(); err != nil {
		return targets, err
	}
	return append(targets, t), t.await(ctx)
}

func proxyArgs(o options, workspace string) []string {
	return []string{o.ampkit, "proxy", "--workspace", workspace, "--region", "us-east-1", "--listen", "127.0.0.1:0", "--log-level", "warn"}
}

// begin starts a process that says on its first line where it listens.
func (t *target) begin() error {
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := t.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.stop()
		return fmt.Errorf("%s did not say where it listens: %w", t.name, err)
	}
	t.url = strings.TrimSpace(line)
	return nil
}

// build builds ampkit, unless it is given.
func build(ctx context.Context, o *options, dir string) error {
	if o.ampkit != "" {
		return nil
	}
	fmt.Fprintln(os.Stderr, "building ampkit")
	o.ampkit = filepath.Join(dir, "ampkit")
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", "arrow_json_stdlib", "-ldflags", "-s -w", "-o", o.ampkit, "./pkg/cmd/ampkit")
	cmd.Dir, cmd.Stderr = "..", os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return cmd.Run()
}

func process(ctx context.Context, s *stub, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	cmd.Env = []string{
		"HOME=" + os.TempDir(), "AWS_CA_BUNDLE=" + s.roots, "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	}
	return cmd
}

func free(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await polls until the proxy takes connections.
func (t *target) await(ctx context.Context) error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-time.After(50 * time.Millisecond) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(t.url, "http://"))
		if err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("%s does not listen", t.name)
}

func (t *target) stop() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	_ = t.cmd.Wait() // ended by a signal
}

// cpu is the time the process has spent on cores so far.
func (t *target) cpu() (time.Duration, error) {
	var total time.Duration
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", t.cmd.Process.Pid))
	for _, task := range tasks {
		raw, err := os.ReadFile(task)
		fields := bytes.Fields(raw)
		if err != nil || len(fields) == 0 {
			continue // the thread is gone
		}
		ns, err := strconv.ParseInt(string(fields[0]), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, err
}

// peak is the most memory that was resident since forgetPeak, in MB.
func (t *target) peak() (float64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.cmd.Process.Pid))
	for line := range strings.Lines(string(raw)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			return n * 1024 / 1e6, err
		}
	}
	return 0, errors.Join(err, errors.New("no VmHWM for "+t.name))
}

func (t *target) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", t.cmd.Process.Pid), []byte("5"), 0)
}

// serveBare is the same reverse proxy, timeouts and pool of connections included, without holding, checking, signing,
// counting and logging.
func serveBare(ctx context.Context, o options) error {
	to, err := url.Parse(o.bare)
	if err != nil {
		return err
	}
	pem, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(to) },
		FlushInterval: -1,
		BufferPool:    &buffers{},
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DisableCompression: true,
			MaxIdleConnsPerHost: 512, IdleConnTimeout: 90 * time.Second, ReadBufferSize: 32 << 10, WriteBufferSize: 32 << 10,
			HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		},
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	return server.Serve(l)
}

type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if piece, ok := b.pool.Get().(*[64 << 10]byte); ok {
		return piece[:]
	}
	return make([]byte, 64<<10)
}

func (b *buffers) Put(piece []byte) { b.pool.Put((*[64 << 10]byte)(piece)) }
