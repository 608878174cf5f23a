// Package sigv4auth verifies AWS Signature Version 4 as strictly as the
// services do. It is written from AWS's documentation ("Create a signed AWS
// API request", "Signature Version 4 signing process") and shares no code with
// any signer, so that it cannot share a signer's mistakes.
//
// Only the Authorization header is understood; signatures in the query
// (presigned URLs) count as none.
package sigv4auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
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

// String hides the secret from logs.
func (k Key) String() string { return "[redacted] of " + k.Principal.ARN }

// GoString hides the secret from logs.
func (k Key) GoString() string { return k.String() }

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
// the body that was verified, and the principal's conditions have those of the
// request among them.
func (v *Verifier) Verify(r *http.Request, s Scope) (iam.Principal, error) {
	a, key, date, err := v.verifyHeaders(r, s)
	if err != nil {
		return iam.Principal{}, err
	}
	body, err := readBody(r, s.MaxBody)
	if err != nil {
		return iam.Principal{}, err
	}
	payload := digest(body)
	if claimed := r.Header.Values("X-Amz-Content-Sha256"); len(claimed) > 0 {
		if s.Service == "s3" && len(claimed) == 1 && claimed[0] == "UNSIGNED-PAYLOAD" {
			payload = claimed[0]
		} else if len(claimed) != 1 || claimed[0] != payload {
			return iam.Principal{}, awserr.SignatureMismatch()
		}
	}
	request, ok := canonicalRequest(r, s.Service, a.signedHeaders, payload)
	want := sign(key.Secret, a, stringToSign(date, a.scope(), request))
	if !ok || !hmac.Equal([]byte(want), []byte(a.signature)) {
		return iam.Principal{}, awserr.SignatureMismatch()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p := key.Principal
	p.Conditions = maps.Clone(p.Conditions)
	if p.Conditions == nil {
		p.Conditions = iam.Conditions{}
	}
	maps.Copy(p.Conditions, RequestConditions(r))
	return p, nil
}

// RequestConditions are the condition keys that the request itself gives: where
// it comes from, and what sent it. One that came in-process is from loopback.
func RequestConditions(r *http.Request) iam.Conditions {
	c := iam.Conditions{"aws:SourceIp": {"127.0.0.1"}}
	if from, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		c["aws:SourceIp"] = []string{from.Addr().Unmap().String()}
	}
	if agent := r.UserAgent(); agent != "" {
		c["aws:UserAgent"] = []string{agent}
	}
	return c
}

// verifyHeaders is what needs no body: form, date, scope, whose key it is.
func (v *Verifier) verifyHeaders(r *http.Request, s Scope) (a authorization, key Key, date string, err error) {
	values := r.Header.Values("Authorization")
	if len(values) == 0 || values[0] == "" {
		return a, key, "", awserr.NotSigned()
	}
	if len(values) > 1 {
		return a, key, "", awserr.Incomplete("Authorization header must not be repeated.")
	}
	if a, err = parseAuthorization(values[0]); err != nil {
		return a, key, "", err
	}
	if date, err = v.verifyDate(r.Header, a); err != nil {
		return a, key, "", err
	}
	if err = a.covers(r.Header); err != nil {
		return a, key, "", err
	}
	if err = s.accepts(a); err != nil {
		return a, key, "", err
	}
	tokens := r.Header.Values("X-Amz-Security-Token")
	if len(tokens) > 1 {
		return a, key, "", awserr.InvalidToken()
	}
	key, err = v.Keys.Key(a.accessKeyID, strings.Join(tokens, ""))
	return a, key, date, err
}

// accepts names everything that is wrong with a scope, as AWS does.
func (s Scope) accepts(a authorization) error {
	region, service := slices.Contains(s.Regions, a.region), a.service == s.Service
	switch {
	case !region && !service:
		e := awserr.WrongRegion()
		e.Message += awserr.WrongService(s.Service).Message
		return e
	case !region:
		return awserr.WrongRegion()
	case !service:
		return awserr.WrongService(s.Service)
	}
	return nil
}

const basicFormat = "20060102T150405Z"

// verifyDate finds when the request was signed, in X-Amz-Date or else in Date,
// and holds it against the scope and the clock.
func (v *Verifier) verifyDate(h http.Header, a authorization) (string, error) {
	var at time.Time
	var err error
	switch {
	case len(h.Values("X-Amz-Date")) > 0:
		text := strings.Join(h.Values("X-Amz-Date"), ",")
		if at, err = time.Parse(basicFormat, text); err != nil {
			return "", awserr.Incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", clip(text))
		}
	case h.Get("Date") != "" && slices.Contains(a.signedHeaders, "date"):
		if at, err = http.ParseTime(h.Get("Date")); err != nil {
			return "", awserr.Incomplete("Date must be in RFC 1123 format. Got '%s'.", clip(h.Get("Date")))
		}
	default:
		return "", awserr.Incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	date := at.UTC().Format(basicFormat)
	if date[:8] != a.date {
		return "", awserr.New(awserr.InvalidSignature,
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.", clip(a.date), date[:8], date)
	}
	now, skew := time.Now, v.Skew
	if v.Clock != nil {
		now = v.Clock
	}
	if skew == 0 {
		skew = 5 * time.Minute
	}
	switch t := now(); {
	case at.Before(t.Add(-skew)):
		return "", awserr.SignatureExpired(at, t, skew)
	case at.After(t.Add(skew)):
		return "", awserr.SignatureNotYetCurrent(at, t, skew)
	}
	return date, nil
}

// readBody reads at most limit bytes and tells a body that is longer without
// reading on.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if limit == 0 {
		limit = 1 << 20
	}
	if r.ContentLength > limit {
		return nil, awserr.BodyTooLarge()
	}
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), int64(len(body)) > limit:
		return nil, awserr.BodyTooLarge()
	case err != nil:
		return nil, awserr.New(awserr.BadRequest, "could not read the request body")
	}
	return body, nil
}

// stringToSign is task 2 of the signing process.
func stringToSign(date, scope, request string) string {
	return strings.Join([]string{algorithm, date, scope, digest([]byte(request))}, "\n")
}

// sign is task 3: a key for the scope, and the signature in hexadecimal.
func sign(secret string, a authorization, text string) string {
	key := []byte("AWS4" + secret)
	for _, part := range []string{a.date, a.region, a.service, terminator} {
		key = mac(key, part)
	}
	return hex.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
