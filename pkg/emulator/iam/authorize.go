package iam

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// Authorize decides whether p may perform action (for example
// "aps:QueryMetrics") on the resource with the given ARN. A refusal is
// *awserr.Error: AccessDenied, or InvalidToken where p's user or role is gone.
//
// Evaluated are identity-based policies (inline and managed), session policies
// and resource-based policies. An explicit deny wins; within an account either
// side may allow, across accounts both must. A permissions boundary and session
// policies limit what a principal's own policies grant, and what a resource
// grants to its role; not what a resource grants to the session or the user by
// name. Organisations' policies do not exist here.
func (s *Store) Authorize(p Principal, action, resource string, c Conditions) error {
	v := s.view()
	c = v.context(p, resource, c)
	identity, within, err := v.identity(p, action, resource, c)
	if err != nil {
		return err
	}
	byResource, level := v.resource(p, action, resource, c)
	if identity == denied || byResource == denied {
		return awserr.DeniedExplicitly(p.ARN, action, resource)
	}
	owner := accountOf(resource)
	ok := identity == allowed || byResource == allowed && level.enough(within)
	if owner != "" && owner != p.Account {
		ok = identity == allowed && byResource == allowed
	}
	if !ok {
		return awserr.Denied(p.ARN, action, resource)
	}
	return nil
}

// AuthorizeAssume decides whether p may assume role (action "sts:AssumeRole")
// or tag the session ("sts:TagSession"). Within an account it is enough that
// the trust policy names p; where it names the account, and across accounts,
// p's own policies must allow it too. A role that does not exist is refused in
// the same words.
func (s *Store) AuthorizeAssume(p Principal, action, roleARN string, c Conditions) error {
	v := s.view()
	role, ok := v.state.Roles[roleARN]
	if !ok {
		return awserr.Denied(p.ARN, action, roleARN)
	}
	c = v.context(p, roleARN, c)
	identity, within, err := v.identity(p, action, roleARN, c)
	if err != nil {
		return err
	}
	trust, level := v.parsed[role.Trust].evaluate(request{action: action, who: &who{principal: &p}, conditions: c})
	if identity == denied || trust == denied {
		return awserr.DeniedExplicitly(p.ARN, action, roleARN)
	}
	enough := level.enough(within) && role.Account == p.Account
	if trust != allowed || identity != allowed && !enough {
		return awserr.Denied(p.ARN, action, roleARN)
	}
	return nil
}

// AuthorizeFederated decides whether a role trusts a token of the provider
// with the given ARN; c holds the token's claims as "<issuer host>:sub" and so
// on. A role that does not exist is refused in the same words.
func (s *Store) AuthorizeFederated(providerARN, action, roleARN string, c Conditions) error {
	return s.authorizeOutsider(who{federated: providerARN}, action, roleARN, c)
}

// AuthorizeService decides whether a role trusts a service of AWS, for example
// pods.eks.amazonaws.com.
func (s *Store) AuthorizeService(service, action, roleARN string, c Conditions) error {
	return s.authorizeOutsider(who{service: service}, action, roleARN, c)
}

func (s *Store) authorizeOutsider(w who, action, roleARN string, c Conditions) error {
	v := s.view()
	role, ok := v.state.Roles[roleARN]
	if ok {
		c = v.context(Principal{}, roleARN, c)
		trust, _ := v.parsed[role.Trust].evaluate(request{action: action, who: &w, conditions: c})
		ok = trust == allowed
	}
	if !ok {
		return awserr.New(awserr.AccessDenied, "Not authorized to perform %s", action)
	}
	return nil
}

// view is one state with its documents understood: a decision never mixes two.
type view struct {
	state  *State
	parsed map[Document]*policy
	now    time.Time
}

func (s *Store) view() view {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return view{state: s.state, parsed: s.parsed, now: s.opts.Clock()}
}

// identity evaluates what hangs on the principal itself, its limits included;
// within tells whether the limits alone would allow.
func (v view) identity(p Principal, action, resource string, c Conditions) (sum decision, within bool, err error) {
	own, ok := v.permissions(p)
	if !ok {
		return denied, false, awserr.InvalidToken()
	}
	req := request{action: action, resource: resource, conditions: c}
	for _, d := range own.Inline {
		sum = sum.and(v.parsed[d].decide(req))
	}
	for _, arn := range own.Attached {
		sum = sum.and(v.managed(arn).decide(req))
	}
	limit := allowed
	if own.Boundary != "" {
		limit = v.managed(own.Boundary).decide(req)
	}
	if len(p.SessionPolicies) > 0 {
		narrow := undecided
		for _, d := range p.SessionPolicies {
			parsed, err := parsePolicy(d) // checked when the session began
			if err != nil {
				return denied, false, err
			}
			narrow = narrow.and(parsed.decide(req))
		}
		if limit == allowed || narrow == denied {
			limit = narrow
		}
	}
	switch {
	case limit == denied:
		sum = denied
	case limit == undecided && sum == allowed:
		sum = undecided
	}
	return sum, limit == allowed, nil
}

// permissions are those of p's user or role, if that is still the one that p
// was made from.
func (v view) permissions(p Principal) (Permissions, bool) {
	if p.Kind == KindUser {
		u, ok := v.state.Users[p.Entity]
		return u.Permissions, ok && u.ID == p.ID
	}
	r, ok := v.state.Roles[p.Entity]
	id, _, _ := strings.Cut(p.ID, ":")
	return r.Permissions, ok && r.ID == id
}

// managed is the version in force of a managed policy; nil if there is none.
func (v view) managed(arn string) *policy {
	p, _ := v.state.Policy(arn)
	return v.parsed[p.Document()]
}

func (v view) resource(p Principal, action, resource string, c Conditions) (decision, grant) {
	d, ok := v.state.ResourcePolicies[resource]
	if !ok {
		return undecided, notNamed
	}
	return v.parsed[d].evaluate(request{action: action, resource: resource, who: &who{principal: &p}, conditions: c})
}

// context adds the global condition keys. What the caller says cannot replace
// what is known of the principal.
func (v view) context(p Principal, resource string, c Conditions) Conditions {
	all := Conditions{}
	maps.Copy(all, c)
	maps.Copy(all, p.Conditions)
	all["aws:CurrentTime"] = []string{v.now.UTC().Format(time.RFC3339)}
	all["aws:EpochTime"] = []string{strconv.FormatInt(v.now.Unix(), 10)}
	if owner := accountOf(resource); owner != "" {
		all["aws:ResourceAccount"] = []string{owner}
	}
	if p.ARN == "" {
		return all
	}
	all["aws:PrincipalArn"] = []string{p.Entity}
	all["aws:PrincipalAccount"] = []string{p.Account}
	all["aws:PrincipalType"] = []string{string(p.Kind)}
	all["aws:userid"] = []string{p.ID}
	if u, ok := v.state.Users[p.Entity]; ok {
		all["aws:username"] = []string{u.Name}
	}
	for k, tag := range v.tags(p) {
		if _, ok := all["aws:PrincipalTag/"+k]; !ok { // the session's own win
			all["aws:PrincipalTag/"+k] = []string{tag}
		}
	}
	return all
}

func (v view) tags(p Principal) map[string]string {
	if u, ok := v.state.Users[p.Entity]; ok {
		return u.Tags
	}
	return v.state.Roles[p.Entity].Tags
}

func accountOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[4]
}
