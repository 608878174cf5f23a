// Package sigv4auth verifies AWS Signature Version 4 as strictly as the
// services do. It is written from the AWS General Reference ("Signature
// Version 4 signing process") and shares no code with any signer, so that it
// cannot share a signer's mistakes.
package sigv4auth

import (
	"errors"
	"net/http"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

// Keys finds the secret behind an access key. The session token is empty when
// the request carries none. Errors are *awserr.Error: InvalidToken for a pair
// that nobody issued, TokenExpired for one whose time is over.
type Keys interface {
	Key(accessKeyID, sessionToken string) (Key, error)
}

// Key is a secret and whom it stands for.
type Key struct {
	Secret    string
	Principal iam.Principal
}

// Verifier checks signatures. It is safe for concurrent use.
type Verifier struct {
	Keys Keys
	// Clock is time.Now when nil.
	Clock func() time.Time
	// Skew is how far X-Amz-Date may be from the clock; five minutes when zero.
	Skew time.Duration
}

// Scope is what a signature must be made for, and how much it may cover.
type Scope struct {
	// Service is the signing name: "aps", "sts", "iam".
	Service string
	// Regions are those accepted, usually one.
	Regions []string
	// MaxBody limits the body in bytes; one mebibyte when zero.
	MaxBody int64
}

// Verify returns who signed r. All errors are *awserr.Error. Everything that
// can be told from the headers is judged before the body is read, the body's
// length before its signature. After a success r.Body is an in-memory copy of
// the body that was verified.
func (v *Verifier) Verify(r *http.Request, s Scope) (iam.Principal, error) {
	return iam.Principal{}, errors.New("sigv4auth: unfinished")
}

// ClaimedService is the service named in r's credential scope, empty without
// one. Nothing is verified: it serves for routing only.
func ClaimedService(r *http.Request) string { return "" }
