package amp

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// maxErrorBody is how much of a refusal is read; the longest real ones are a
// few kilobytes.
const maxErrorBody = 64 << 10

// Context is what an answer is judged by besides itself.
type Context struct {
	Endpoint Endpoint
	// Path is the one asked for, below api/v1.
	Path string
	// Service is the name that was signed for, "aps" when "".
	Service string
	// Now is the local clock at the answer; the zero time is time.Now.
	Now time.Time
}

// Decode makes an *Error of an answer that is no result. It reads a bounded
// part of the body and closes it.
func Decode(resp *http.Response, c Context) *Error {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	said := readMessage(resp)
	e := &Error{
		Status: resp.StatusCode, Message: said.text, Code: said.code,
		RequestID: requestID(resp.Header), Action: Action(c.Path), server: server(c.Endpoint),
	}
	if code := errorTypeHeader(resp.Header); code != "" {
		e.Code = code
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		e.Skew = date.Sub(c.Now).Round(time.Second)
	}
	e.RetryAfter = retryAfter(resp.Header, c.Now)
	e.Kind = classify(resp.StatusCode, e.Code, said)
	if resp.StatusCode/100 == 3 {
		e.Message = "answered with a redirect to " + strconv.Quote(resp.Header.Get("Location"))
	}
	e.Remedy = remedy(e, c)
	return e
}

// NoAnswer makes an *Error of a request that ended without an answer.
func NoAnswer(err error, c Context) *Error {
	e := &Error{Kind: KindNetwork, Message: err.Error(), Err: err, Action: Action(c.Path), server: server(c.Endpoint)}
	var already *Error
	var noCredentials *sigv4.CredentialsError
	var credentials *awscreds.Error
	var network net.Error
	switch {
	case errors.As(err, &already):
		return already
	case errors.Is(err, context.Canceled):
		e.Kind, e.Message = KindCanceled, "the request was cancelled"
	case errors.As(err, &credentials):
		e.Kind, e.Message, e.Remedy = KindCredentials, credentials.Summary(), credentials.Remedy
		return e
	case errors.Is(err, sigv4.ErrBodyTooLarge):
		e.Kind = KindTooLarge
	case errors.As(err, &noCredentials):
		e.Kind = KindCredentials
	case neverConnected(err):
		// The connection's own time ran out, where it did: no query was too slow.
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		e.Kind, e.Message = KindTimeout, "no answer in time ("+err.Error()+")"
	}
	e.Remedy = remedy(e, c)
	return e
}

func neverConnected(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}

func server(e Endpoint) string {
	if e.Base != nil && e.Workspace == "" {
		return e.Base.Host
	}
	return "AMP"
}

func requestID(h http.Header) string {
	for _, name := range []string{"x-amzn-RequestId", "x-amz-request-id", "x-amz-apigw-id"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// errorTypeHeader is the code AWS's REST JSON services send beside the body;
// what follows a colon is the shape's namespace.
func errorTypeHeader(h http.Header) string {
	code, _, _ := strings.Cut(h.Get("x-amzn-ErrorType"), ":")
	return shapeName(code)
}

// retryAfter reads both forms of Retry-After (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n >= 0 && n < 1<<31 {
		return time.Duration(n) * time.Second
	}
	date, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	// Both times are the service's, so that a wrong clock here does not matter.
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(0, date.Sub(now))
}

func readBody(resp *http.Response) []byte {
	defer func() { _ = resp.Body.Close() }() // read as far as it is wanted
	var from io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil
		}
		from = unpacked
	}
	b, _ := io.ReadAll(io.LimitReader(from, maxErrorBody)) // what was read before a fault still tells something
	return b
}
