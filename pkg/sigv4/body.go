package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

// Held is a request body that is in memory as a whole and has been hashed. A
// request whose GetBody returns one is signed and sent without another look at it.
type Held interface {
	io.ReadCloser
	// Len is the size in bytes.
	Len() int64
	// SHA256 is the hash of the whole body, however much of it has been read.
	SHA256() [sha256.Size]byte
}

// payload is a request body held in memory: its hash is part of the signature.
type payload struct {
	bytes []byte
	held  Held // to be sent as it is; nil where bytes are
}

// readBody reads r.Body to its end and closes it. When the request can give its
// body again, that is used and r.Body is left unread, so that the same request
// may be sent twice.
func readBody(r *http.Request, limit int64) (payload, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return payload{}, nil
	}
	defer func() { _ = r.Body.Close() }() // closing a request body has nothing to tell
	from := r.Body
	if r.GetBody != nil {
		again, err := r.GetBody()
		if err != nil {
			return payload{}, fmt.Errorf("read request body: %w", err)
		}
		if held, ok := again.(Held); ok && held.Len() <= limit {
			return payload{held: held}, nil
		}
		defer func() { _ = again.Close() }()
		from = again
	}
	b, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return payload{}, fmt.Errorf("read request body: %w", err)
	}
	if int64(len(b)) > limit {
		return payload{}, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, limit)
	}
	return payload{bytes: b}, nil
}

// appendHash appends the SHA-256 of the payload in hexadecimal.
func (p payload) appendHash(b []byte) []byte {
	var sum [sha256.Size]byte
	if p.held != nil {
		sum = p.held.SHA256()
	} else {
		sum = sha256.Sum256(p.bytes)
	}
	return hex.AppendEncode(b, sum[:])
}

// close is for a payload that is not sent.
func (p payload) close() {
	if p.held != nil {
		_ = p.held.Close() // closing a request body has nothing to tell
	}
}

// attach gives r the payload to send; again is how the caller gave it.
func (p payload) attach(r *http.Request, again func() (io.ReadCloser, error)) {
	r.ContentLength = int64(len(p.bytes))
	switch {
	case p.held != nil:
		r.ContentLength, r.Body, r.GetBody = p.held.Len(), p.held, again
	case len(p.bytes) == 0:
		r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	default:
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.bytes)), nil }
		r.Body = io.NopCloser(bytes.NewReader(p.bytes))
	}
}
