// Package sts is the emulator's Security Token Service: AssumeRole,
// AssumeRoleWithWebIdentity and GetCallerIdentity in AWS's query protocol. Who
// may assume what is the business of package iam.
package sts

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// Version is the value of the Version parameter that names STS.
const Version = "2011-06-15"

// Options configure a Service.
type Options struct {
	Store *iam.Store
	// Region is the one in which signatures are accepted, besides us-east-1
	// for the global endpoint.
	Region string
	// Issuers hold the keys of OIDC issuers. One that the Store knows as a
	// provider and that is not here cannot be verified, as if it could not be
	// reached.
	Issuers []Issuer
	// Dir keeps sessions valid across restarts; empty ends them.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// Issuer is an OIDC issuer whose keys are at hand; *oidc.Issuer is one.
type Issuer interface {
	URL() string
	JWKS() jose.JSONWebKeySet
}

// Service is an http.Handler for requests with Version 2011-06-15, and the
// sigv4auth.Keys of the whole emulator. It is safe for concurrent use.
type Service struct {
	opts Options
}

// New makes a Service.
func New(o Options) (*Service, error) { return &Service{opts: o}, nil }

// Credentials are those of a session.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

// String hides the credentials from logs.
func (c Credentials) String() string { return "[redacted]" }

// Issue makes credentials for p that end after d.
func (s *Service) Issue(p iam.Principal, d time.Duration) (Credentials, error) {
	return Credentials{}, errors.New("sts: unfinished")
}

// Key implements sigv4auth.Keys: static keys of the store, and sessions.
func (s *Service) Key(accessKeyID, sessionToken string) (sigv4auth.Key, error) {
	return sigv4auth.Key{}, errors.New("sts: unfinished")
}

// ServeHTTP answers a form POST or a GET.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
