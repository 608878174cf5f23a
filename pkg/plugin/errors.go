package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/promjson"
)

// statusClientClosed is what proxies and Grafana say of a caller that went away.
const statusClientClosed = 499

// badQueryError is a query that is not asked because it is wrong in itself.
type badQueryError struct{ error }

func (e badQueryError) Unwrap() error { return e.error }

// answerError is an answer with status 200 that is no result.
type answerError struct {
	status int
	text   string
	err    error
}

func (e *answerError) Error() string { return e.text }
func (e *answerError) Unwrap() error { return e.err }

// panicError is a fault of ours.
type panicError struct{ text string }

func (e panicError) Error() string { return e.text }

func panicked(refID string, cause any) error {
	return panicError{fmt.Sprintf("query %s: the plugin failed: %v: please report it, the server's log has the details", refID, cause)}
}

// badAnswer says what is wrong with the body of an answer.
func badAnswer(ctx context.Context, err error, resp *http.Response, e amp.Endpoint) error {
	if cause := ctx.Err(); cause != nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return amp.NoAnswer(errors.Join(err, cause), amp.Context{Endpoint: e})
	}
	out := &answerError{status: http.StatusBadGateway, err: err}
	var failed *promjson.StatusError
	switch {
	case errors.As(err, &failed):
		out.status, out.text = promStatus(failed.Type), withRemedy(failed.Error(), amp.KindOf(failed.Type))
	case errors.Is(err, httpclient.ErrResponseBodyTooLarge):
		out.text = "the answer is larger than Grafana's response limit: narrow the selection, the range or the step, or raise [dataproxy] response_limit in grafana.ini"
	case cutOff(err):
		out.text = withRemedy("the answer was cut off: "+err.Error(), amp.KindUnavailable)
	default:
		out.text = withRemedy("the answer can't be read: "+err.Error(), amp.KindUnexpected)
	}
	if id := resp.Header.Get("x-amzn-RequestId"); id != "" {
		out.text += " (request id " + id + ")"
	}
	return out
}

// alike tells whether two errors say the same: answers of AMP always differ in their request ids.
func alike(a, b error) bool {
	var x, y *amp.Error
	if errors.As(a, &x) && errors.As(b, &y) {
		return x.Summary() == y.Summary()
	}
	return a.Error() == b.Error()
}

func withRemedy(text string, k amp.Kind) string {
	if remedy := amp.RemedyOf(k); remedy != "" {
		return text + "; " + remedy
	}
	return text
}

// cutOff tells whether an answer ended in its midst: by the connection's end, or as if it were complete.
func cutOff(err error) bool {
	var format *promjson.FormatError
	var network net.Error
	nothing := errors.As(err, &format) && format.Offset == 0
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) && !nothing
}

// promStatus is the status Prometheus sends with a type of error.
func promStatus(errorType string) int {
	switch errorType {
	case "bad_data":
		return http.StatusBadRequest
	case "execution":
		return http.StatusUnprocessableEntity
	case "timeout", "canceled", "unavailable":
		return http.StatusServiceUnavailable
	case "not_found":
		return http.StatusNotFound
	}
	return http.StatusBadGateway
}

// statusOf is the status of the service where it answered, else the nearest.
func statusOf(err error) backend.Status {
	var service *amp.Error
	var answer *answerError
	var credentials *awscreds.Error
	var ours panicError
	switch {
	case errors.As(err, &service) && service.Status >= http.StatusBadRequest:
		return backend.Status(service.Status)
	case errors.As(err, &service):
		return statusOfKind(service.Kind)
	case errors.As(err, &answer):
		return backend.Status(answer.status)
	case errors.As(err, &credentials):
		return backend.StatusForbidden
	case errors.As(err, &ours):
		return backend.StatusInternal
	}
	return backend.StatusBadRequest // the query, or the data source's settings
}

func statusOfKind(k amp.Kind) backend.Status {
	switch k {
	case amp.KindCredentials:
		return backend.StatusForbidden
	case amp.KindTimeout:
		return backend.StatusTimeout
	case amp.KindCanceled:
		return statusClientClosed
	case amp.KindRefused:
		return backend.StatusBadRequest
	default:
		return backend.StatusBadGateway
	}
}

// sourceOf blames the plugin for its panics only: everything else is decided by
// the service, the network, the settings or the query.
func sourceOf(err error) backend.ErrorSource {
	var ours panicError
	if errors.As(err, &ours) {
		return backend.ErrorSourcePlugin
	}
	return backend.ErrorSourceDownstream
}
