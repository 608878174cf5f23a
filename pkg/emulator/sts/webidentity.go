package sts

import (
	"encoding/json"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// algorithms are those that IAM accepts of OIDC providers.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.ES256, jose.ES384, jose.ES512}

// claims are what a web identity token says that STS looks at.
type claims struct {
	jwt.Claims
	AuthorizedParty string   `json:"azp"`
	Methods         []string `json:"amr"`
}

// verifyToken checks a token against the OIDC providers of an account: issuer,
// signature, times and audience, in this order. Whether a role trusts its
// subject is for the role to say.
func (s *Service) verifyToken(raw, account string) (claims, iam.Provider, error) {
	var c claims
	token, err := jwt.ParseSigned(raw, algorithms)
	if err != nil || token.UnsafeClaimsWithoutVerification(&c) != nil {
		return c, iam.Provider{}, awserr.New(awserr.InvalidIdentityToken,
			"The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	provider, ok := s.opts.Store.Provider(account, c.Issuer)
	if !ok {
		return c, provider, awserr.New(awserr.InvalidIdentityToken, "No OpenIDConnect provider found in your account for %s", query.Clip(c.Issuer))
	}
	if err := s.verifySignature(token, provider.URL); err != nil {
		return c, provider, err
	}
	return c, provider, s.verifyClaims(c, provider)
}

func (s *Service) verifySignature(token *jwt.JSONWebToken, issuer string) error {
	var keys []jose.JSONWebKey
	for _, i := range s.opts.Issuers {
		if i.URL() == issuer {
			set := i.JWKS()
			keys = set.Key(token.Headers[0].KeyID)
		}
	}
	if len(keys) == 0 {
		return awserr.New(awserr.InvalidIdentityToken, "Couldn't retrieve verification key from your identity provider, "+
			"please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	var verified json.RawMessage
	for _, key := range keys {
		if key.Algorithm == token.Headers[0].Algorithm && token.Claims(key, &verified) == nil {
			return nil
		}
	}
	return awserr.New(awserr.InvalidIdentityToken, "The web identity token that was passed could not be validated by AWS. "+
		"Get a new identity token from the identity provider and then retry the request.")
}

func (s *Service) verifyClaims(c claims, provider iam.Provider) error {
	for _, required := range []struct {
		name  string
		there bool
	}{{"sub", c.Subject != ""}, {"aud", len(c.Audience) > 0}, {"exp", c.Expiry != nil}, {"iat", c.IssuedAt != nil}} {
		if !required.there {
			return awserr.New(awserr.InvalidIdentityToken, "Missing a required claim: %s", required.name)
		}
	}
	now := s.opts.Clock()
	if !now.Before(c.Expiry.Time()) {
		return awserr.New(awserr.ExpiredIdentityToken, "Token expired: current date/time %d must be before the expiration date/time %d",
			now.Unix(), c.Expiry.Time().Unix())
	}
	for _, from := range []*jwt.NumericDate{c.NotBefore, c.IssuedAt} {
		if from != nil && now.Before(from.Time()) {
			return awserr.New(awserr.IDPRejectedClaim, "Token not yet valid: current date/time %d is before %d", now.Unix(), from.Time().Unix())
		}
	}
	if c.audience(provider) == "" {
		return awserr.New(awserr.InvalidIdentityToken, "Incorrect token audience")
	}
	return nil
}

// audience is the one for which the provider accepts the token: the authorized
// party where the token has one, else one of its audiences.
func (c claims) audience(provider iam.Provider) string {
	candidates := []string(c.Audience)
	if c.AuthorizedParty != "" {
		candidates = []string{c.AuthorizedParty}
	}
	for _, a := range candidates {
		if slices.Contains(provider.ClientIDs, a) {
			return a
		}
	}
	return ""
}

// conditions are the keys by which trust policies speak of a token, named after
// the provider: oidc.eks.eu-west-1.amazonaws.com/id/…:sub.
func (c claims) conditions(provider iam.Provider) iam.Conditions {
	host := iam.ProviderHost(provider.URL)
	all := iam.Conditions{
		host + ":sub":           {c.Subject},
		host + ":aud":           c.Audience,
		"aws:FederatedProvider": {provider.ARN},
	}
	if c.AuthorizedParty != "" {
		all[host+":aud"], all[host+":oaud"] = []string{c.AuthorizedParty}, c.Audience
	}
	if len(c.Methods) > 0 {
		all[host+":amr"] = c.Methods
	}
	return all
}
