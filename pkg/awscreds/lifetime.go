package awscreds

import (
	"context"
	"io"
	"net/http"
	"time"
)

// stsTime bounds one call of STS. The SDK's cache hides its caller's deadline
// from the call, since others may be waiting for the same answer.
const stsTime = 10 * time.Second

// mortal ends its requests when its lifetime does.
type mortal struct {
	next     *http.Transport
	lifetime context.Context //nolint:containedctx // the transport's own end
}

// ended tells the SDK not to try again.
type ended struct{ error }

func (ended) CanceledError() bool { return true }
func (e ended) Unwrap() error     { return e.error }

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(m.lifetime, cancel)
	release := func() { stop(); cancel() }
	resp, err := m.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		release()
		if m.lifetime.Err() != nil {
			return nil, ended{err}
		}
		return nil, err
	}
	resp.Body = &releasing{ReadCloser: resp.Body, release: release}
	return resp, nil
}

func (m *mortal) CloseIdleConnections() { m.next.CloseIdleConnections() }

type releasing struct {
	io.ReadCloser
	release func()
}

func (r *releasing) Close() error {
	defer r.release()
	return r.ReadCloser.Close()
}

// newClient is an HTTP client for AWS's own APIs that ends with lifetime.
func newClient(lifetime context.Context) (*http.Client, error) {
	t, err := Transport()
	if err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     &mortal{next: t, lifetime: lifetime},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}
