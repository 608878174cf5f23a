// Package awserr holds the errors with which the emulator answers, as the
// services it stands for word them, and the three forms in which they travel:
// the data plane's short JSON, REST JSON and the query protocol's XML.
//
// An error is made where the request is judged and written once, by the
// handler that owns the protocol; the same refusal therefore reads as each
// service would put it.
package awserr

import (
	"errors"
	"fmt"
	"time"
)

// Error is one refusal. Make it with the constructors, which know the words;
// compare with errors.Is(err, awserr.AccessDenied).
type Error struct {
	Status  int
	Code    Code
	Message string

	// ResourceID and ResourceType are members of ResourceNotFound, Conflict
	// and ServiceQuota in REST JSON.
	ResourceID, ResourceType string
	// ServiceCode and QuotaCode are members of ServiceQuota and Throttling.
	ServiceCode, QuotaCode string
	// Reason and Fields are members of Validation in REST JSON.
	Reason string
	Fields []Field
	// RetryAfter, when set, is sent as the Retry-After header in whole seconds.
	RetryAfter time.Duration
}

// Field says what is wrong with one member of a request.
type Field struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// Error gives code and message, as the SDKs print them.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Code, e.Message) }

// Is reports whether target is the Code of e, or an Error of the same code.
func (e *Error) Is(target error) bool {
	if c, ok := target.(Code); ok {
		return e.Code == c
	}
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// New makes an error of a code whose message only the caller knows; the status
// is the code's own. It panics on a code without a row: the set is closed.
func New(code Code, format string, args ...any) *Error {
	s, ok := specs[code]
	if !ok {
		panic("awserr: no such code: " + string(code))
	}
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &Error{Status: s.status, Code: code, Message: message}
}

// From finds the Error in err. Anything else becomes an Internal error that
// does not repeat err's text to the client: log err where From is called.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return New(Internal, "Internal server error")
}
