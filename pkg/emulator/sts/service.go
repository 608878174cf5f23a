// Package sts is the emulator's Security Token Service: AssumeRole,
// AssumeRoleWithWebIdentity and GetCallerIdentity in AWS's query protocol, with
// the words of the AWS STS API reference. Who may assume what is the business
// of package iam.
package sts

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// Version is the value of the Version parameter that names STS.
const Version = "2011-06-15"

// Namespace is that of the answers.
const Namespace = "https://sts.amazonaws.com/doc/" + Version + "/"

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
	// Logger hears of faults of the service itself; nobody when nil.
	Logger *slog.Logger
}

// Issuer is an OIDC issuer whose keys are at hand; *oidc.Issuer is one.
type Issuer interface {
	URL() string
	JWKS() jose.JSONWebKeySet
}

// Service is an http.Handler for requests with Version 2011-06-15, and the
// sigv4auth.Keys of the whole emulator. It is safe for concurrent use.
type Service struct {
	opts     Options
	sealer   *sealer
	verifier *sigv4auth.Verifier
	scope    sigv4auth.Scope
}

// New makes a Service. It fails where the key in Options.Dir can't be read or
// written.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Region == "" {
		return nil, errors.New("sts needs a store and a region")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	sealer, err := newSealer(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Service{opts: o, sealer: sealer, scope: sigv4auth.Scope{Service: "sts", Regions: []string{o.Region, "us-east-1"}, MaxBody: query.MaxBody}}
	s.verifier = &sigv4auth.Verifier{Keys: s, Clock: o.Clock}
	return s, nil
}

// action is one operation. Those that are signed get the caller's principal.
type action struct {
	signed bool
	answer func(*Service, iam.Principal, url.Values) (any, error)
}

var actions = map[string]action{
	"AssumeRole":                {signed: true, answer: (*Service).assumeRole},
	"AssumeRoleWithWebIdentity": {answer: (*Service).assumeRoleWithWebIdentity},
	"GetCallerIdentity":         {signed: true, answer: (*Service).getCallerIdentity},
}

// Offers reports whether there is an operation of that name.
func Offers(operation string) bool { _, ok := actions[operation]; return ok }

// ServeHTTP answers a form POST or a GET.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := awserr.Stamp(w.Header())
	operation, result, err := s.serve(r)
	if err == nil {
		w.Header().Set("Cache-Control", "no-store") // credentials
		err = query.Write(w, operation, Namespace, requestID, result)
	}
	if err != nil {
		e := awserr.From(err)
		if errors.Is(e, awserr.Internal) {
			s.opts.Logger.ErrorContext(r.Context(), "sts failed", "requestID", requestID, "err", err)
		}
		awserr.WriteQueryXML(w, e, Namespace)
	}
}

func (s *Service) serve(r *http.Request) (operation string, result any, err error) {
	params, err := query.Params(r)
	if err != nil {
		return "", nil, err
	}
	operation = params.Get("Action")
	a, ok := actions[operation]
	if !ok || params.Get("Version") != Version {
		return "", nil, query.UnknownOperation(params)
	}
	caller := iam.Principal{Conditions: sigv4auth.RequestConditions(r)}
	if a.signed {
		if caller, err = s.verifier.Verify(r, s.scope); err != nil {
			return "", nil, err
		}
	}
	result, err = a.answer(s, caller, params)
	return operation, result, err
}
