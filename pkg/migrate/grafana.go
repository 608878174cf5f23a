package migrate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	requestTimeout = time.Minute
	maxAnswer      = 64 << 20
)

// Grafana is one organisation of a Grafana, through its HTTP API. It is safe for
// concurrent use.
type Grafana struct {
	base   *url.URL
	token  string
	client *http.Client

	once     sync.Mutex
	settings *string // the namespace, once it was asked for
}

// NewGrafana takes Grafana's URL, with the path it is served under if it is not
// the root, a service account's token, and TLS options or nil.
func NewGrafana(address, token string, options *tls.Config) (*Grafana, error) {
	base, err := url.Parse(strings.TrimSpace(address))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || base.User != nil {
		return nil, fmt.Errorf("%q is not the URL of a Grafana, such as https://grafana.example.com or http://127.0.0.1:3000/grafana", address)
	}
	base.RawQuery, base.Fragment = "", ""
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	transport = transport.Clone()
	transport.TLSClientConfig = options
	return &Grafana{base: base, token: token, client: &http.Client{
		Transport: transport, Timeout: requestTimeout,
		// A redirected POST becomes a GET, and a token goes to no other host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// ErrNoAnswer is for a Grafana that can't be reached: nothing else will be
// answered either.
var ErrNoAnswer = errors.New("no answer from Grafana")

// URL is where this Grafana is.
func (g *Grafana) URL() string { return g.base.String() }

// APIError is an answer of Grafana that is not a success.
type APIError struct {
	Method, Path string
	Status       int
	Message      string
}

func (e *APIError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text + e.remedy()
}

func (e *APIError) remedy() string {
	switch e.Status {
	case http.StatusUnauthorized:
		return ": Grafana does not know the token: make one under Administration, Service accounts, with the role Admin"
	case http.StatusForbidden:
		return ": the token may not do this: its service account needs the role Admin of the organisation"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return ": someone else changed it meanwhile: run again"
	}
	return ""
}

func isStatus(err error, statuses ...int) bool {
	var e *APIError
	if !errors.As(err, &e) {
		return false
	}
	for _, s := range statuses {
		if e.Status == s {
			return true
		}
	}
	return false
}

// do sends one request. path begins with a slash and may have a query; body is
// JSON or nil.
func (g *Grafana) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	target := strings.TrimSuffix(g.base.String(), "/") + path
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ampkit-migrate")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if g.token != "" {
		req.Header.Set("Authorization", "Bearer "+g.token)
	}
	resp, err := g.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	defer resp.Body.Close() //nolint:errcheck // what was read is judged below, and nothing was written
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s %s: the answer broke off: %w", method, path, err)
	case len(answer) > maxAnswer:
		return nil, fmt.Errorf("%s %s: an answer of more than %d bytes", method, path, maxAnswer)
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, fmt.Errorf("%s %s: Grafana redirects to %q: give that address with --url, with the path that Grafana is served under", method, path, resp.Header.Get("Location"))
	case resp.StatusCode >= 400:
		return nil, &APIError{Method: method, Path: path, Status: resp.StatusCode, Message: messageOf(answer)}
	case !json.Valid(answer):
		return nil, fmt.Errorf("%s %s: the answer is not JSON: is this the URL of a Grafana?", method, path)
	}
	return answer, nil
}

// messageOf is what Grafana says of an error.
func messageOf(answer []byte) string {
	var e struct{ Message string }
	if json.Unmarshal(answer, &e) == nil && e.Message != "" {
		return e.Message
	}
	return ""
}

// get reads JSON into v.
func (g *Grafana) get(ctx context.Context, path string, v any) error {
	answer, err := g.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("GET %s: not understood: %w", path, err)
	}
	return nil
}

// send writes v as JSON; raw values in it keep their spelling.
func (g *Grafana) send(ctx context.Context, method, path string, v any) error {
	body, err := marshal(v)
	if err != nil {
		return err
	}
	_, err = g.do(ctx, method, path, body)
	return err
}

func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return out.Bytes(), err
}
