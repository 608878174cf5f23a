package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// hold reads the request's body into memory, from where it can be hashed and
// sent, twice if need be.
func (p *Proxy) hold(rec *recorder, r *http.Request, c *call) *refusal {
	limit := p.config.MaxBody
	over := &refusal{status: http.StatusRequestEntityTooLarge, outcome: tooLarge, message: fmt.Sprintf("the body has more than %d bytes", limit)}
	if r.ContentLength > limit {
		return over
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	// Connections that can't have a deadline (in tests) do without.
	_ = rec.control.SetReadDeadline(time.Now().Add(p.config.Timeouts.Body))
	body, err := readAll(http.MaxBytesReader(rec, r.Body, limit), r.ContentLength)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return over
	case err != nil:
		c.err = err
		return &refusal{status: http.StatusBadRequest, outcome: badBody, message: "the body did not come in whole, or not in time"}
	}
	_ = rec.control.SetReadDeadline(time.Time{})
	c.in = int64(len(body))
	r.ContentLength, r.TransferEncoding, r.Trailer = int64(len(body)), nil, nil
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, err = r.GetBody()
	if err != nil { // cannot happen
		panic(err)
	}
	return nil
}

// readAll is io.ReadAll with the size known, where it is.
func readAll(r io.Reader, size int64) ([]byte, error) {
	if size < 0 {
		return io.ReadAll(r)
	}
	b := make([]byte, size)
	_, err := io.ReadFull(r, b)
	return b, err
}
