package amp

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is one call of the data plane.
type Request struct {
	// Method is GET or POST; "" takes the client's where the path allows it.
	Method string
	// Path below api/v1: query, query_range, labels, label/<name>/values,
	// series, metadata, rules, alerts; of a plain Prometheus query_exemplars too.
	Path   string
	Params url.Values
	// Header is sent too, as far as it may leave for AWS.
	Header http.Header
}

// prepare decides on the request once and returns what builds each attempt. A
// path or verb that is not of the allow-list is refused here, before anybody
// asks for credentials.
func (c *Client) prepare(r Request) (func(context.Context) *http.Request, *Error) {
	rt, ok := findRoute(r.Path)
	if !ok || (rt.plain && c.config.Endpoint.Workspace != "") {
		return nil, refused("path %q is not one that is asked for", r.Path)
	}
	method := r.Method
	if method == "" {
		if method = cmp.Or(c.config.Method, http.MethodPost); !slices.Contains(rt.verbs, method) {
			method = rt.verbs[0]
		}
	}
	if !slices.Contains(rt.verbs, method) {
		return nil, refused("%s %s is not asked for, only %s", method, r.Path, strings.Join(rt.verbs, ", "))
	}
	params := r.Params
	if rt.query && c.config.QueryTimeout > 0 && !params.Has("timeout") {
		params = maps.Clone(params)
		if params == nil {
			params = url.Values{}
		}
		params.Set("timeout", formatDuration(c.config.QueryTimeout))
	}
	return c.builder(method, r, c.urlParameters(rt), params.Encode()), nil
}

func (c *Client) builder(method string, r Request, inURL, form string) func(context.Context) *http.Request {
	u := c.config.Endpoint.URL(r.Path)
	header := r.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	header.Del("Content-Type")
	header.Set("Accept", "application/json")
	header.Set("Accept-Encoding", cmp.Or(c.config.AcceptEncoding, "identity"))
	// A POST asks, too: net/http may send it again when the server closes a pooled connection in the moment it is
	// used. Without a value the header stays here.
	header["Idempotency-Key"] = nil
	if c.config.UserAgent != "" {
		header.Set("User-Agent", c.config.UserAgent)
	}
	if method == http.MethodPost {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		u.RawQuery = inURL
	} else {
		u.RawQuery = joinQuery(form, inURL)
	}
	return func(ctx context.Context) *http.Request {
		target := *u
		req := (&http.Request{Method: method, URL: &target, Host: target.Host, Header: header.Clone()}).WithContext(ctx)
		req.Proto, req.ProtoMajor, req.ProtoMinor = "HTTP/1.1", 1, 1
		if c.config.Endpoint.SignHost != "" {
			req.Host = c.config.Endpoint.SignHost
		}
		if method == http.MethodPost {
			req.ContentLength = int64(len(form))
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(form)), nil }
			req.Body, _ = req.GetBody() // the one above never fails
		}
		return req
	}
}

// urlParameters are in the URL of a POST too: servers and proxies find them
// there in both forms.
func (c *Client) urlParameters(rt route) string {
	v := maps.Clone(c.config.CustomParameters)
	if v == nil {
		v = url.Values{}
	}
	if rt.query {
		if n := c.config.MaxSamplesWarning; n > 0 {
			v.Set("max_samples_processed_warning_threshold", strconv.FormatInt(n, 10))
		}
		if n := c.config.MaxSamplesError; n > 0 {
			v.Set("max_samples_processed_error_threshold", strconv.FormatInt(n, 10))
		}
	}
	return v.Encode()
}

func joinQuery(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// formatDuration writes a duration as Prometheus reads it: without fractions.
func formatDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + "ms"
}

func refused(format string, args ...any) *Error {
	return &Error{Kind: KindRefused, Message: fmt.Sprintf(format, args...)}
}
