package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raw sends bytes as they are, and returns all answers until the proxy hangs up.
func (r *running) raw(text string) string {
	r.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(r.t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(r.t, err)
	defer conn.Close()
	require.NoError(r.t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, text)
	require.NoError(r.t, err)
	answers, err := io.ReadAll(conn)
	require.NoError(r.t, err, "a reset could take the answer with it")
	return string(answers)
}

// What two servers might read in two ways, none of which may reach the service
// as another request than the one that was looked at.
func TestSmuggling(t *testing.T) {
	type got struct{ line, body string }
	seen := make(chan got, 100)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen <- got{r.Method + " " + r.RequestURI, string(b)}
	})
	const host = "Host: localhost\r\nConnection: close\r\n"
	for name, c := range map[string]struct{ text, status string }{
		"both lengths":        {"POST /api/v1/query HTTP/1.1\r\n" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/rules HTTP/1.1\r\n\r\n", "HTTP/1.1 200"},
		"two lengths":         {"POST /api/v1/query HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 400"},
		"unknown coding":      {"POST /api/v1/query HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501"},
		"two codings":         {"POST /api/v1/query HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "HTTP/1.1 501"},
		"space before colon":  {"POST /api/v1/query HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
		"folded header":       {"GET /api/v1/query HTTP/1.1\r\n" + host + "X-A: b\r\n c: d\r\n\r\n", "HTTP/1.1 "},
		"negative length":     {"POST /api/v1/query HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", "HTTP/1.1 400"},
		"no host":             {"GET /api/v1/query HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
		"two hosts":           {"GET /api/v1/query HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
		"absolute, elsewhere": {"GET http://evil.example/api/v1/query HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 403"},
		"tunnel":              {"CONNECT evil.example:443 HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 40"},
		"server itself":       {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 "},
		"websocket":           {"GET /api/v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n", "HTTP/1.1 200"},
		"h2c":                 {"GET /api/v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n", "HTTP/1.1 200"},
		"large header":        {"GET /api/v1/query HTTP/1.1\r\n" + host + "X-A: " + strings.Repeat("x", 100<<10) + "\r\n\r\n", "HTTP/1.1 431"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := p.raw(c.text)
			if name == "large header" && answer == "" {
				return // hung up on before the answer was read
			}
			require.True(t, strings.HasPrefix(answer, c.status), "%q", answer)
			require.Equal(t, 1, strings.Count(answer, "HTTP/1.1 "), "one request, one answer: %q", answer)
			for len(seen) > 0 {
				one := <-seen
				require.Regexp(t, `^(GET|POST) /workspaces/ws-test/api/v1/query$`, one.line)
				require.Empty(t, one.body)
			}
		})
	}
}

// No spelling of a path gets out of what is let through.
func TestPathTricks(t *testing.T) {
	p := before(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s reached the service", r.RequestURI) })
	for _, path := range []string{
		"/api/v1/query/", "//api/v1/query", "/api//v1/query", "/./api/v1/query", "/api/v1/../v1/query", "/api/v1/%2e%2e/v1/query", "/api/v1/query%00",
		"/api/v1/query%2f..%2frules", "/api/v1/query;x", "/api/v1/QUERY", "/api/v1/label/../values", "/api/v1/label/%2e%2e/values", "/api/v1/label/a/../../rules",
		"/workspaces/ws-test/../ws-other/api/v1/query", "/workspaces/ws-test//api/v1/query", "/workspaces/ws-test/workspaces/ws-test/api/v1/query",
		"/workspaces/ws-test%2fapi/v1/query", "/alertmanager/api/v2/silence/../silences", "/-/ready/../../api/v1/query", "/metrics/", "/%6detrics", "/api/v1/remote_write/..",
	} {
		answer := p.raw("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
		if path == "/%6detrics" { // another spelling of /metrics, which whoever may call may read
			continue
		}
		require.Regexp(t, `^HTTP/1.1 40[34] `, answer, path)
	}
}

// A body that is asked for first, one that comes in pieces, and one that never
// ends.
func TestBodiesAsTheyCome(t *testing.T) {
	bodies := make(chan string, 10)
	p := before(t, func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies <- fmt.Sprint(r.ContentLength, r.TransferEncoding, string(b))
	}, impatient, func(c *Config) { c.MaxBody = 1 << 10 })

	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	lines := bufio.NewReader(conn)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	_, err = io.WriteString(conn, "query=up")
	require.NoError(t, err)
	rest, err := io.ReadAll(lines)
	require.NoError(t, err)
	require.Contains(t, string(rest), "HTTP/1.1 200 OK")
	require.Equal(t, "8 []query=up", <-bodies)

	require.Contains(t, p.raw("POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nquery\r\n3\r\n=up\r\n0\r\nX-T: 1\r\n\r\n"), "HTTP/1.1 200 OK")
	require.Equal(t, "8 []query=up", <-bodies, "pieces go on as one, with a length")

	// Refused before it is sent, where the length is known.
	answer := p.raw("POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 9999\r\nExpect: 100-continue\r\n\r\n")
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 413 "), answer)

	// And where it is not, as soon as it is too long.
	answer = p.raw("POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat("100\r\n"+strings.Repeat("x", 256)+"\r\n", 8))
	require.True(t, strings.HasPrefix(answer, "HTTP/1.1 413 "), answer)
	require.Empty(t, bodies)
}

// An answer is not held, however large it is, and a service that switches
// protocols unasked is no answer.
func TestAnswersAsTheyCome(t *testing.T) {
	const size = 64 << 20
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/workspaces/ws-test/api/v1/labels" {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
				_ = conn.Close()
			}
			return
		}
		piece := bytes.Repeat([]byte("x"), 1<<20)
		for range size / len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
	require.Equal(t, http.StatusBadGateway, p.ask("GET", "/api/v1/labels", "").status)

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/api/v1/query", http.NoBody)
	require.NoError(t, err)
	resp, err := p.client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.EqualValues(t, size, n)
	p.counted(`response_bytes_total{path="query"} 6.7108864e+07`)
}
