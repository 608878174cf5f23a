package amp

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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
	// CustomParameters are added to every request; the caller's go before them.
	CustomParameters url.Values
	// MaxSamplesWarning and MaxSamplesError are sent with queries; 0 sends none.
	MaxSamplesWarning, MaxSamplesError int64
	// QueryTimeout is sent as timeout= with queries; 0 sends none.
	QueryTimeout time.Duration
	// Timeout bounds a request with its retries and the reading of its body; 0
	// leaves it to the context.
	Timeout time.Duration
	// AcceptEncoding is sent as it is; "" sends identity.
	AcceptEncoding string
	// UserAgent is sent where not "".
	UserAgent string
	// Retry says how often and how long to wait.
	Retry Retry
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Retry is how requests that were throttled, or met an unavailable service, are
// sent again. The zero value is the default.
type Retry struct {
	// Attempts is how often a request is sent at most, 0 for 4, 1 for no retry.
	Attempts int
	// Base and Max bound the jittered wait, 0 for 200 ms and 5 s.
	Base, Max time.Duration
	// Wait waits or returns the context's error; nil for a timer. For tests.
	Wait func(context.Context, time.Duration) error
}

// Client asks the data plane of one workspace. It is safe for concurrent use.
type Client struct {
	config Config
}

// Request is one call of the data plane.
type Request struct {
	// Method is GET or POST; "" takes the client's where the path allows it.
	Method string
	// Path below api/v1: query, query_range, labels, label/<name>/values,
	// series, metadata, rules, alerts.
	Path   string
	Params url.Values
	// Header is sent too, as far as it may leave for AWS.
	Header http.Header
}

// NewClient returns a client; it neither connects nor asks for credentials.
func NewClient(c Config) *Client { return &Client{config: c} }

// Do sends the request and returns an answer with status 2xx, whose body the
// caller closes. Anything else is an *Error; 429 and 503 were then retried as
// far as the context's time allowed, each attempt signed afresh.
func (c *Client) Do(ctx context.Context, r Request) (*http.Response, error) {
	return nil, errors.New("not there yet")
}
