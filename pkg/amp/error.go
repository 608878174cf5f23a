package amp

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Kind says what went wrong, as far as a caller decides on it. It is a closed set.
type Kind string

// The kinds of Error.
const (
	KindRefused           Kind = "refused"             // not a path or verb of the allow-list; nothing was sent
	KindCredentials       Kind = "credentials"         // no credentials could be had; nothing was sent
	KindNetwork           Kind = "network"             // no answer: DNS, connection, TLS
	KindTimeout           Kind = "timeout"             // our own time ran out, or the service said so
	KindCanceled          Kind = "canceled"            // the caller went away
	KindUnsigned          Kind = "unsigned"            // AWS saw no signature, or does not know the route
	KindAccessDenied      Kind = "access-denied"       // the policy does not allow the action
	KindSignature         Kind = "signature"           // wrong secret key, or a request changed on its way
	KindScope             Kind = "scope"               // signed for another region or service
	KindTokenInvalid      Kind = "token-invalid"       // access key or session token unknown
	KindTokenExpired      Kind = "token-expired"       // session token expired
	KindClockSkew         Kind = "clock-skew"          // our clock is more than five minutes off
	KindForbidden         Kind = "forbidden"           // another 403
	KindWorkspaceNotFound Kind = "workspace-not-found" // no such workspace in this region and account
	KindNotFound          Kind = "not-found"           // another 404: a path AMP does not offer
	KindBadRequest        Kind = "bad-request"         // 400 and other 4xx: the request itself is wrong
	KindConflict          Kind = "conflict"            // it exists already, is in use, or is being changed
	KindQuota             Kind = "quota"               // the account may have no more of it
	KindTooLarge          Kind = "too-large"           // 413, 414
	KindExecution         Kind = "execution"           // 422: the query ran and failed, mostly over its limits
	KindThrottled         Kind = "throttled"           // 429; may be retried
	KindUnavailable       Kind = "unavailable"         // 503; may be retried
	KindServer            Kind = "server"              // another 5xx
	KindUnexpected        Kind = "unexpected"          // an answer that is not AMP's: a redirect, a login page
)

// Error is an answer that is not a result, or the lack of an answer. Its text
// is made for a panel: status, the service's message whole, what to do, the
// request id. It never holds a secret.
type Error struct {
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	Kind   Kind
	// Message is what the service said, whole; for HTML its text.
	Message string
	// Code is AWS's error code or Prometheus' errorType, "" where there is none.
	Code string
	// RequestID is what AWS support asks for.
	RequestID string
	// Remedy is what to do about it, "" where nothing is known to help.
	Remedy string
	// Action is the IAM action of the path asked for, such as aps:QueryMetrics.
	Action string
	// Skew is how far the service's clock is ahead of ours; 0 when not measured.
	Skew time.Duration
	// RetryAfter is what the service asked to wait for, 0 when it did not.
	RetryAfter time.Duration
	// Attempts is how often the request was sent.
	Attempts int
	// Err is the cause where there was no answer.
	Err error

	server string // who answered, "" for AMP
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d from %s: ", e.Status, cmp.Or(e.server, "AMP"))
	}
	b.WriteString(e.Message)
	if e.Remedy != "" {
		if !strings.HasSuffix(e.Message, ".") { // AWS ends some of its sentences, not all
			b.WriteByte(';')
		}
		b.WriteString(" " + e.Remedy)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	return b.String()
}

// Summary is the error without its remedy and request id.
func (e *Error) Summary() string {
	bare := *e
	bare.Remedy, bare.RequestID = "", ""
	return bare.Error()
}

// Unwrap gives the cause, so that errors.Is finds context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether the same request may succeed soon: 429 and 503, but
// not the 503 by which Prometheus says that the query itself took too long.
func (e *Error) Temporary() bool {
	return e.Status == http.StatusTooManyRequests || (e.Status == http.StatusServiceUnavailable && e.Kind != KindTimeout)
}
