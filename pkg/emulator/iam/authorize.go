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
	own, err := v.identity(p, action, resource, c)
	if err != nil {
		return err
	}
	byResource, level := v.resource(p, action, resource, c)
	if own.decision == denied {
		return awserr.DeniedExplicitly(p.ARN, action, resource, own.by)
	}
	if byResource == denied {
		return awserr.DeniedExplicitly(p.ARN, action, resource, "a resource-based policy")
	}
	owner := accountOf(resource)
	ok := own.decision == allowed || byResource == allowed && level.enough(own.within)
	if owner != "" && owner != p.Account {
		ok = own.decision == allowed && byResource == allowed
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
	own, err := v.identity(p, action, roleARN, c)
	if err != nil {
		return err
	}
	trust, level := v.parsed[role.Trust].evaluate(request{action: action, who: &who{principal: &p}, conditions: c})
	if own.decision == denied {
		return awserr.DeniedExplicitly(p.ARN, action, roleARN, own.by)
	}
	if trust == denied {
		return awserr.DeniedExplicitly(p.ARN, action, roleARN, "the role trust policy")
	}
	enough := level.enough(own.within) && role.Account == p.Account
	if trust != allowed || own.decision != allowed && !enough {
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

// verdict is what the policies of a principal say.
type verdict struct {
	decision
	// within tells whether the limits alone would allow.
	within bool
	// by names the kind of policy that denied.
	by string
}

// identity evaluates what hangs on the principal itself, its limits included.
func (v view) identity(p Principal, action, resource string, c Conditions) (verdict, error) {
	own, ok := v.permissions(p)
	if !ok {
		return verdict{}, awserr.InvalidToken()
	}
	req := request{action: action, resource: resource, conditions: c}
	sum := undecided
	for _, d := range own.Inline {
		sum = sum.and(v.parsed[d].decide(req))
	}
	for _, arn := range own.Attached {
		sum = sum.and(v.managed(arn).decide(req))
	}
	boundary, session := allowed, allowed
	if own.Boundary != "" {
		boundary = v.managed(own.Boundary).decide(req)
	}
	if len(p.SessionPolicies) > 0 {
		session = undecided
	}
	for _, d := range p.SessionPolicies {
		parsed, err := parsePolicy(d) // checked when the session began
		if err != nil {
			return verdict{}, err
		}
		session = session.and(parsed.decide(req))
	}
	within := boundary == allowed && session == allowed
	switch {
	case sum == denied:
		return verdict{denied, within, "an identity-based policy"}, nil
	case boundary == denied:
		return verdict{denied, within, "a permissions boundary"}, nil
	case session == denied:
		return verdict{denied, within, "a session policy"}, nil
	case !within:
		sum = undecided
	}
	return verdict{decision: sum, within: within}, nil
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
	// AWS answers over TLS only, and policies say so; what stands in for it on
	// loopback says the same.
	all["aws:SecureTransport"] = []string{"true"}
	if p.ARN == "" {
		return all
	}
	all["aws:PrincipalIsAWSService"], all["aws:ViaAWSService"] = []string{"false"}, []string{"false"}
	all["aws:PrincipalArn"] = []string{p.Entity}
	all["aws:PrincipalAccount"] = []string{p.Account}
	all["aws:PrincipalType"] = []string{string(p.Kind)}
	all["aws:userid"] = []string{p.ID}
	if u, ok := v.state.Users[p.Entity]; ok {
		all["aws:username"] = []string{u.Name}
	}
	for k, tag := range v.tags(p) {
		if all.get("aws:PrincipalTag/"+k) == nil { // the session's own win
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
