package oidc

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Faults of a token that Review tells apart.
var (
	ErrToken    = errors.New("not a token of this cluster")
	ErrExpired  = errors.New("the token has expired")
	ErrAudience = errors.New("the token is for another audience")
)

// Pod is whom a token was minted for.
type Pod struct {
	Namespace, ServiceAccount, Name, UID string
}

// Review checks a token of the issuer's own for an audience, as the Kubernetes
// API server's TokenReview does. Errors are ErrToken, ErrExpired and
// ErrAudience; none repeats the token.
func (i *Issuer) Review(raw, audience string, at time.Time) (Pod, error) {
	var registered jwt.Claims
	var private privateClaims
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || token.Claims(i.public, &registered, &private) != nil || registered.Issuer != i.opts.URL {
		return Pod{}, ErrToken
	}
	namespace, account, ok := strings.Cut(strings.TrimPrefix(registered.Subject, "system:serviceaccount:"), ":")
	switch {
	case !ok, registered.Expiry == nil, registered.NotBefore != nil && at.Before(registered.NotBefore.Time()):
		return Pod{}, ErrToken
	case !at.Before(registered.Expiry.Time()):
		return Pod{}, ErrExpired
	case !slices.Contains(registered.Audience, audience):
		return Pod{}, ErrAudience
	}
	pod := private.Kubernetes.Pod
	return Pod{Namespace: namespace, ServiceAccount: account, Name: pod.Name, UID: pod.UID}, nil
}
