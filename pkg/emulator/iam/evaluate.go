package iam

// request is one question to a policy. The resource is empty for trust
// policies, who is nil for identity-based ones.
type request struct {
	action, resource string
	who              *who
	conditions       Conditions
}

// decision is an answer; a later one never weakens a denial.
type decision int

const (
	undecided decision = iota
	allowed
	denied
)

func (d decision) and(other decision) decision { return max(d, other) }

// decide evaluates an identity-based policy. A nil policy decides nothing.
func (p *policy) decide(r request) decision {
	d, _ := p.evaluate(r)
	return d
}

// evaluate also tells how well the allowing statements name who.
func (p *policy) evaluate(r request) (decision, grant) {
	sum, best := undecided, notNamed
	if p == nil {
		return sum, best
	}
	for _, s := range p.statements {
		level, ok := s.applies(r, p.variables)
		switch {
		case !ok:
		case !s.allow:
			return denied, level
		default:
			sum, best = allowed, max(best, level)
		}
	}
	return sum, best
}

func (s statement) applies(r request, variables bool) (grant, bool) {
	level := named
	if r.who != nil {
		switch {
		case s.principal != nil:
			level = s.principal.names(*r.who)
		case s.notPrincipal != nil && s.notPrincipal.names(*r.who) != notNamed:
			level = notNamed
		}
	}
	if level == notNamed ||
		s.action != nil && !matchAction(s.action, r.action) ||
		s.notAction != nil && matchAction(s.notAction, r.action) ||
		s.resource != nil && !matchResource(s.resource, r.resource, variables, r.conditions) ||
		s.notResource != nil && matchResource(s.notResource, r.resource, variables, r.conditions) {
		return level, false
	}
	for _, c := range s.conditions {
		if !c.holds(variables, r.conditions) {
			return level, false
		}
	}
	return level, true
}
