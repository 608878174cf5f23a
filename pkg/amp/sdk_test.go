package amp_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
)

// closedTwice is a body as the SDK's: whoever closes it second gets io.EOF.
type closedTwice struct {
	io.Reader
	closed bool
	fails  error
}

func (b *closedTwice) Close() error {
	if b.closed {
		return io.EOF
	}
	b.closed = true
	return b.fails
}

type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestBodyMayBeClosedTwice(t *testing.T) {
	broken := errors.New("broken")
	for _, fails := range []error{nil, broken} {
		body := &closedTwice{Reader: strings.NewReader("x"), fails: fails}
		cfg := amp.ForSDK(aws.Config{HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
			require.ErrorIs(t, r.Body.Close(), fails)
			require.NoError(t, r.Body.Close())
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
		})})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", body)
		require.NoError(t, err)
		_, err = cfg.HTTPClient.Do(r)
		require.NoError(t, err)
		require.Same(t, body, r.Body, "the SDK's request is not changed")
	}
}

func TestExplainOfNothingIsNothing(t *testing.T) {
	require.NoError(t, amp.Explain(nil, amp.Call{}))
	err := amp.Explain(errors.New("no route"), amp.Call{Service: "IAM", Action: "iam:GetRole"})
	require.True(t, amp.IsKind(err, amp.KindNetwork))
	require.ErrorContains(t, err, "IAM could not be reached")
	require.False(t, amp.IsKind(errors.New("x"), amp.KindNetwork))
}
