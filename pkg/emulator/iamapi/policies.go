package iamapi

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

var policyARN = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}|aws):policy/[\x21-\x7e]+$`)

func checkPolicyARN(arn string) error {
	if !policyARN.MatchString(arn) {
		return awserr.New(awserr.InvalidInput, "ARN %s is not valid.", arn)
	}
	return nil
}

// mayUse reports whether a policy is the caller's account's own or AWS's.
func (c *call) mayUse(p iam.Policy) bool { return p.Account == c.who.Account || p.Account == "aws" }

func (c *call) findPolicy(st *iam.State, arn string) (iam.Policy, error) {
	if err := checkPolicyARN(arn); err != nil {
		return iam.Policy{}, err
	}
	p, ok := st.Policy(arn)
	if !ok || !c.mayUse(p) {
		return iam.Policy{}, awserr.New(awserr.NoSuchEntity, "Policy %s was not found.", arn)
	}
	return p, nil
}

// onPolicy names the resource of an operation on a managed policy.
func (c *call) onPolicy(arn string, run func() (any, error)) step {
	p, _ := c.store.View().Policy(arn)
	return step{arn, resourceTags(p.Tags), run}
}

// editPolicy changes a policy of the caller's account in place.
func (c *call) editPolicy(arn string, edit func(*iam.State, *iam.Policy) error) error {
	return c.store.Update(func(st *iam.State) error {
		p, err := c.findPolicy(st, arn)
		if err != nil {
			return err
		}
		if p.Account == "aws" {
			return awserr.Denied(c.who.ARN, "iam:"+c.in.Optional("Action", query.Constraint{}), arn)
		}
		if err := edit(st, &p); err != nil {
			return err
		}
		st.Policies[arn] = p
		return nil
	})
}

// usage counts where a policy is attached, and where it is a boundary.
func usage(st *iam.State, arn string) (attached, bounding int) {
	count := func(p iam.Permissions) {
		if slices.Contains(p.Attached, arn) {
			attached++
		}
		if p.Boundary == arn {
			bounding++
		}
	}
	for _, r := range st.Roles {
		count(r.Permissions)
	}
	for _, u := range st.Users {
		count(u.Permissions)
	}
	return attached, bounding
}

type policyResult struct{ Policy policyShape }

func createPolicy(c *call) step {
	p := iam.Policy{
		Account: c.who.Account, Name: c.in.Required("PolicyName", policyName), Path: cmp.Or(c.in.Optional("Path", policyPath), "/"),
		Description: c.in.Optional("Description", description), Tags: c.readTags(),
		Updated: c.now, Default: "v1", Newest: 1,
	}
	text := iam.Document(c.in.Required("PolicyDocument", policyText))
	p.Versions = []iam.Version{{ID: "v1", Document: text, Created: c.now}}
	return step{c.arn("policy", p.Path, p.Name), requestTags(p.Tags), func() (any, error) {
		if err := checkManaged(text); err != nil {
			return nil, err
		}
		if err := checkTagCount(p.Tags); err != nil {
			return nil, err
		}
		err := c.store.Update(func(st *iam.State) error {
			for _, old := range st.Policies {
				if old.Account == p.Account && strings.EqualFold(old.Name, p.Name) {
					return awserr.New(awserr.EntityAlreadyExists, "A policy called %s already exists. Duplicate names are not allowed.", p.Name)
				}
			}
			return st.PutPolicy(&p)
		})
		if err != nil {
			return nil, err
		}
		shape := policyOf(c.store.View(), p)
		shape.Description = "" // told by GetPolicy only
		return policyResult{shape}, nil
	}}
}

func checkManaged(d iam.Document) error {
	if size(d) > maxManaged {
		return awserr.New(awserr.LimitExceeded, "Cannot exceed quota for PolicySize: %d", maxManaged)
	}
	return iam.CheckIdentityPolicy(d)
}

func getPolicy(c *call) step {
	arn := c.in.Required("PolicyArn", arnText)
	return c.onPolicy(arn, func() (any, error) {
		st := c.store.View()
		p, err := c.findPolicy(st, arn)
		return policyResult{policyOf(st, p)}, err
	})
}

func deletePolicy(c *call) step {
	arn := c.in.Required("PolicyArn", arnText)
	return c.onPolicy(arn, func() (any, error) {
		return nil, c.store.Update(func(st *iam.State) error {
			p, err := c.findPolicy(st, arn)
			if err != nil {
				return err
			}
			attached, bounding := usage(st, arn)
			switch {
			case p.Account == "aws":
				return awserr.Denied(c.who.ARN, "iam:DeletePolicy", arn)
			case attached+bounding > 0:
				return awserr.New(awserr.DeleteConflict, "Cannot delete a policy attached to entities.")
			case len(p.Versions) > 1:
				return awserr.New(awserr.DeleteConflict, "This policy has more than one version. Before you delete a policy, "+
					"you must delete the policy's versions. The default version is deleted with the policy.")
			}
			delete(st.Policies, arn)
			return nil
		})
	})
}

var (
	scope       = query.OneOf("All", "AWS", "Local")
	usageFilter = query.OneOf("PermissionsPolicy", "PermissionsBoundary")
)

func listPolicies(c *call) step {
	from := cmp.Or(c.in.Optional("Scope", scope), "All")
	prefix := cmp.Or(c.in.Optional("PathPrefix", policyPath), "/")
	used, filter := c.in.Bool("OnlyAttached", false), c.in.Optional("PolicyUsageFilter", usageFilter)
	cut := page(c, func(p policyShape) string { return p.ARN })
	return step{resource: "policy path " + prefix, run: func() (any, error) {
		st := c.store.View()
		var all []policyShape
		for _, p := range st.PoliciesOf(c.who.Account) {
			s := policyOf(st, p)
			s.Description, s.Tags = "", nil
			inUse := s.AttachmentCount > 0 && filter != "PermissionsBoundary" || s.PermissionsBoundaryUsageCount > 0 && filter != "PermissionsPolicy"
			if from == "AWS" && p.Account != "aws" || from == "Local" && p.Account == "aws" ||
				!strings.HasPrefix(p.Path, prefix) || (used || filter != "") && !inUse {
				continue
			}
			all = append(all, s)
		}
		policies, at, err := cut(all)
		return struct {
			Policies query.Members[policyShape]
			paging
		}{query.List(policies), at}, err
	}}
}

// entity is a role or a user that a policy is attached to.
type entity struct {
	kind, Name, ID string
}

type (
	roleEntity struct {
		RoleName string
		RoleID   string `xml:"RoleId"`
	}
	userEntity struct {
		UserName string
		UserID   string `xml:"UserId"`
	}
)

var entityFilter = query.OneOf("User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy")

func listEntitiesForPolicy(c *call) step {
	arn, filter := c.in.Required("PolicyArn", arnText), c.in.Optional("EntityFilter", entityFilter)
	prefix := cmp.Or(c.in.Optional("PathPrefix", rolePath), "/")
	as := c.in.Optional("PolicyUsageFilter", usageFilter)
	cut := page(c, func(e entity) string { return e.kind + e.Name })
	return c.onPolicy(arn, func() (any, error) {
		st := c.store.View()
		if _, err := c.findPolicy(st, arn); err != nil {
			return nil, err
		}
		var all []entity
		add := func(e entity, account, path string, p iam.Permissions) {
			attached := slices.Contains(p.Attached, arn) && as != "PermissionsBoundary" || p.Boundary == arn && as != "PermissionsPolicy"
			if attached && account == c.who.Account && strings.HasPrefix(path, prefix) && (filter == "" || filter == e.kind) {
				all = append(all, e)
			}
		}
		for _, r := range st.Roles {
			add(entity{"Role", r.Name, r.ID}, r.Account, r.Path, r.Permissions)
		}
		for _, u := range st.Users {
			add(entity{"User", u.Name, u.ID}, u.Account, u.Path, u.Permissions)
		}
		slices.SortFunc(all, func(a, b entity) int { return cmp.Compare(a.kind+a.Name, b.kind+b.Name) })
		entities, at, err := cut(all)
		var result struct {
			PolicyGroups query.Members[struct{}]
			PolicyUsers  query.Members[userEntity]
			PolicyRoles  query.Members[roleEntity]
			paging
		}
		result.paging = at
		for _, e := range entities {
			if e.kind == "Role" {
				result.PolicyRoles.Items = append(result.PolicyRoles.Items, roleEntity{e.Name, e.ID})
			} else {
				result.PolicyUsers.Items = append(result.PolicyUsers.Items, userEntity{e.Name, e.ID})
			}
		}
		return result, err
	})
}
