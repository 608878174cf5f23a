package irsa

import (
	"errors"
	"slices"
	"strings"
)

// NewDestroy plans the removal of what carries the tags of this cluster and
// workspace, from a State that Inspect made. It is pure. What others depend on
// is left, and a note says so.
func NewDestroy(spec Spec, state State) (*Plan, error) {
	p := &Plan{Steps: []Step{}}
	for _, unseen := range state.Unseen {
		p.note("not checked: %s", unseen)
	}
	gone := map[string]bool{} // roles that will not be there any more
	roles := slices.Clone(state.Strays)
	for _, role := range spec.Roles {
		roles = append(roles, Stray{role, state.Roles[role.Use]})
	}
	for _, r := range roles {
		removed, err := p.removeRole(spec, r.Role, r.State)
		if err != nil {
			return nil, err
		}
		gone[r.Role.Name] = removed
	}
	// Last, for roles without an issuer are found by them.
	for _, a := range state.Associations {
		if spec.owns(a.Tags) && (!spec.Named || spec.names(a.role())) {
			p.add(Remove, "pod identity association of "+serviceAccount+a.ServiceAccount.String(), nil, deleteAssociation(spec, a.ID))
		}
	}
	p.removeProvider(spec, state.Provider, gone)
	return p, nil
}

func (s Spec) owns(tags map[string]string) bool {
	return tags[TagCluster] == s.Cluster.ARN && tags[TagWorkspace] == s.WorkspaceARN
}

// names tells whether a role is one of the Spec's.
func (s Spec) names(role string) bool {
	return slices.ContainsFunc(s.Roles, func(r Role) bool { return r.Name == role })
}

// removeRole removes a role and its policy. The policy goes before the role: a
// role is found by its tags, and by the role its policy.
func (p *Plan) removeRole(spec Spec, role Role, have RoleState) (removed bool, err error) {
	if have.ARN == "" {
		p.removePolicy(spec, role, have)
		return false, nil
	}
	resource := "role " + role.Name
	rest, count, err := spec.trustor().remove(have.Trust)
	alone := errors.Is(err, errLast)
	if err != nil && !alone {
		return false, err
	}
	if spec.owns(have.Tags) && alone {
		for _, a := range have.Attached {
			p.add(Remove, "attachment of policy "+a.Name+" to "+resource, nil, detachPolicy(role.Name, a.ARN))
		}
		for _, other := range have.Others {
			if other.Inline {
				p.add(Remove, "inline policy "+other.Name+" of "+resource, nil, deleteInline(role.Name, other.Name))
			}
		}
		p.removePolicy(spec, role, have)
		p.add(Remove, resource, nil, deleteRole(role.Name))
		return true, nil
	}
	switch {
	case alone:
		p.note("%s is left: it has no tags of this cluster and workspace, and a role can't be without a trust statement", resource)
	case spec.owns(have.Tags):
		p.note("%s is left: others have statements in its trust policy", resource)
	default:
		p.note("%s is left: it has no tags of this cluster and workspace", resource)
	}
	if count > 0 && !alone {
		p.add(Change, "trust of "+resource, []string{"- our statements"}, updateTrust(role.Name, rest))
	}
	if have.attached(have.Policy.ARN) && spec.owns(have.Policy.Tags) {
		p.add(Remove, "attachment of policy "+role.Policy+" to "+resource, nil, detachPolicy(role.Name, have.Policy.ARN))
	}
	p.removePolicy(spec, role, have)
	return false, nil
}

func (p *Plan) removePolicy(spec Spec, role Role, have RoleState) {
	if have.Policy.ARN == "" {
		return
	}
	resource, others := "policy "+role.Policy, have.Policy.Attachments
	if have.attached(have.Policy.ARN) {
		others--
	}
	switch {
	case !spec.owns(have.Policy.Tags):
		p.note("%s is left: it has no tags of this cluster and workspace", resource)
	case others > 0:
		p.note("%s is left: %d others have it, too", resource, others)
	default:
		for _, v := range have.Policy.Versions {
			if !v.Default {
				p.add(Remove, "version "+v.ID+" of "+resource, nil, deleteVersion(have.Policy.ARN, v.ID))
			}
		}
		p.add(Remove, resource, nil, deletePolicy(have.Policy.ARN))
	}
}

// removeProvider leaves the provider to all who depend on it: removing it shuts
// every pod of the cluster out of AWS that uses IRSA.
func (p *Plan) removeProvider(spec Spec, have Provider, gone map[string]bool) {
	if !have.Found {
		return
	}
	resource := "oidc-provider " + spec.Cluster.Issuer
	if have.Tags[TagCluster] != spec.Cluster.ARN {
		p.note("%s is left: it has no tags of this cluster", resource)
		return
	}
	users := slices.DeleteFunc(slices.Clone(have.UsedBy), func(role string) bool { return gone[role] })
	switch {
	case have.UsedBy == nil:
		p.note("%s is left: whether other roles need it could not be looked at", resource)
	case len(users) > 0:
		p.note("%s is left: other roles trust it: %s", resource, strings.Join(users, ", "))
	default:
		p.add(Remove, resource, nil, deleteProvider(spec))
	}
}
