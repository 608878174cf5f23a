// otel sends metrics through an OpenTelemetry collector with its prometheus_remote_write exporter, which does not sign here,
// through ampkit proxy, which holds a web identity, into an emulator, which refuses what is not signed as AWS wants it.
// In the middle the proxy is killed and started again. What was sent must be there in the end.
//
//	go run .                  # from bench/otel: seconds, once the collector is built (minutes)
//	go run . -ampkit PATH     # with an ampkit that is built already
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"
)

const batches = 20

func main() {
	ampkit := flag.String("ampkit", "", "ampkit, built; empty builds it")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	err := run(ctx, *ampkit)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, ampkit string) (err error) {
	dir, err := os.MkdirTemp("", "ampkit-otel")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if ampkit == "" {
		fmt.Fprintln(os.Stderr, "building ampkit")
		ampkit = filepath.Join(dir, "ampkit")
		build := exec.CommandContext(ctx, "go", "build", "-tags", "arrow_json_stdlib", "-o", ampkit, "./pkg/cmd/ampkit")
		build.Dir, build.Stderr, build.Env = filepath.Join("..", ".."), os.Stderr, append(os.Environ(), "CGO_ENABLED=0")
		if err := build.Run(); err != nil {
			return err
		}
	}
	cloud, err := start(ctx, nil, ampkit, "emulator", "--listen", "127.0.0.1:0", "--quiet", "--service-account", "monitoring/collector=admin")
	if err != nil {
		return err
	}
	defer cloud.end()
	env, err := cloud.pod()
	if err != nil {
		return err
	}
	endpoint, _, _ := strings.Cut(cloud.line, "/workspaces/")
	env = append(env, "AWS_ENDPOINT_URL_STS="+endpoint)
	proxy := func(listen string) (*process, error) {
		return start(ctx, env, ampkit, "proxy", "--workspace", cloud.line, "--listen", listen, "--log-level", "warn")
	}
	signer, err := proxy("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { signer.end() }()
	otlp, err := free(ctx)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	collecting, stop := context.WithCancel(ctx)
	var collector sync.WaitGroup
	collector.Go(func() {
		if err := collect(collecting, otlp, signer.line); err != nil {
			fail(fmt.Errorf("collector: %w", err))
		}
	})
	defer func() {
		stop()
		collector.Wait()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()
	address := strings.TrimPrefix(signer.line, "http://")
	began := time.Now().Add(-batches * time.Second)
	for i := 1; i <= batches; i++ {
		switch i {
		case batches / 2:
			signer.kill()
		case batches * 3 / 4:
			if signer, err = proxy(address); err != nil {
				return err
			}
		}
		if err := export(ctx, otlp, began, began.Add(time.Duration(i)*time.Second), i); err != nil {
			return err
		}
	}
	for _, want := range []struct{ query, value string }{
		{`orders_total{job="shop"}`, fmt.Sprint(batches)},
		{`count_over_time(orders_total{job="shop"}[5m])`, fmt.Sprint(batches)},
		{`sum(basket_bucket{le="+Inf"})`, fmt.Sprint(batches)},
	} {
		if err := until(ctx, signer.line, want.query, want.value); err != nil {
			return err
		}
		fmt.Printf("%-50s %s\n", want.query, want.value)
	}
	fmt.Printf("%d batches of a collector through ampkit proxy, killed in the middle: all there\n", batches)
	return nil
}

// export sends a counter and a histogram to the collector, by OTLP over HTTP.
func export(ctx context.Context, otlp string, began, at time.Time, n int) error {
	start, now := fmt.Sprint(began.UnixNano()), fmt.Sprint(at.UnixNano())
	body, err := json.Marshal(map[string]any{"resourceMetrics": []any{map[string]any{
		"resource": map[string]any{"attributes": []any{map[string]any{"key": "service.name", "value": map[string]any{"stringValue": "shop"}}}},
		"scopeMetrics": []any{map[string]any{"metrics": []any{
			map[string]any{"name": "orders", "sum": map[string]any{"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": []any{
				map[string]any{"startTimeUnixNano": start, "timeUnixNano": now, "asInt": fmt.Sprint(n)},
			}}},
			map[string]any{"name": "basket", "histogram": map[string]any{"aggregationTemporality": 2, "dataPoints": []any{
				map[string]any{"startTimeUnixNano": start, "timeUnixNano": now, "count": fmt.Sprint(n), "sum": float64(n), "bucketCounts": []string{fmt.Sprint(n), "0"}, "explicitBounds": []float64{1}},
			}}},
		}}},
	}}})
	if err != nil {
		return err
	}
	for ctx.Err() == nil { // until the collector listens
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+otlp+"/v1/metrics", bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			<-time.After(50 * time.Millisecond)
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close() // read to its end
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("the collector says %s: %s", resp.Status, text)
		}
		return nil
	}
	return ctx.Err()
}

// until asks through the proxy until the answer is the one wanted.
func until(ctx context.Context, proxy, query, want string) error {
	last := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, proxy+"/api/v1/query?"+url.Values{"query": {query}}.Encode(), http.NoBody)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		_ = resp.Body.Close() // read to its end
		if err != nil {
			return err
		}
		if last = string(text); strings.Contains(last, `"`+want+`"]`) {
			return nil
		}
	}
	return fmt.Errorf("%s is not %s: %s", query, want, last)
}

// process is one whose first line on stdout says where it is.
type process struct {
	cmd  *exec.Cmd
	line string
	log  *journal
	once sync.Once
}

// journal is a log that may be read while it is written.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(b []byte) (int, error) { j.mu.Lock(); defer j.mu.Unlock(); return j.b.Write(b) }

func (j *journal) String() string { j.mu.Lock(); defer j.mu.Unlock(); return j.b.String() }

func start(ctx context.Context, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, args[0], args[1:]...), log: &journal{}}
	p.cmd.Env, p.cmd.Stderr = append([]string{"HOME=" + os.TempDir(), "AWS_EC2_METADATA_DISABLED=true"}, env...), p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.end()
		return nil, fmt.Errorf("%s: %w: %s", args[1], err, p.log)
	}
	p.line = strings.TrimSpace(line)
	return p, nil
}

func (p *process) kill() { p.stop(syscall.SIGKILL) }

func (p *process) end() { p.stop(syscall.SIGTERM) }

func (p *process) stop(s syscall.Signal) {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(s)
		_ = p.cmd.Wait() // ended by a signal
	})
}

var exported = regexp.MustCompile(`(AWS_[A-Z_]+)=(\S+)`)

// pod is the environment of the pod that the emulator's greeting speaks of.
func (p *process) pod() (env []string, err error) {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
		text := p.log.String()
		if !strings.Contains(text, "Ctrl-C") {
			continue
		}
		for _, m := range exported.FindAllStringSubmatch(text, -1) {
			if m[1] != "AWS_ACCESS_KEY_ID" && m[1] != "AWS_SECRET_ACCESS_KEY" {
				env = append(env, m[0])
			}
		}
		return env, nil
	}
	return nil, errors.New("the emulator did not say what to export")
}

// free is an address that nobody listened on a moment ago.
func free(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
