package irsa

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// Op says what a step does to a resource.
type Op string

// The operations, as a plan prints them.
const (
	Add    Op = "+"
	Change Op = "~"
	Remove Op = "-"
)

// Step is one request that changes something.
type Step struct {
	Op       Op       `json:"op"`
	Resource string   `json:"resource"`
	Detail   []string `json:"detail,omitempty"`

	call call
}

func (s Step) String() string { return string(s.Op) + " " + s.Resource }

// call sends the request of a step. Its errors are *amp.Error.
type call func(context.Context, *Clients) error

// Plan is what has to be done, in this order. It is empty when all is as asked.
type Plan struct {
	Steps []Step   `json:"steps"`
	Notes []string `json:"notes,omitempty"`
}

func (p *Plan) add(op Op, resource string, detail []string, c call) {
	p.Steps = append(p.Steps, Step{Op: op, Resource: resource, Detail: detail, call: c})
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// TakenError is a role or policy that this package made for something else.
type TakenError struct {
	Resource, Tag, Has, Want, Flag string
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("%s belongs to another one: its tag %s is %s, not %s; give another name with %s", e.Resource, e.Tag, e.Has, e.Want, e.Flag)
}

// NewPlan compares what is asked for with what there is. It is pure. The error
// is a *TakenError or says which document can't be read.
func NewPlan(spec Spec, state State) (*Plan, error) {
	p := &Plan{Steps: []Step{}}
	for _, unseen := range state.Unseen {
		p.note("not checked: %s", unseen)
	}
	if !spec.PodIdentity {
		p.provider(spec, state.Provider)
	}
	for _, role := range spec.Roles {
		have := state.Roles[role.Use]
		if err := taken(spec, role, have); err != nil {
			return nil, err
		}
		policyARN := p.policy(spec, role, have.Policy)
		roleARN, err := p.role(spec, role, have)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", role.Name, err)
		}
		if !have.attached(policyARN) {
			p.add(Add, "attachment of policy "+role.Policy+" to role "+role.Name, nil, attachPolicy(role.Name, policyARN))
		}
		if spec.PodIdentity {
			for _, sa := range role.ServiceAccounts {
				p.association(spec, sa, roleARN, state.Associations)
			}
		}
	}
	return p, nil
}

// taken refuses to make one cluster's or workspace's roles into another's.
func taken(spec Spec, role Role, have RoleState) error {
	for _, tag := range []struct{ key, want string }{{TagCluster, spec.Cluster.ARN}, {TagWorkspace, spec.WorkspaceARN}} {
		if has := have.Tags[tag.key]; has != "" && has != tag.want {
			return &TakenError{"role " + role.Name, tag.key, has, tag.want, "--" + string(role.Use) + "-role"}
		}
		if has := have.Policy.Tags[tag.key]; has != "" && has != tag.want {
			return &TakenError{"policy " + role.Policy, tag.key, has, tag.want, "--" + string(role.Use) + "-policy"}
		}
	}
	return nil
}

// provider is made without thumbprints: IAM verifies the issuers of EKS by its
// own list of trusted authorities (IAM API reference, CreateOpenIDConnectProvider,
// ThumbprintList "optional").
func (p *Plan) provider(spec Spec, have Provider) {
	resource := "oidc-provider " + spec.Cluster.Issuer
	switch {
	case !have.Found:
		tags := spec.owned()
		delete(tags, TagWorkspace) // it serves all workspaces of the cluster
		p.add(Add, resource, []string{"+ audience " + audience}, createProvider(spec, tags))
	case !slices.Contains(have.Audiences, audience):
		p.add(Change, resource, []string{"+ audience " + audience}, addAudience(spec))
	}
}

// policy returns the ARN of the policy that is or will be.
func (p *Plan) policy(spec Spec, role Role, have PolicyState) string {
	want := spec.PolicyDocument(role.Use)
	resource := "policy " + role.Policy
	if have.ARN == "" {
		p.add(Add, resource, difference(nil, grants(want)), createPolicy(spec, role, want))
		return spec.policyARN(role.Policy)
	}
	if !same(have.Document, want) {
		if oldest, full := prune(have.Versions); full {
			p.add(Remove, "version "+oldest+" of "+resource, []string{"the oldest: IAM keeps five"}, deleteVersion(have.ARN, oldest))
		}
		p.add(Change, resource, difference(grants(have.Document), grants(want)), createVersion(have.ARN, want))
	}
	if missing, detail := lacking(spec.Tags, have.Tags); len(missing) > 0 {
		p.add(Change, "tags of "+resource, detail, tagPolicy(have.ARN, missing))
	}
	if have.Tags[TagCluster] == "" {
		p.note("policy %s was there before: destroy will leave it", role.Policy)
	}
	return have.ARN
}

// prune names the oldest version that is not in force, when no more may be added.
func prune(versions []Version) (oldest string, full bool) {
	const most = 5
	if len(versions) < most {
		return "", false
	}
	rest := slices.DeleteFunc(slices.Clone(versions), func(v Version) bool { return v.Default })
	if len(rest) == 0 {
		return "", false
	}
	return slices.MinFunc(rest, func(a, b Version) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	}).ID, true
}

// role returns the ARN of the role that is or will be.
func (p *Plan) role(spec Spec, role Role, have RoleState) (string, error) {
	resource := "role " + role.Name
	trust, changes, err := spec.trustor().merge(have.Trust, role.ServiceAccounts)
	if err != nil {
		return "", err
	}
	if have.ARN == "" {
		if spec.Boundary != "" {
			changes = append(changes, "+ permissions boundary "+spec.Boundary)
		}
		p.add(Add, resource, changes, createRole(spec, role, trust))
		return spec.roleARN(role.Name), nil
	}
	if len(changes) > 0 {
		p.add(Change, "trust of "+resource, changes, updateTrust(role.Name, trust))
	}
	if spec.Boundary != "" && have.Boundary != spec.Boundary {
		var before []string
		if have.Boundary != "" {
			before = []string{have.Boundary}
		}
		p.add(Change, "permissions boundary of "+resource, difference(before, []string{spec.Boundary}), putBoundary(role.Name, spec.Boundary))
	}
	if missing, detail := lacking(spec.Tags, have.Tags); len(missing) > 0 {
		p.add(Change, "tags of "+resource, detail, tagRole(role.Name, missing))
	}
	if have.Tags[TagCluster] == "" {
		p.note("role %s was there before: destroy will take back only the statements made here", role.Name)
	}
	return have.ARN, nil
}

// lacking are the tags that are not there or have another value.
func lacking(want, have map[string]string) (missing map[string]string, detail []string) {
	missing = map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		value, found := have[key]
		if found && value == want[key] {
			continue
		}
		missing[key] = want[key]
		if found {
			detail = append(detail, "- "+key+"="+value)
		}
		detail = append(detail, "+ "+key+"="+want[key])
	}
	return missing, detail
}

func (p *Plan) association(spec Spec, sa ServiceAccount, roleARN string, have []Association) {
	resource := "pod identity association of " + serviceAccount + sa.String()
	i := slices.IndexFunc(have, func(a Association) bool { return a.ServiceAccount == sa })
	switch {
	case i < 0:
		p.add(Add, resource, []string{"+ " + roleARN}, createAssociation(spec, sa, roleARN))
	case have[i].RoleARN != roleARN:
		p.add(Change, resource, difference([]string{have[i].RoleARN}, []string{roleARN}), updateAssociation(spec, have[i].ID, roleARN))
	}
}
