package vpcendpoint

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Op says what a step does.
type Op string

// The operations, as a plan prints them.
const (
	Add    Op = "+"
	Change Op = "~"
	Remove Op = "-"
)

// Step is one request that changes something.
type Step struct {
	Op       Op
	Resource string
	Detail   []string

	call func(context.Context, *Client) error
}

func (s Step) String() string { return string(s.Op) + " " + s.Resource }

// Plan is what has to be done, in this order.
type Plan struct {
	Steps []Step
	Notes []string
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// DNSError says that a VPC can't have private DNS names.
type DNSError struct {
	VPC, Attribute string
}

func (e *DNSError) Error() string {
	return fmt.Sprintf("%s of %s is off, so endpoints can't have the services' host names: turn it on, or give --private-dns=false and tell each client the endpoint", e.Attribute, e.VPC)
}

// NewPlan compares what is asked for with what there is. It is pure. The error
// is a *DNSError.
func NewPlan(spec Spec, state State) (*Plan, error) {
	p := &Plan{}
	for _, unseen := range state.Unseen {
		p.note("not checked: %s", unseen)
	}
	for _, service := range spec.Services {
		have, found := state.find(service)
		if spec.PrivateDNS && !have.PrivateDNS && (!found || have.Ours()) {
			switch {
			case !state.DNSSupport:
				return nil, &DNSError{spec.VPC, "enableDnsSupport"}
			case !state.DNSHostnames:
				return nil, &DNSError{spec.VPC, "enableDnsHostnames"}
			}
		}
		switch {
		case !found:
			p.create(spec, service)
		case have.Ours():
			p.change(spec, have)
		default:
			p.foreign(spec, have)
		}
	}
	if !spec.PrivateDNS {
		p.note("private DNS is off: the services' host names do not lead to the endpoints, so the data source needs sigV4Endpoint; apply and list print it")
	}
	if len(spec.Workspaces) == 0 {
		p.note("no workspace is given: the endpoints let every workspace be reached")
	} else if slices.Contains(spec.Services, STS) {
		p.note("the endpoint for sts has no policy of its own: all of the VPC gets credentials through it")
	}
	return p, nil
}

func (p *Plan) create(spec Spec, service Service) {
	detail := []string{"+ subnets " + join(spec.Subnets)}
	if len(spec.SecurityGroups) > 0 {
		detail = append(detail, "+ security groups "+join(spec.SecurityGroups))
	}
	if spec.PrivateDNS {
		detail = append(detail, "+ private DNS")
	}
	if spec.Policy(service) != "" {
		detail = append(detail, "+ policy for "+join(spec.Workspaces))
	}
	p.Steps = append(p.Steps, Step{Add, "endpoint for " + string(service) + " in " + spec.VPC, detail, createEndpoint(spec, service)})
}

// change is one request for all that differs, and one for tags.
func (p *Plan) change(spec Spec, have Endpoint) {
	m := modification{
		addSubnets: without(spec.Subnets, have.Subnets), removeSubnets: without(have.Subnets, spec.Subnets),
	}
	if len(spec.SecurityGroups) > 0 { // otherwise the VPC's default group was taken
		m.addGroups, m.removeGroups = without(spec.SecurityGroups, have.SecurityGroups), without(have.SecurityGroups, spec.SecurityGroups)
	}
	var detail []string
	for _, d := range []struct {
		sign, what string
		ids        []string
	}{
		{"-", "subnets", m.removeSubnets},
		{"+", "subnets", m.addSubnets},
		{"-", "security groups", m.removeGroups},
		{"+", "security groups", m.addGroups},
	} {
		if len(d.ids) > 0 {
			detail = append(detail, d.sign+" "+d.what+" "+join(d.ids))
		}
	}
	if have.PrivateDNS != spec.PrivateDNS {
		m.privateDNS = &spec.PrivateDNS
		detail = append(detail, map[bool]string{true: "+ private DNS", false: "- private DNS"}[spec.PrivateDNS])
	}
	if want := spec.Policy(have.Service); !samePolicy(have.Policy, want) {
		m.policy = &want
		detail = append(detail, map[bool]string{true: "~ policy for every workspace", false: "~ policy for " + join(spec.Workspaces)}[want == ""])
	}
	resource := "endpoint " + have.ID + " for " + string(have.Service)
	if len(detail) > 0 {
		p.Steps = append(p.Steps, Step{Change, resource, detail, modifyEndpoint(have.ID, m)})
	}
	missing, tags := map[string]string{}, []string(nil)
	for _, key := range slices.Sorted(maps.Keys(spec.Tags)) {
		if value, found := have.Tags[key]; !found || value != spec.Tags[key] {
			missing[key] = spec.Tags[key]
			tags = append(tags, "+ "+key+"="+spec.Tags[key])
		}
	}
	if len(missing) > 0 {
		p.Steps = append(p.Steps, Step{Change, "tags of " + resource, tags, tagEndpoint(have.ID, missing)})
	}
}

// foreign says what differs of an endpoint that others made.
func (p *Plan) foreign(spec Spec, have Endpoint) {
	p.note("endpoint %s for %s was not made here: it is used as it is", have.ID, have.Service)
	if spec.PrivateDNS && !have.PrivateDNS {
		p.note("endpoint %s has no private DNS: clients need %s", have.ID, have.Setting())
	}
	if missing := without(spec.Subnets, have.Subnets); len(missing) > 0 {
		p.note("endpoint %s is not in %s", have.ID, join(missing))
	}
	if want := spec.Policy(have.Service); want != "" && !samePolicy(have.Policy, want) {
		p.note("endpoint %s has another policy: see that it lets the workspace be reached", have.ID)
	}
}

// NewDelete plans the removal of the endpoints that this package made. It is pure.
func NewDelete(spec Spec, state State) *Plan {
	p := &Plan{}
	for _, e := range state.Endpoints {
		if !slices.Contains(spec.Services, e.Service) {
			continue
		}
		if !e.Ours() {
			p.note("endpoint %s for %s is left: it was not made here", e.ID, e.Service)
			continue
		}
		p.Steps = append(p.Steps, Step{Remove, "endpoint " + e.ID + " for " + string(e.Service), nil, deleteEndpoint(e.ID)})
	}
	return p
}

// without are the ids of a that are not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}

// Apply sends the requests of the plan and tells of each that was done. The
// error wraps an *amp.Error; a new plan goes on from what was done until then.
func (p *Plan) Apply(ctx context.Context, c *Client, done func(Step)) error {
	for _, step := range p.Steps {
		if err := step.call(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		done(step)
	}
	return nil
}
