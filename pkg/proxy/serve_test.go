package proxy

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	config_util "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/stretchr/testify/require"
)

// Told to end, as by SIGTERM, the proxy is not ready, takes no new connection,
// and finishes what is under way, whether or not its answer has begun.
func TestDrain(t *testing.T) {
	for name, begun := range map[string]string{"before the answer": "", "in its middle": "half of it, "} {
		t.Run(name, func(t *testing.T) {
			arrived, answer := make(chan struct{}), make(chan struct{})
			p := before(t, func(w http.ResponseWriter, _ *http.Request) {
				if begun != "" {
					_, _ = io.WriteString(w, begun)
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-answer
				served(w, nil)
			})
			got := p.begin(begun)
			<-arrived
			require.NoError(t, <-got, "the caller has what there is")
			p.stop()
			eventually(t, "draining", p.draining.Load)
			probe := httptest.NewRecorder()
			p.ServeHTTP(probe, httptest.NewRequest(http.MethodGet, "/-/ready", http.NoBody))
			require.Equal(t, http.StatusServiceUnavailable, probe.Code)
			eventually(t, "new connections are refused", func() bool {
				conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
				if err == nil {
					_ = conn.Close()
				}
				return errors.Is(err, syscall.ECONNREFUSED)
			})
			require.Empty(t, p.ended, "it waits for the answer")
			close(answer)
			require.NoError(t, <-got, "and passes it on whole")
			require.NoError(t, <-p.ended)
			require.NotContains(t, p.log.String(), "cut off")
		})
	}
}

// begin asks for something, and tells when the answer has begun as it should,
// and when it has ended with "served".
func (r *running) begin(begun string) <-chan error {
	got := make(chan error, 2)
	go func() {
		defer close(got)
		if begun == "" {
			got <- nil // there is nothing to wait for
		}
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+"/api/v1/query", http.NoBody)
		if err != nil {
			got <- err
			return
		}
		resp, err := r.client.Do(req)
		if err != nil {
			got <- err
			return
		}
		defer resp.Body.Close()
		if begun != "" {
			b := make([]byte, len(begun))
			_, err := io.ReadFull(resp.Body, b)
			if got <- err; err != nil {
				return
			}
		}
		b, err := io.ReadAll(resp.Body)
		if err == nil && string(b) != "served" {
			err = fmt.Errorf("the answer ended with %q", b)
		}
		got <- err
	}()
	return got
}

// What does not come to an end is cut off, so that the caller sees that there
// was more.
func TestDrainHasAnEnd(t *testing.T) {
	for name, begun := range map[string]string{"before the answer": "", "in its middle": "half of it, "} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{})
			p := before(t, func(w http.ResponseWriter, r *http.Request) {
				if begun != "" {
					_, _ = io.WriteString(w, begun)
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-r.Context().Done()
			}, func(c *Config) { c.Timeouts.Drain = 50 * time.Millisecond })
			got := p.begin(begun)
			<-arrived
			require.NoError(t, <-got)
			p.stop()
			require.ErrorContains(t, <-got, "EOF")
			require.NoError(t, <-p.ended)
			require.True(t, p.settled(), "no handler outlives Serve")
			require.Contains(t, p.log.String(), "requests under way are cut off")
			require.Contains(t, p.log.String(), `"outcome":"drained"`, "what became of it is in the log")
		})
	}
}

// The service is spoken to by HTTP/2, many callers share its connections, and
// memory does not grow with answers.
func TestManyCallersOverHTTP2(t *testing.T) {
	const size = 1 << 20
	var mu sync.Mutex
	connections := map[string]bool{}
	leaksNothing(t)
	service := newService(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		mu.Unlock()
		if r.ProtoMajor != 2 || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.Copy(w, io.LimitReader(r.Body, size))
	}), func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	})
	roots := service.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	p := run(t, config(t, service.URL+"/workspaces/ws-test", func(c *Config) {
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	}))
	body := strings.Repeat("x", size)
	var callers sync.WaitGroup
	for range 32 {
		callers.Go(func() {
			for range 3 {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/api/v1/remote_write", strings.NewReader(body))
				resp, err := p.client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				b, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK || string(b) != body {
					t.Errorf("%d, %d bytes, %v", resp.StatusCode, len(b), err)
				}
			}
		})
	}
	callers.Wait()
	require.Less(t, len(connections), 16)
	p.counted(`requests_total{code="200",outcome="ok",path="remote_write"} 96`)
}

