package irsa

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Inspect reads what Observe does and what NewDestroy and Audit need besides:
// the other policies of the roles, who else trusts the provider, the
// associations of the cluster and, unless the Spec is Named, other roles with
// the tags. What may not be looked at is named in Unseen.
func (c *Clients) Inspect(ctx context.Context, spec Spec) (State, error) {
	shallow := spec
	shallow.PodIdentity = spec.Cluster.Issuer == "" // a cluster that is gone has no issuer to look for
	for i := range shallow.Roles {
		shallow.Roles = slices.Clone(shallow.Roles)
		shallow.Roles[i].ServiceAccounts = nil
	}
	s, err := c.Observe(ctx, shallow)
	if err != nil {
		return State{}, err
	}
	for _, role := range spec.Roles {
		r := s.Roles[role.Use]
		if r.ARN == "" {
			continue
		}
		if err := s.unless(c.others(ctx, role, &r)); err != nil {
			return State{}, err
		}
		s.Roles[role.Use] = r
	}
	if s.Provider.Found {
		if err := s.unless(c.users(ctx, spec, &s)); err != nil {
			return State{}, err
		}
	}
	if err := c.observeAssociations(ctx, spec, nil, &s); !amp.IsKind(err, amp.KindNotFound) { // the cluster is gone, and its associations
		if err := s.unless(err); err != nil {
			return State{}, err
		}
	}
	if !spec.Named {
		if err := c.strays(ctx, spec, &s); err != nil {
			return State{}, err
		}
	}
	return s, nil
}

// strays looks for roles that carry the tags, among those that trust the
// provider and those of associations: IAM does not list roles by tags.
func (c *Clients) strays(ctx context.Context, spec Spec, s *State) error {
	names := slices.Clone(s.Provider.UsedBy)
	for _, a := range s.Associations {
		if spec.owns(a.Tags) {
			names = append(names, a.role())
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if spec.names(name) {
			continue
		}
		found, ok, err := c.stray(ctx, spec, name)
		if err := s.unless(err); err != nil {
			return err
		}
		if ok {
			s.Strays = append(s.Strays, found)
		}
	}
	return nil
}

// stray reads a role with the policy that was made for it, whatever its name; ok
// is false where the role is gone or somebody else's.
func (c *Clients) stray(ctx context.Context, spec Spec, name string) (r Stray, ok bool, err error) {
	out, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	switch {
	case missing(err):
		return r, false, nil
	case err != nil:
		return r, false, explainIAM(err, "GetRole", "role "+name)
	case !spec.owns(tagMap(out.Role.Tags)):
		return r, false, nil
	}
	r = Stray{Role: Role{Name: name, Policy: name}}
	if r.State, err = c.observeRole(ctx, spec, r.Role); err != nil {
		return r, false, err
	}
	for _, a := range r.State.Attached {
		p, err := c.policy(ctx, a.ARN)
		if err != nil {
			return r, false, err
		}
		if spec.owns(p.Tags) {
			r.Role.Policy, r.State.Policy = a.Name, p
		}
	}
	if err := c.others(ctx, r.Role, &r.State); err != nil {
		return r, false, err
	}
	return r, true, nil
}

// unless notes what the caller may not do, and returns any other error.
func (s *State) unless(err error) error {
	if amp.IsKind(err, amp.KindAccessDenied) {
		s.Unseen = append(s.Unseen, err.Error())
		return nil
	}
	return err
}

// others reads the policies of a role that are not the one made here.
func (c *Clients) others(ctx context.Context, role Role, r *RoleState) error {
	for _, a := range r.Attached {
		if a.ARN == r.Policy.ARN {
			continue
		}
		p, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(a.ARN)})
		if err != nil {
			return explainIAM(err, "GetPolicy", a.ARN)
		}
		doc, err := c.version(ctx, a.ARN, p.Policy.DefaultVersionId)
		if err != nil {
			return err
		}
		r.Others = append(r.Others, NamedDocument{Name: a.Name, Document: doc})
	}
	pages := iam.NewListRolePoliciesPaginator(c.iam, &iam.ListRolePoliciesInput{RoleName: aws.String(role.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explainIAM(err, "ListRolePolicies", "role "+role.Name)
		}
		for _, name := range page.PolicyNames {
			out, err := c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(role.Name), PolicyName: aws.String(name)})
			if err != nil {
				return explainIAM(err, "GetRolePolicy", "role "+role.Name)
			}
			doc, err := decoded(out.PolicyDocument)
			if err != nil {
				return err
			}
			r.Others = append(r.Others, NamedDocument{Name: name, Inline: true, Document: doc})
		}
	}
	return nil
}

// users finds all roles of the account that trust the cluster's provider.
func (c *Clients) users(ctx context.Context, spec Spec, s *State) error {
	users := []string{}
	for pages := iam.NewListRolesPaginator(c.iam, &iam.ListRolesInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explainIAM(err, "ListRoles", "*")
		}
		for _, role := range page.Roles {
			if trusts(role, spec.ProviderARN()) {
				users = append(users, aws.ToString(role.RoleName))
			}
		}
	}
	s.Provider.UsedBy = users
	return nil
}

// trusts errs towards yes: a document that can't be read may hold anything.
func trusts(role iamtypes.Role, providerARN string) bool {
	doc, err := decoded(role.AssumeRolePolicyDocument)
	var read any
	if err != nil || json.Unmarshal([]byte(doc), &read) != nil {
		return true
	}
	return strings.Contains(string(marshal(read)), `"`+providerARN+`"`) // whatever was escaped
}
