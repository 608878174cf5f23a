package iamapi

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

func attachRolePolicy(c *call) step {
	name, arn := c.in.Required("RoleName", roleName), c.in.Required("PolicyArn", arnText)
	s := c.onRole(name, func() (any, error) {
		if err := checkPolicyARN(arn); err != nil {
			return nil, err
		}
		return nil, c.editRole(name, func(st *iam.State, r *iam.Role) error {
			if p, ok := st.Policy(arn); !ok || !c.mayUse(p) {
				return awserr.New(awserr.NoSuchEntity, "Policy %s does not exist or is not attachable.", arn)
			}
			if slices.Contains(r.Attached, arn) {
				return nil
			}
			if len(r.Attached) >= maxAttached {
				return awserr.New(awserr.LimitExceeded, "Cannot exceed quota for PoliciesPerRole: %d", maxAttached)
			}
			r.Attached = append(r.Attached, arn)
			return nil
		})
	})
	s.conditions["iam:PolicyARN"] = []string{arn}
	return s
}

func detachRolePolicy(c *call) step {
	name, arn := c.in.Required("RoleName", roleName), c.in.Required("PolicyArn", arnText)
	s := c.onRole(name, func() (any, error) {
		if err := checkPolicyARN(arn); err != nil {
			return nil, err
		}
		return nil, c.editRole(name, func(_ *iam.State, r *iam.Role) error {
			i := slices.Index(r.Attached, arn)
			if i < 0 {
				return awserr.New(awserr.NoSuchEntity, "Policy %s was not found.", arn)
			}
			r.Attached = slices.Delete(r.Attached, i, i+1)
			return nil
		})
	})
	s.conditions["iam:PolicyARN"] = []string{arn}
	return s
}

func listAttachedRolePolicies(c *call) step {
	name := c.in.Required("RoleName", roleName)
	prefix := cmp.Or(c.in.Optional("PathPrefix", policyPath), "/")
	cut := page(c, func(a attachedShape) string { return a.PolicyARN })
	return c.onRole(name, func() (any, error) {
		st := c.store.View()
		r, err := c.findRole(st, name)
		if err != nil {
			return nil, err
		}
		var all []attachedShape
		for _, arn := range r.Attached {
			if p, ok := st.Policy(arn); ok && strings.HasPrefix(p.Path, prefix) {
				all = append(all, attachedShape{p.Name, arn})
			}
		}
		slices.SortFunc(all, func(a, b attachedShape) int { return cmp.Compare(a.PolicyARN, b.PolicyARN) })
		attached, at, err := cut(all)
		return struct {
			AttachedPolicies query.Members[attachedShape]
			paging
		}{query.List(attached), at}, err
	})
}

func putRolePolicy(c *call) step {
	name, policy := c.in.Required("RoleName", roleName), c.in.Required("PolicyName", policyName)
	text := iam.Document(c.in.Required("PolicyDocument", policyText))
	return c.onRole(name, func() (any, error) {
		if err := iam.CheckIdentityPolicy(text); err != nil {
			return nil, err
		}
		return nil, c.editRole(name, func(_ *iam.State, r *iam.Role) error {
			if r.Inline == nil {
				r.Inline = map[string]iam.Document{}
			}
			r.Inline[policy] = text
			sum := 0
			for _, d := range r.Inline {
				sum += size(d)
			}
			if sum > maxInline {
				return awserr.New(awserr.LimitExceeded, "Maximum policy size of %d bytes exceeded for role %s", maxInline, name)
			}
			return nil
		})
	})
}

func getRolePolicy(c *call) step {
	name, policy := c.in.Required("RoleName", roleName), c.in.Required("PolicyName", policyName)
	return c.onRole(name, func() (any, error) {
		r, err := c.findRole(c.store.View(), name)
		if err != nil {
			return nil, err
		}
		d, ok := r.Inline[policy]
		if !ok {
			return nil, noInline(policy)
		}
		return inlineShape{r.Name, policy, encode(d)}, nil
	})
}

func deleteRolePolicy(c *call) step {
	name, policy := c.in.Required("RoleName", roleName), c.in.Required("PolicyName", policyName)
	return c.onRole(name, func() (any, error) {
		return nil, c.editRole(name, func(_ *iam.State, r *iam.Role) error {
			if _, ok := r.Inline[policy]; !ok {
				return noInline(policy)
			}
			delete(r.Inline, policy)
			return nil
		})
	})
}

func noInline(policy string) error {
	return awserr.New(awserr.NoSuchEntity, "The role policy with name %s cannot be found.", policy)
}

func listRolePolicies(c *call) step {
	name := c.in.Required("RoleName", roleName)
	cut := page(c, func(s string) string { return s })
	return c.onRole(name, func() (any, error) {
		r, err := c.findRole(c.store.View(), name)
		if err != nil {
			return nil, err
		}
		names, at, err := cut(slices.Sorted(maps.Keys(r.Inline)))
		return struct {
			PolicyNames query.Members[string]
			paging
		}{query.List(names), at}, err
	})
}
