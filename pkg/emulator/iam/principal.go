package iam

import (
	"bytes"
	"encoding/json"
	"strings"
)

// principals are the Principal element of a trust or resource policy.
type principals struct {
	anybody                 bool // "*", or {"AWS": "*"}
	aws, federated, service []string
}

func readPrincipals(v json.RawMessage) (*principals, error) {
	if bytes.Equal(bytes.TrimSpace(v), []byte(`"*"`)) {
		return &principals{anybody: true}, nil
	}
	p := &principals{}
	err := members(v, func(name string, v json.RawMessage) error {
		list, err := stringList(v)
		if err != nil {
			return err
		}
		switch name {
		case "AWS":
			return p.readAWS(list)
		case "Federated":
			p.federated = list
		case "Service":
			p.service = list
		default:
			return malformed("Invalid principal in policy: %q", name)
		}
		return nil
	})
	return p, err
}

// readAWS accepts an account, its root, a user, a role or a session; a * only
// by itself, as IAM does.
func (p *principals) readAWS(list []string) error {
	for _, s := range list {
		parts := strings.SplitN(s, ":", 6)
		isARN := len(parts) == 6 && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts") && accountPattern.MatchString(parts[4])
		switch {
		case s == "*":
			p.anybody = true
		case accountPattern.MatchString(s), isARN && !strings.ContainsAny(s, "*?"):
			p.aws = append(p.aws, s)
		default:
			return malformed("Invalid principal in policy: \"AWS\":%q", s)
		}
	}
	return nil
}

// empty reports whether nobody is named, or the element is not there.
func (p *principals) empty() bool {
	return p == nil || !p.anybody && len(p.aws)+len(p.federated)+len(p.service) == 0
}

// CheckPrincipals refuses a trust policy that names a user or a role of the
// store's own account that does not exist. What is deleted later may stay
// named. Errors are *awserr.Error.
func (st *State) CheckPrincipals(d Document) error {
	p, err := parsePolicy(d)
	if err != nil {
		return err
	}
	own := "arn:" + st.store.opts.Partition + ":iam::" + st.store.opts.Account + ":"
	for _, s := range p.statements {
		for _, list := range []*principals{s.principal, s.notPrincipal} {
			if list == nil {
				continue
			}
			for _, arn := range list.aws {
				_, role := st.Roles[arn]
				_, user := st.Users[arn]
				if strings.HasPrefix(arn, own) && arn != own+"root" && !role && !user {
					return malformed("Invalid principal in policy: \"AWS\":%q", arn)
				}
			}
		}
	}
	return nil
}

// who is the party a trust or resource policy is asked about; one member is
// set.
type who struct {
	principal *Principal
	federated string // ARN of an OIDC provider
	service   string // for example pods.eks.amazonaws.com
}

// grant is how well a policy names somebody.
type grant int

const (
	notNamed     grant = iota
	accountNamed       // the account is named and its policies decide
	roleNamed          // the role of a session is named: its limits still hold
	named
)

// enough reports whether a grant of the own account needs no other; within says
// that the principal's limits allow what is granted.
func (g grant) enough(within bool) bool { return g == named || g == roleNamed && within }

func (p *principals) names(w who) grant {
	switch {
	case w.federated != "":
		return exactly(p.federated, w.federated)
	case w.service != "":
		return exactly(p.service, w.service)
	case w.principal == nil:
		return notNamed
	case p.anybody:
		return named
	}
	best := notNamed
	for _, s := range p.aws {
		switch {
		case s == w.principal.ARN:
			return named
		case s == w.principal.Entity:
			best = roleNamed
		case best == roleNamed:
		case s == w.principal.Account, strings.HasSuffix(s, ":iam::"+w.principal.Account+":root"):
			best = accountNamed
		}
	}
	return best
}

func exactly(list []string, s string) grant {
	for _, l := range list {
		if l == s {
			return named
		}
	}
	return notNamed
}
