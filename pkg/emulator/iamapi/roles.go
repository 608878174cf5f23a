package iamapi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// findRole finds a role of the caller's account; names have no case in it.
func (c *call) findRole(st *iam.State, name string) (iam.Role, error) {
	for _, r := range st.Roles {
		if r.Account == c.who.Account && strings.EqualFold(r.Name, name) {
			return r, nil
		}
	}
	return iam.Role{}, awserr.New(awserr.NoSuchEntity, "The role with name %s cannot be found.", name)
}

// onRole names the resource of an operation on a role, and its tags; of one
// that does not exist, the name it would have at the root path.
func (c *call) onRole(name string, run func() (any, error)) step {
	r, err := c.findRole(c.store.View(), name)
	if err != nil {
		r.ARN = c.arn("role", "/", name)
	}
	return step{r.ARN, resourceTags(r.Tags), run}
}

// editRole changes a role in place; its ARN must stay.
func (c *call) editRole(name string, edit func(*iam.State, *iam.Role) error) error {
	return c.store.Update(func(st *iam.State) error {
		r, err := c.findRole(st, name)
		if err == nil {
			err = edit(st, &r)
		}
		if err == nil {
			st.Roles[r.ARN] = r
		}
		return err
	})
}

func (c *call) arn(kind, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s%s%s", c.store.Partition(), c.who.Account, kind, path, name)
}

type roleResult struct{ Role roleShape }

func getRole(c *call) step {
	name := c.in.Required("RoleName", roleName)
	return c.onRole(name, func() (any, error) {
		r, err := c.findRole(c.store.View(), name)
		if err != nil {
			return nil, err
		}
		shape := whole(r)
		shape.RoleLastUsed = &struct{}{}
		return roleResult{shape}, nil
	})
}

func createRole(c *call) step {
	r := iam.Role{
		Account: c.who.Account, Path: cmp.Or(c.in.Optional("Path", rolePath), "/"), Name: c.in.Required("RoleName", roleName),
		Trust:       iam.Document(c.in.Required("AssumeRolePolicyDocument", policyText)),
		Description: c.in.Optional("Description", description),
		MaxSession:  time.Duration(c.in.Int("MaxSessionDuration", minSession, maxSession, 0)) * time.Second,
		Tags:        c.readTags(),
	}
	r.Boundary = c.in.Optional("PermissionsBoundary", arnText)
	s := step{resource: c.arn("role", r.Path, r.Name), conditions: requestTags(r.Tags)}
	if r.Boundary != "" {
		s.conditions["iam:PermissionsBoundary"] = []string{r.Boundary}
	}
	s.run = func() (any, error) {
		if err := checkTrust(r.Trust); err != nil {
			return nil, err
		}
		err := c.store.Update(func(st *iam.State) error {
			if _, err := c.findRole(st, r.Name); err == nil {
				return awserr.New(awserr.EntityAlreadyExists, "Role with name %s already exists.", r.Name)
			}
			if err := checkTagCount(r.Tags); err != nil {
				return err
			}
			if err := c.checkBoundary(st, r.Boundary); err != nil {
				return err
			}
			if err := st.CheckPrincipals(r.Trust); err != nil {
				return err
			}
			return st.PutRole(&r)
		})
		shape := whole(r)
		if r.MaxSession == 0 {
			shape.MaxSessionDuration = 0 // told by GetRole only
		}
		return roleResult{shape}, err
	}
	return s
}

func checkTrust(d iam.Document) error {
	if size(d) > maxTrust {
		return awserr.New(awserr.LimitExceeded, "Cannot exceed quota for ACLSizePerRole: %d", maxTrust)
	}
	return iam.CheckTrustPolicy(d)
}

func updateRole(c *call) step {
	name := c.in.Required("RoleName", roleName)
	text := c.in.Optional("Description", description)
	session := time.Duration(c.in.Int("MaxSessionDuration", minSession, maxSession, 0)) * time.Second
	return c.onRole(name, func() (any, error) {
		return struct{}{}, c.editRole(name, func(_ *iam.State, r *iam.Role) error {
			if c.in.Has("Description") {
				r.Description = text
			}
			r.MaxSession = cmp.Or(session, r.MaxSession)
			return nil
		})
	})
}

func updateAssumeRolePolicy(c *call) step {
	name, trust := c.in.Required("RoleName", roleName), iam.Document(c.in.Required("PolicyDocument", policyText))
	return c.onRole(name, func() (any, error) {
		return nil, c.editRole(name, func(st *iam.State, r *iam.Role) error {
			r.Trust = trust
			if err := checkTrust(trust); err != nil {
				return err
			}
			return st.CheckPrincipals(trust)
		})
	})
}

func deleteRole(c *call) step {
	name := c.in.Required("RoleName", roleName)
	return c.onRole(name, func() (any, error) {
		return nil, c.store.Update(func(st *iam.State) error {
			r, err := c.findRole(st, name)
			switch {
			case err != nil:
				return err
			case len(r.Attached) > 0:
				return awserr.New(awserr.DeleteConflict, "Cannot delete entity, must detach all policies first.")
			case len(r.Inline) > 0:
				return awserr.New(awserr.DeleteConflict, "Cannot delete entity, must delete policies first.")
			}
			delete(st.Roles, r.ARN)
			return nil
		})
	})
}

func listRoles(c *call) step {
	prefix := cmp.Or(c.in.Optional("PathPrefix", pathPrefix), "/")
	cut := page(c, func(r iam.Role) string { return r.Name })
	return step{resource: c.arn("role", "/", ""), run: func() (any, error) {
		var all []iam.Role
		for _, r := range c.store.View().Roles {
			if r.Account == c.who.Account && strings.HasPrefix(r.Path, prefix) {
				all = append(all, r)
			}
		}
		slices.SortFunc(all, func(a, b iam.Role) int { return cmp.Compare(a.Name, b.Name) })
		roles, at, err := cut(all)
		return struct {
			Roles query.Members[roleShape]
			paging
		}{query.List(each(roles, listed)), at}, err
	}}
}

func putRolePermissionsBoundary(c *call) step {
	name, arn := c.in.Required("RoleName", roleName), c.in.Required("PermissionsBoundary", arnText)
	s := c.onRole(name, func() (any, error) {
		return nil, c.editRole(name, func(st *iam.State, r *iam.Role) error {
			r.Boundary = arn
			return c.checkBoundary(st, arn)
		})
	})
	s.conditions["iam:PermissionsBoundary"] = []string{arn}
	return s
}

func deleteRolePermissionsBoundary(c *call) step {
	name := c.in.Required("RoleName", roleName)
	return c.onRole(name, func() (any, error) {
		return nil, c.editRole(name, func(_ *iam.State, r *iam.Role) error {
			if r.Boundary == "" {
				return awserr.New(awserr.NoSuchEntity, "The permissions boundary for role %s cannot be found.", name)
			}
			r.Boundary = ""
			return nil
		})
	})
}

func (c *call) checkBoundary(st *iam.State, arn string) error {
	if arn == "" {
		return nil
	}
	p, ok := st.Policy(arn)
	if !ok || !c.mayUse(p) {
		return awserr.New(awserr.NoSuchEntity, "Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}

func each[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}
