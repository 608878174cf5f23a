package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
)

// payload is a request body held in memory: its hash is part of the signature.
type payload []byte

// readBody reads r.Body to its end and closes it. When the request can give its
// body again, that is used and r.Body is left unread, so that the same request
// may be sent twice.
func readBody(r *http.Request, limit int64) (payload, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	defer func() { _ = r.Body.Close() }() // closing a request body has nothing to tell
	from := r.Body
	if r.GetBody != nil {
		again, err := r.GetBody()
		if err != nil {
			return nil, fmt.Errorf("read request body: %w", err)
		}
		defer func() { _ = again.Close() }()
		from = again
	}
	b, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read request body: %w", err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, limit)
	}
	return b, nil
}

func (p payload) hash() string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:])
}

func (p payload) attach(r *http.Request) {
	r.ContentLength = int64(len(p))
	if len(p) == 0 {
		r.Body, r.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
		return
	}
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p)), nil }
	r.Body = io.NopCloser(bytes.NewReader(p))
}
