package amp

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// junk is no snappy block, so that nothing can be decoded of it.
const junk = "not a remote write: asks only whether one would be let in"

// ProbeWrite asks whether a write would be let in, without writing: it sends a
// signed body that can't be decoded, and 400 means that AMP, which judges
// signature and policy before it looks at the body, got as far as that. nil is
// "permitted"; the error is an *Error. It is sent once, never again.
func (c *Client) ProbeWrite(ctx context.Context) error {
	const path = "remote_write"
	if c.broken != nil {
		return c.noAnswer(ctx, path, c.broken)
	}
	u, err := url.Parse(c.config.Endpoint.RemoteWriteURL())
	if err != nil { // it was parsed before
		return refused("%v", err)
	}
	req := (&http.Request{Method: http.MethodPost, URL: u, Host: u.Host, ContentLength: int64(len(junk))}).WithContext(ctx)
	if c.config.Endpoint.SignHost != "" {
		req.Host = c.config.Endpoint.SignHost
	}
	req.Header = http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
		"X-Prometheus-Remote-Write-Version": {"0.1.0"},
	}
	if c.config.UserAgent != "" {
		req.Header.Set("User-Agent", c.config.UserAgent)
	}
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(junk)), nil }
	req.Body, _ = req.GetBody()       // the one above never fails
	resp, failed := c.send(req, path) //nolint:bodyclose // Decode closes it
	switch {
	case failed == nil:
		said := Decode(resp, c.judge(path))
		said.Message = "took a body that can't be decoded"
		return said
	case failed.Status == http.StatusBadRequest:
		return nil
	}
	return failed
}

// Skewed is the *Error of a clock that is wrong by so much (the service's minus
// ours) before any request was refused for it.
func Skewed(skew time.Duration) *Error {
	e := &Error{Kind: KindClockSkew, Message: "AWS takes no signature that is more than " + MaxSkew.String() + " off", Skew: skew}
	e.Remedy = remedy(e, Context{})
	return e
}

// MaxSkew is how far AWS lets clocks be apart.
const MaxSkew = 5 * time.Minute
