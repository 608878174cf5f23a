package awserr_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

const requestID = "11111111-2222-3333-4444-555555555555"

// examples has one error of each constructor, in the words of the contract.
func examples() map[string]*awserr.Error {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	role, workspace := "arn:aws:sts::123456789012:assumed-role/reader/pod", "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
	throttled := awserr.RateExceeded()
	throttled.RetryAfter = 1500 * time.Millisecond
	return map[string]*awserr.Error{
		"not-signed":          awserr.NotSigned(),
		"incomplete":          awserr.Incomplete("Authorization header requires '%s' parameter.", "Signature"),
		"signature-mismatch":  awserr.SignatureMismatch(),
		"wrong-region":        awserr.WrongRegion(),
		"wrong-service":       awserr.WrongService("aps"),
		"signature-expired":   awserr.SignatureExpired(at.Add(-6*time.Minute), at, 5*time.Minute),
		"signature-early":     awserr.SignatureNotYetCurrent(at.Add(6*time.Minute), at, 5*time.Minute),
		"invalid-token":       awserr.InvalidToken(),
		"token-expired":       awserr.TokenExpired(),
		"denied":              awserr.Denied(role, "aps:RemoteWrite", workspace),
		"denied-explicitly":   awserr.DeniedExplicitly(role, "aps:RemoteWrite", workspace, "an identity-based policy"),
		"no-workspace":        awserr.NoWorkspace(),
		"too-large":           awserr.BodyTooLarge(),
		"throttled":           throttled,
		"not-found":           awserr.NotFound("workspace", "ws-1"),
		"invalid":             awserr.Invalid("1 error", awserr.Field{Name: "alias", Message: "too long: <&>"}),
		"internal":            awserr.From(errors.New("disk /secret/path is full")),
		"identity-token":      awserr.New(awserr.InvalidIdentityToken, "Incorrect token audience"),
		"identity-expired":    awserr.New(awserr.ExpiredIdentityToken, "Token expired: current date/time %d must be before the expiration date/time %d", 1600, 1500),
		"service-unavailable": awserr.New(awserr.ServiceUnavailable, "Service Unavailable"),
	}
}

func TestRenderings(t *testing.T) {
	for name, e := range examples() {
		t.Run(name, func(t *testing.T) {
			var all bytes.Buffer
			for _, form := range []struct {
				name  string
				write func(http.ResponseWriter, *awserr.Error)
			}{
				{"data plane", awserr.WriteDataPlane},
				{"REST JSON", awserr.WriteREST},
				{"query XML", func(w http.ResponseWriter, e *awserr.Error) {
					awserr.WriteQueryXML(w, e, "https://sts.amazonaws.com/doc/2011-06-15/")
				}},
			} {
				w := httptest.NewRecorder()
				w.Header().Set(awserr.RequestIDHeader, requestID)
				form.write(w, e)
				fmt.Fprintf(&all, "# %s\n%d\n", form.name, w.Code)
				require.NoError(t, w.Header().Write(&all))
				fmt.Fprintf(&all, "\n%s\n\n", bytes.TrimSpace(w.Body.Bytes()))
			}
			golden.Assert(t, all.String(), name+".golden")
		})
	}
}

func TestRequestIDIsMadeAndKept(t *testing.T) {
	h := http.Header{}
	id := awserr.Stamp(h)
	require.Len(t, id, 36)
	require.Equal(t, id, awserr.Stamp(h))
	require.Equal(t, "amazon", h.Get("Server"))
	require.NotEqual(t, id, awserr.Stamp(http.Header{}))
}

func TestErrorsAreComparedByCode(t *testing.T) {
	err := fmt.Errorf("query: %w", awserr.Denied("a", "b", "c"))
	require.ErrorIs(t, err, awserr.AccessDenied)
	require.ErrorIs(t, err, awserr.Denied("x", "y", "z"))
	require.NotErrorIs(t, err, awserr.InvalidSignature)
	require.Equal(t, "a", awserr.From(fmt.Errorf("w: %w", awserr.New(awserr.BadRequest, "a"))).Message)
	require.Panics(t, func() { awserr.New("SomethingElse", "") }, "the set is closed")
}
