package amp

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// Config is what a Client is made of. Only Endpoint is needed.
type Config struct {
	Endpoint Endpoint
	// Transport carries the requests; it is wrapped in a signer when Credentials
	// is set, and must itself sign or stay unsigned when not. nil is awscreds'
	// transport, which honours AWS_CA_BUNDLE.
	Transport http.RoundTripper
	// Credentials sign the requests; nil leaves signing to Transport.
	Credentials aws.CredentialsProvider
	// Service is the signing name, "aps" when "".
	Service string
	// Method is GET or POST, for the paths that take both; "" is POST.
	Method string
	// CustomParameters are added to every request, in its URL.
	CustomParameters url.Values
	// MaxSamplesWarning and MaxSamplesError are sent with queries; 0 sends none.
	MaxSamplesWarning, MaxSamplesError int64
	// QueryTimeout is sent as timeout= with queries; 0 sends none.
	QueryTimeout time.Duration
	// Timeout bounds a request with its retries and the reading of its body; 0
	// leaves it to the context.
	Timeout time.Duration
	// AcceptEncoding is sent as it is; "" is identity. Unpack undoes gzip; anything
	// else that is asked for here has to be undone by the caller.
	AcceptEncoding string
	// UserAgent is sent where not "".
	UserAgent string
	// Retry says how often and how long to wait.
	Retry Retry
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Client asks the data plane of one workspace. It is safe for concurrent use.
type Client struct {
	config    Config
	transport http.RoundTripper
	broken    error
}

// NewClient returns a client; it neither connects nor asks for credentials.
func NewClient(c Config) *Client {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Retry.Now == nil {
		c.Retry.Now = c.Now
	}
	client := &Client{config: c, transport: c.Transport}
	if client.transport == nil {
		t, err := awscreds.Transport()
		client.transport, client.broken = Unpack(t), err
	}
	if c.Credentials != nil {
		client.transport = sigv4.New(client.transport, sigv4.Config{
			Credentials: c.Credentials, Region: c.Endpoint.Region,
			Service: cmp.Or(c.Service, Service), SignHost: c.Endpoint.SignHost, Now: c.Now,
		})
	}
	return client
}

// Endpoint is the one asked.
func (c *Client) Endpoint() Endpoint { return c.config.Endpoint }

// CloseIdleConnections closes pooled connections; the client stays usable.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Do sends the request and returns an answer with status 2xx, whose body the
// caller closes. Anything else is an *Error; 429 and 503 were then retried as
// far as the context's time allowed, each attempt signed afresh. Redirects are
// not followed: a signed request is for one host.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	if c.broken != nil {
		return nil, c.noAnswer(ctx, r.Path, c.broken)
	}
	build, refused := c.prepare(r)
	if refused != nil {
		return nil, refused
	}
	cancel := func() {}
	if c.config.Timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, c.config.Timeout)
	}
	var resp *http.Response
	_, failed := c.config.Retry.Do(ctx, (*Error).Temporary, func() (e *Error) {
		resp, e = c.send(build(ctx), r.Path) //nolint:bodyclose // the caller of Do closes it
		return e
	})
	if failed != nil {
		cancel()
		return nil, failed
	}
	resp.Body = &body{ReadCloser: resp.Body, done: cancel}
	return resp, nil
}

func (c *Client) send(req *http.Request, path string) (*http.Response, *Error) {
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, c.noAnswer(req.Context(), path, err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	return nil, Decode(resp, c.judge(path))
}

func (c *Client) judge(path string) Context {
	return Context{Endpoint: c.config.Endpoint, Path: path, Service: c.config.Service, Now: c.config.Now()}
}

func (c *Client) noAnswer(ctx context.Context, path string, err error) *Error {
	// The context knows better than the transport why a request ended.
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = errors.Join(err, cause)
	}
	return NoAnswer(err, c.judge(path))
}

// body ends the request's time when it is closed.
type body struct {
	io.ReadCloser
	done context.CancelFunc
}

func (b *body) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
