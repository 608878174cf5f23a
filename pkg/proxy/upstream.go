package proxy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ampkit/ampkit/pkg/amp"
)

var errExpired = errors.New("the service does not take the credentials any more, and there are no others yet")

// send signs and sends, and does it once more after a refusal that a correction
// helps against.
func (p *Proxy) send(r *http.Request) (*http.Response, error) {
	c := callOf(r.Context())
	for again := false; ; again = true {
		resp, err := p.signed.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusForbidden {
			p.clock.learn(resp.Header, c.sent, false)
			return resp, nil
		}
		kind, err := peek(resp)
		if err != nil {
			return nil, err
		}
		if kind == amp.KindClockSkew {
			p.clock.learn(resp.Header, c.sent, true)
		}
		switch {
		case kind == amp.KindClockSkew && !again && p.clock.moved(c.skew):
			p.metrics.again.WithLabelValues("clock").Inc()
		case kind == amp.KindTokenExpired, kind == amp.KindTokenInvalid:
			if again || !p.keeper.renew(r.Context(), c.used) {
				_ = resp.Body.Close()
				return nil, errExpired
			}
			p.metrics.again.WithLabelValues("credentials").Inc()
		default:
			return resp, nil
		}
		_ = resp.Body.Close() // read to its end
	}
}

// maxRefusal is more than any refusal of AWS has.
const maxRefusal = 64 << 10

// peek says what a refusal means, and leaves it to be read.
func peek(resp *http.Response) (amp.Kind, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal+1))
	if err != nil {
		return "", fmt.Errorf("read refusal: %w", err)
	}
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), rest}
	copied := *resp
	copied.Body = io.NopCloser(bytes.NewReader(body))
	return amp.Decode(&copied, amp.Context{}).Kind, nil
}

// noted is the keeper, noting in the call what a request is signed with.
type noted struct{ *Proxy }

func (n noted) Retrieve(ctx context.Context) (aws.Credentials, error) {
	held, err := n.keeper.Retrieve(ctx)
	c := callOf(ctx)
	c.used, c.skew, c.signing = held, n.clock.skew(), time.Now()
	return held, err
}

// observed is the transport below the signer.
type observed struct{ *Proxy }

func (o observed) RoundTrip(r *http.Request) (*http.Response, error) {
	c := callOf(r.Context())
	o.metrics.signing.Observe(time.Since(c.signing).Seconds())
	c.sent = o.config.Now()
	resp, err := o.base.RoundTrip(r)
	if err == nil {
		c.upstreamID = resp.Header.Get("X-Amzn-Requestid")
	}
	return resp, err
}

func (o observed) CloseIdleConnections() {
	if t, ok := o.base.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}
