// Package sigv4 is an http.RoundTripper that signs every request with AWS
// Signature Version 4. Its signatures are those of aws-sdk-go-v2, byte by byte.
//
// It signs the method, the path, the query, the body and the few headers that
// matter (host, content-type, content-encoding and what the signature itself
// needs). Headers that an edge or a proxy may drop or rewrite are not signed,
// because such a change would show as a signature that does not match.
package sigv4

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// DefaultMaxBody is more than AMP takes in one request (1 MB).
const DefaultMaxBody = 4 << 20

// ErrBodyTooLarge is returned before anything is sent.
var ErrBodyTooLarge = errors.New("request body is larger than can be signed")

// CredentialsError is a request that was not sent because there were no
// credentials to sign it with.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return "get credentials to sign with: " + e.Err.Error() }

// Unwrap gives what the credentials provider said.
func (e *CredentialsError) Unwrap() error { return e.Err }

// Config says who signs and for what.
type Config struct {
	// Credentials are asked for each request, so they must be cached (see
	// pkg/awscreds). Their error is returned as it is, wrapped.
	Credentials aws.CredentialsProvider
	// Region and Service make the credential scope; neither may be empty.
	Region  string
	Service string
	// SignHost is the Host that is signed and sent while the connection goes to
	// the URL's host, as behind a VPC endpoint. "" signs the request's own host.
	SignHost string
	// MaxBody is the largest body in bytes, 0 for DefaultMaxBody.
	MaxBody int64
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Transport signs each request it is given, on a clone, and passes it on. A
// request that is sent again is signed again. It is safe for concurrent use.
type Transport struct {
	next   http.RoundTripper
	config Config
	signer *signer
	skew   atomic.Int64
	dated  atomic.Pointer[string] // the Date it was measured by
}

// New returns a Transport in front of next (http.DefaultTransport when nil).
func New(next http.RoundTripper, c Config) *Transport {
	if next == nil {
		next = http.DefaultTransport
	}
	if c.MaxBody <= 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Transport{next: next, config: c, signer: &signer{region: c.Region, service: c.Service}}
}

// RoundTrip signs and sends a clone of r. It closes r.Body in every case.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	signed, err := t.sign(r)
	if err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(signed)
	if resp != nil {
		t.measure(resp.Header)
	}
	return resp, err
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Skew is how far the server's clock was ahead of ours in the last answer that
// had a Date header (to the second, as the header is); false before the first.
func (t *Transport) Skew() (time.Duration, bool) {
	return time.Duration(t.skew.Load()), t.dated.Load() != nil
}

// measure looks at one answer of a second: to parse the date of each would cost
// nearly half of what a signature does.
func (t *Transport) measure(h http.Header) {
	text := h.Get("Date")
	if last := t.dated.Load(); last != nil && *last == text {
		return
	}
	if date, err := http.ParseTime(text); err == nil {
		t.skew.Store(int64(date.Sub(t.config.Now()).Round(time.Second)))
		kept := text // or each text would be allocated
		t.dated.Store(&kept)
	}
}

func (t *Transport) sign(r *http.Request) (_ *http.Request, err error) {
	body, err := readBody(r, t.config.MaxBody)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			body.close()
		}
	}()
	switch {
	case t.config.Region == "":
		return nil, errors.New("sign request: no region")
	case t.config.Service == "":
		return nil, errors.New("sign request: no service name")
	case t.config.Credentials == nil:
		return nil, errors.New("sign request: no credentials provider")
	}
	credentials, err := t.config.Credentials.Retrieve(r.Context())
	if err != nil {
		return nil, &CredentialsError{Err: err}
	}
	out := clean(r)
	if t.config.SignHost != "" {
		out.Host = t.config.SignHost
	}
	var hash [2 * sha256.Size]byte
	t.signer.sign(out, credentials, body.appendHash(hash[:0]), t.config.Now())
	body.attach(out, r.GetBody)
	return out, nil
}
