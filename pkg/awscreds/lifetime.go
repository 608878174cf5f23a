package awscreds

import (
	"context"
	"net"
	"net/http"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// stsTime bounds one call of STS. The SDK's cache hides its caller's deadline
// from the call, since others may be waiting for the same answer.
const stsTime = 10 * time.Second

type dial func(ctx context.Context, network, address string) (net.Conn, error)

// ended tells the SDK not to try again.
type ended struct{ error }

func (ended) CanceledError() bool { return true }
func (e ended) Unwrap() error     { return e.error }

// mortal dials connections that end with lifetime, idle or in use.
func mortal(lifetime context.Context, d dial) dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(lifetime, cancel)()
		conn, err := d(ctx, network, address)
		switch {
		case err == nil:
			return &mortalConn{conn, context.AfterFunc(lifetime, func() { _ = conn.Close() })}, nil
		case lifetime.Err() != nil:
			return nil, ended{err}
		}
		return nil, err
	}
}

type mortalConn struct {
	net.Conn
	forget func() bool
}

func (c *mortalConn) Close() error {
	c.forget()
	return c.Conn.Close()
}

// newClient is an HTTP client for AWS's own APIs that ends with lifetime.
func newClient(lifetime context.Context) (*http.Client, error) {
	t, err := Transport()
	if err != nil {
		return nil, err
	}
	t.DialContext = mortal(lifetime, t.DialContext)
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// newChainClient is for the SDK's chain of credentials. Its clients are built
// inside the loader, before any option could give them ours, and under
// AWS_CA_BUNDLE the loader takes no client but its own. Connections are not
// kept, for that of the instance's metadata is dialled by the SDK's own dialler.
func newChainClient(lifetime context.Context) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTimeout(stsTime).WithTransportOptions(func(t *http.Transport) {
		t.DialContext = mortal(lifetime, t.DialContext)
		t.DisableKeepAlives = true
	})
}
