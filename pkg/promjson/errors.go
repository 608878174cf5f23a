package promjson

import (
	"fmt"
)

// FormatError says that the bytes are not an answer of Prometheus: malformed or truncated JSON, another shape, or
// something behind it. Err may be an error of the underlying reader, such as a response limit.
type FormatError struct {
	// Offset is the number of bytes read before the error was found. The reference reader may find it a token later.
	Offset int64
	Err    error
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("prometheus answer, byte %d: %v", e.Offset, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

// StatusError is an answer that is well formed and says that the query failed, whatever its HTTP status.
type StatusError struct {
	// Type is Prometheus' kind of error: bad_data, execution, timeout, canceled, internal, …
	Type string
	// Message is the whole text.
	Message string
	// Offset is where the answer ended.
	Offset int64
}

func (e *StatusError) Error() string {
	switch {
	case e.Type == "" && e.Message == "":
		return "prometheus answered with status error and no message"
	case e.Type == "":
		return e.Message
	}
	return e.Type + ": " + e.Message
}
