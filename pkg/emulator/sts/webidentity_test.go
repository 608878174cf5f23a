package sts_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

func TestWebIdentityRefused(t *testing.T) {
	const invalid = "InvalidIdentityToken"
	for name, c := range map[string]struct {
		token         func(w *world) string
		code, message string
	}{
		"expired": {func(w *world) string {
			return w.token(oidc.TokenRequest{At: w.now.Add(-time.Hour)})
		}, "ExpiredTokenException", "must be before the expiration date/time"},
		"not yet valid": {func(w *world) string {
			return w.token(oidc.TokenRequest{At: w.now.Add(time.Minute)})
		}, "IDPRejectedClaim", "Token not yet valid"},
		"another audience": {func(w *world) string {
			return w.token(oidc.TokenRequest{Audiences: []string{"vault"}})
		}, invalid, "Incorrect token audience"},
		"another service account": {func(w *world) string {
			return w.token(oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "other"})
		}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"another namespace": {func(w *world) string {
			return w.token(oidc.TokenRequest{Namespace: "prod", ServiceAccount: "grafana"})
		}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"an issuer that is no provider": {func(w *world) string {
			return mint(w, "https://elsewhere.example")
		}, invalid, "No OpenIDConnect provider found in your account for https://elsewhere.example"},
		"a provider that can't be reached": {func(w *world) string {
			_, err := w.store.PutProvider(iam.Provider{URL: "https://elsewhere.example", ClientIDs: []string{"sts.amazonaws.com"}})
			require.NoError(w.t, err)
			return mint(w, "https://elsewhere.example")
		}, invalid, "Couldn't retrieve verification key from your identity provider"},
		"a key of somebody else": {func(w *world) string { return mint(w, issuerURL) }, invalid, "Couldn't retrieve verification key"},
		"a key of somebody else under the right name": {func(w *world) string {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			require.NoError(w.t, err)
			return sign(w, key, claimsOf(w))
		}, invalid, "could not be validated by AWS"},
		"changed claims": {func(w *world) string {
			mine, other := w.token(oidc.TokenRequest{}), w.token(oidc.TokenRequest{Namespace: "prod", ServiceAccount: "grafana"})
			a, b := strings.Split(mine, "."), strings.Split(other, ".")
			return a[0] + "." + b[1] + "." + a[2]
		}, invalid, "could not be validated by AWS"},
		"no signature": {func(w *world) string {
			parts := strings.Split(w.token(oidc.TokenRequest{}), ".")
			return "eyJhbGciOiJub25lIn0." + parts[1] + "."
		}, invalid, "is not a valid JWT"},
		"not a JWT": {func(*world) string { return "rubbish" }, invalid, "is not a valid JWT"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "")
			_, err := w.webIdentity(c.token(w))
			requireCode(t, err, c.code, c.message)
		})
	}
}

// mint is a token of an issuer with a key of its own.
func mint(w *world, issuer string) string {
	w.t.Helper()
	forger, err := oidc.Open(oidc.Options{URL: issuer, Clock: func() time.Time { return w.now }})
	require.NoError(w.t, err)
	token, err := forger.Mint(oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "grafana"})
	require.NoError(w.t, err)
	return token.Raw
}

func claimsOf(w *world) map[string]any {
	return map[string]any{"iss": issuerURL, "sub": subject, "aud": "sts.amazonaws.com", "iat": w.now.Unix(), "exp": w.now.Unix() + 60}
}

// sign makes a token under the name of the issuer's key.
func sign(w *world, key *rsa.PrivateKey, claims map[string]any) string {
	w.t.Helper()
	named := jose.JSONWebKey{Key: key, KeyID: w.issuer.JWKS().Keys[0].KeyID}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: named}, nil)
	require.NoError(w.t, err)
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(w.t, err)
	return raw
}

// The claims that STS requires are required, and of two parties the authorized
// one counts.
func TestWebIdentityClaims(t *testing.T) {
	w := newWorld(t, "")
	text, err := os.ReadFile(filepath.Join(keyDir, "oidc-key.pem"))
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	key := parsed.(*rsa.PrivateKey)

	_, err = w.webIdentity(sign(w, key, claimsOf(w)))
	require.NoError(t, err)
	for _, name := range []string{"sub", "aud", "exp", "iat"} {
		claims := claimsOf(w)
		delete(claims, name)
		_, err = w.webIdentity(sign(w, key, claims))
		requireCode(t, err, "InvalidIdentityToken", "Missing a required claim: "+name)
	}
	claims := claimsOf(w)
	claims["aud"] = []string{"other", "sts.amazonaws.com"}
	_, err = w.webIdentity(sign(w, key, claims))
	require.NoError(t, err)
	claims["azp"] = "other"
	_, err = w.webIdentity(sign(w, key, claims))
	requireCode(t, err, "InvalidIdentityToken", "Incorrect token audience")
}