// Prometheus' own client, unsigned, into a service that checks signatures; and
// what it makes of the proxy's own answers.
func TestPrometheusRemoteClient(t *testing.T) {
	c := &ticking{}
	_, workspace, k := cloud(t, c)
	p := run(t, config(t, workspace, func(c *Config) { c.Credentials = k }))
	target, err := url.Parse(p.url + "/api/v1/remote_write")
	require.NoError(t, err)
	client, err := remote.NewWriteClient("test", &remote.ClientConfig{
		URL: &config_util.URL{URL: target}, Timeout: model.Duration(time.Minute), HTTPClientConfig: config_util.HTTPClientConfig{}, RetryOnRateLimit: true,
	})
	require.NoError(t, err)
	defer client.(*remote.Client).Client.CloseIdleConnections()
	_, err = client.Store(t.Context(), []byte(sample(t, "by_prometheus", 9, c.now())), 0)
	require.NoError(t, err)
	require.Contains(t, p.ask("GET", "/api/v1/query?query=by_prometheus", "").body, `"9"]`)

	without := before(t, served, func(c *Config) { c.Credentials = keys{} })
	target, err = url.Parse(without.url + "/api/v1/remote_write")
	require.NoError(t, err)
	client.(*remote.Client).Client.CloseIdleConnections()
	client, err = remote.NewWriteClient("test", &remote.ClientConfig{URL: &config_util.URL{URL: target}, Timeout: model.Duration(time.Minute)})
	require.NoError(t, err)
	defer client.(*remote.Client).Client.CloseIdleConnections()
	_, err = client.Store(t.Context(), []byte("x"), 0)
	var again remote.RecoverableError
	require.ErrorAs(t, err, &again, "without credentials Prometheus tries again")
}

// A caller who has sent its next request already is cut off, too.
func TestDrainHasAnEndForWhoPipelines(t *testing.T) {
	arrived := make(chan struct{})
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, func(c *Config) { c.Timeouts.Drain = 50 * time.Millisecond })
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	const request = "GET /api/v1/query HTTP/1.1\r\nHost: localhost\r\n\r\n"
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	<-arrived
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	p.stop()
	_, err = bufio.NewReader(conn).ReadByte()
	require.Error(t, err)
	select {
	case err := <-p.ended:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Fatal("Serve does not end")
	}
	require.Contains(t, p.log.String(), `"outcome":"drained"`)
}

// What is cut off over HTTP/2 is over, counted and logged when Serve returns.
func TestDrainHasAnEndOverHTTP2(t *testing.T) {
	for range 5 {
		ours := newAuthority(t, t.TempDir(), "ca")
		arrived := make(chan struct{}, 10)
		p := before(t, func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			<-r.Context().Done()
		}, func(c *Config) {
			c.Timeouts.Drain = 50 * time.Millisecond
			c.Access.CertFile, c.Access.KeyFile = ours.issue(t, "server")
		})
		p.overTLS(&tls.Config{RootCAs: ours.pool, MinVersion: tls.VersionTLS12})
		for range cap(arrived) {
			go func() {
				resp, err := p.do(http.MethodGet, "/api/v1/query", http.NoBody)
				if err == nil {
					_ = resp.Body.Close()
				}
			}()
		}
		for range cap(arrived) {
			<-arrived
		}
		p.stop()
		require.NoError(t, <-p.ended)
		require.True(t, p.settled(), "no handler outlives Serve")
		require.Equal(t, cap(arrived), strings.Count(p.log.String(), `"outcome":"drained"`))
	}
}
