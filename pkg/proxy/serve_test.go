package proxy

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	config_util "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/stretchr/testify/require"
)

// Told to end, the proxy is not ready, takes no more, and finishes what is
// under way.
func TestDrain(t *testing.T) {
	arrived, answer := make(chan struct{}, 1), make(chan struct{})
	p := before(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
		served(w, nil)
	})
	got := make(chan answerOrError, 1)
	go func() {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query", http.NoBody)
		resp, err := p.client.Do(r)
		if err != nil {
			got <- answerOrError{err: err}
			return
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		got <- answerOrError{string(b), err}
	}()
	<-arrived
	p.stop()
	eventually(t, "draining", p.draining.Load)
	probe := httptest.NewRecorder()
	p.ServeHTTP(probe, httptest.NewRequest(http.MethodGet, "/-/ready", http.NoBody))
	require.Equal(t, http.StatusServiceUnavailable, probe.Code)
	eventually(t, "the listener is closed", func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/-/healthy", http.NoBody)
		require.NoError(t, err)
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	})
	close(answer)
	require.Equal(t, answerOrError{body: "served"}, <-got)
}

type answerOrError struct {
	body string
	err  error
}

// What does not come to an end is cut off.
func TestDrainHasAnEnd(t *testing.T) {
	arrived := make(chan struct{}, 1)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	}, func(c *Config) { c.Timeouts.Drain = 50 * time.Millisecond })
	failed := make(chan error, 1)
	go func() {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query", http.NoBody)
		resp, err := p.client.Do(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		failed <- err
	}()
	<-arrived
	p.stop()
	require.Error(t, <-failed)
}

// The service is spoken to by HTTP/2, many callers share its connections, and
// memory does not grow with answers.
func TestManyCallersOverHTTP2(t *testing.T) {
	const size = 1 << 20
	var mu sync.Mutex
	connections := map[string]bool{}
	service := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		mu.Unlock()
		if r.ProtoMajor != 2 || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.Copy(w, io.LimitReader(r.Body, size))
	}))
	service.EnableHTTP2 = true
	service.StartTLS()
	t.Cleanup(service.Close)
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
