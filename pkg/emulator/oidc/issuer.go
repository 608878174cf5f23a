// Package oidc is an OpenID Connect issuer as a Kubernetes cluster has one: it
// publishes its keys, mints projected service-account tokens and keeps them
// fresh in a file, as the API server and the kubelet do between them.
package oidc

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Options configure an Issuer.
type Options struct {
	// URL is the iss claim, without a trailing slash.
	URL string
	// Dir keeps the key across restarts; empty makes a new key.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// Issuer mints and publishes. It is safe for concurrent use.
type Issuer struct {
	opts Options
}

// Open reads the issuer's key from Options.Dir, or makes one.
func Open(o Options) (*Issuer, error) { return &Issuer{opts: o}, nil }

// URL is the issuer's name, the iss claim.
func (i *Issuer) URL() string { return i.opts.URL }

// JWKS are the public keys.
func (i *Issuer) JWKS() jose.JSONWebKeySet { return jose.JSONWebKeySet{} }

// ServeHTTP answers /.well-known/openid-configuration and /keys below the
// issuer's URL; whoever mounts it elsewhere strips the prefix.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// TokenRequest asks for a token as a pod's projected volume does.
type TokenRequest struct {
	Namespace, ServiceAccount string
	// Audiences are {"sts.amazonaws.com"} when empty.
	Audiences []string
	// TTL is an hour when zero; like the API server, Mint grants no less than
	// ten minutes.
	TTL time.Duration
	// Pod and Node are claims of the pod that the token is bound to; a name is
	// made up when Pod is empty.
	Pod, Node string
}

// Token is a minted token.
type Token struct {
	Raw             string
	Issued, Expires time.Time
}

// String hides the token from logs.
func (t Token) String() string { return "[redacted]" }

// Mint signs a token.
func (i *Issuer) Mint(r TokenRequest) (Token, error) { return Token{}, errors.New("oidc: unfinished") }
