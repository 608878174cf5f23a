package proxy

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// hold reads the request's body into memory, from where it can be hashed and
// sent, twice if need be.
func (p *Proxy) hold(rec *recorder, r *http.Request, c *call) *refusal {
	limit := p.config.MaxBody
	over := func() *refusal {
		return &refusal{status: http.StatusRequestEntityTooLarge, outcome: tooLarge, message: fmt.Sprintf("the body has more than %d bytes", limit)}
	}
	if r.ContentLength > limit {
		return over()
	}
	// The server has set a deadline for the body, which must not end the request.
	// Where there can be none (in tests), there is none to take back.
	if r.Body == nil || r.Body == http.NoBody {
		_ = rec.control.SetReadDeadline(time.Time{})
		return nil
	}
	body, err := readBody(http.MaxBytesReader(rec, r.Body, limit), r.ContentLength)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return over()
	case err != nil:
		c.err = err
		return &refusal{status: http.StatusBadRequest, outcome: badBody, message: "the body did not come in whole, or not in time"}
	}
	_ = rec.control.SetReadDeadline(time.Time{})
	c.in, c.body = int64(len(body.bytes)), body
	r.ContentLength, r.TransferEncoding, r.Trailer = c.in, nil, nil
	r.GetBody = func() (io.ReadCloser, error) { return body.open(), nil }
	r.Body = body.open() // closed when it is signed the first time; the call has the body until its end
	return nil
}

// readBody reads a body of a known size, or of any where size is negative. It is
// hashed as it comes in: the bytes are at hand then, and the next ones arrive
// meanwhile.
func readBody(r io.Reader, size int64) (*body, error) {
	digest := sha256.New()
	r = io.TeeReader(r, digest)
	var b *body
	var err error
	if size < 0 {
		b = newBody(0)
		b.bytes, err = io.ReadAll(r)
	} else {
		b = newBody(int(size))
		_, err = io.ReadFull(r, b.bytes)
	}
	if err != nil {
		b.release()
		return nil, err
	}
	digest.Sum(b.hash[:0])
	return b, nil
}

// body is a request's body in memory. Large ones are pooled: 500 kB of garbage
// for each write would keep the collector busier than the signer. It goes back
// when the handler and all readers are done with it. A transport may read from
// another goroutine after it has answered, but closes what it reads from.
type body struct {
	bytes []byte
	hash  [sha256.Size]byte
	pool  int // index into pools, -1 for none
	users atomic.Int32
}

// pools hold buffers of 1<<index bytes.
var pools [31]sync.Pool

const pooledFrom = 16 << 10

// newBody is for the caller to release.
func newBody(size int) *body {
	b := &body{pool: -1}
	b.users.Store(1)
	if size < pooledFrom {
		b.bytes = make([]byte, size)
		return b
	}
	b.pool = bits.Len(uint(size - 1))
	if b.pool >= len(pools) {
		b.pool, b.bytes = -1, make([]byte, size)
		return b
	}
	if buffer, ok := pools[b.pool].Get().(*[]byte); ok {
		b.bytes = (*buffer)[:size]
	} else {
		b.bytes = make([]byte, size, 1<<b.pool)
	}
	return b
}

func (b *body) release() {
	if b.users.Add(-1) == 0 && b.pool >= 0 {
		whole := b.bytes[:0]
		pools[b.pool].Put(&whole)
	}
}

func (b *body) open() *reader {
	b.users.Add(1)
	return &reader{body: b}
}

// reader is a sigv4.Held. Nothing is read from the buffer once it is closed,
// whoever is still reading.
type reader struct {
	body *body

	mu   sync.Mutex
	at   int
	shut bool
}

func (r *reader) Len() int64 { return int64(len(r.body.bytes)) }

func (r *reader) SHA256() [sha256.Size]byte { return r.body.hash }

// readSize is what one Read gives. It goes through two more buffers on its way
// to the service, which stay in the processor's cache at this size, and with the
// nine bytes before it in HTTP/2 it fills eight records of TLS.
const readSize = 128<<10 - 9

func (r *reader) Read(into []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.shut:
		return 0, errors.New("read of a closed request body")
	case r.at == len(r.body.bytes):
		return 0, io.EOF
	}
	n := copy(into[:min(len(into), readSize)], r.body.bytes[r.at:])
	r.at += n
	return n, nil
}

func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.shut {
		r.shut = true
		r.body.release()
	}
	return nil
}
