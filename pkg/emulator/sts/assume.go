package sts

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// chained is the longest session of a role assumed by another role's session.
const chained = time.Hour

func (s *Service) getCallerIdentity(caller iam.Principal, _ url.Values) (any, error) {
	return callerIdentityResult{ARN: caller.ARN, UserID: caller.ID, Account: caller.Account}, nil
}

func (s *Service) assumeRole(caller iam.Principal, params url.Values) (any, error) {
	in := query.NewInput(params)
	externalID := in.Optional("ExternalId", externalConstraint)
	a, err := s.readAssumption(params, in)
	if err != nil {
		return nil, err
	}
	c := a.conditions()
	if externalID != "" {
		c["sts:ExternalId"] = []string{externalID}
	}
	for _, action := range a.actions("sts:AssumeRole") {
		if err := s.opts.Store.AuthorizeAssume(caller, action, a.roleARN, c); err != nil {
			return nil, err
		}
	}
	limit := time.Duration(0)
	if caller.Kind == iam.KindSession {
		limit = chained
	}
	p, creds, err := s.begin(a, limit, nil)
	if err != nil {
		return nil, err
	}
	return assumeRoleResult{AssumedRoleUser: roleUser{p.ARN, p.ID}, Credentials: creds.xml(), PackedPolicySize: a.packedSize()}, nil
}

func (s *Service) assumeRoleWithWebIdentity(caller iam.Principal, params url.Values) (any, error) {
	in := query.NewInput(params)
	token := in.Required("WebIdentityToken", tokenConstraint)
	a, err := s.readAssumption(params, in)
	if err != nil {
		return nil, err
	}
	if params.Get("ProviderId") != "" {
		return nil, awserr.New(awserr.ValidationError, "ProviderId is for OAuth 2.0 access tokens, which the emulator does not offer")
	}
	claims, provider, err := s.verifyToken(token, a.account)
	if err != nil {
		return nil, err
	}
	identity := claims.conditions(provider)
	c := a.conditions()
	maps.Copy(c, caller.Conditions)
	maps.Copy(c, identity)
	for _, action := range a.actions("sts:AssumeRoleWithWebIdentity") {
		if err := s.opts.Store.AuthorizeFederated(provider.ARN, action, a.roleARN, c); err != nil {
			return nil, err
		}
	}
	p, creds, err := s.begin(a, 0, identity)
	if err != nil {
		return nil, err
	}
	return webIdentityResult{
		SubjectFromWebIdentityToken: claims.Subject, Audience: claims.audience(provider), Provider: provider.ARN,
		AssumedRoleUser: roleUser{p.ARN, p.ID}, Credentials: creds.xml(), PackedPolicySize: a.packedSize(),
	}, nil
}

// begin starts a session that has been authorised. A limit of zero leaves the
// role's own.
func (s *Service) begin(a assumption, limit time.Duration, identity iam.Conditions) (iam.Principal, Credentials, error) {
	role, ok := s.opts.Store.Role(a.roleARN)
	if !ok { // deleted since
		return iam.Principal{}, Credentials{}, awserr.New(awserr.AccessDenied, "Not authorized to perform sts:AssumeRole")
	}
	longest := max(role.MaxSession, time.Hour)
	switch {
	case a.duration > longest:
		return iam.Principal{}, Credentials{}, awserr.New(awserr.ValidationError, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case limit > 0 && a.duration > limit:
		return iam.Principal{}, Credentials{}, awserr.New(awserr.ValidationError, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case a.duration == 0:
		a.duration = time.Hour
	}
	p := iam.Principal{
		Kind: iam.KindSession, Account: role.Account, Entity: role.ARN,
		ARN:             fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", s.opts.Store.Partition(), role.Account, role.Name, a.sessionName),
		ID:              role.ID + ":" + a.sessionName,
		SessionPolicies: a.policies, Conditions: iam.Conditions{},
	}
	maps.Copy(p.Conditions, identity)
	for key, value := range a.tags {
		p.Conditions["aws:PrincipalTag/"+key] = []string{value}
	}
	creds, err := s.Issue(p, a.duration)
	if err != nil {
		return p, creds, fmt.Errorf("issue credentials: %w", err)
	}
	return p, creds, nil
}

// conditions are the keys that a request to assume a role carries.
func (a assumption) conditions() iam.Conditions {
	c := iam.Conditions{"sts:RoleSessionName": {a.sessionName}}
	for key, value := range a.tags {
		c["aws:RequestTag/"+key] = []string{value}
	}
	if len(a.tags) > 0 {
		c["aws:TagKeys"] = slices.Sorted(maps.Keys(a.tags))
	}
	return c
}

// actions are those that the trust policy must allow.
func (a assumption) actions(name string) []string {
	if len(a.tags) > 0 {
		return []string{name, "sts:TagSession"}
	}
	return []string{name}
}

// packedSize is the share of the quota for session policies and tags that is
// used, in per cent.
func (a assumption) packedSize() int {
	size := 0
	for _, d := range a.policies {
		size += len(d)
	}
	for key, value := range a.tags {
		size += len(key) + len(value)
	}
	return min(100, (size*100+policyConstraint.Max-1)/policyConstraint.Max)
}
