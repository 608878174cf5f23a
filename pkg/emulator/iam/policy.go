package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// policy is a document understood.
type policy struct {
	// variables are replaced only in documents of version 2012-10-17.
	variables  bool
	statements []statement
}

type statement struct {
	sid                     string
	allow                   bool
	principal, notPrincipal *principals
	action, notAction       []string
	resource, notResource   []string
	conditions              []condition
}

// use says where a document stands, which decides what it must hold.
type use string

const (
	identityPolicy use = "identity-based policy"
	trustPolicy    use = "trust policy"
	resourcePolicy use = "resource-based policy"
)

// maxDocument is above every quota of IAM for one document.
const maxDocument = 20 * 1024

var sidPattern = regexp.MustCompile(`^[0-9A-Za-z]*$`)

var actionPattern = regexp.MustCompile(`^(\*|[a-zA-Z0-9-]+:[\w*?]+)$`)

// parse understands every document of the state, or says which is malformed.
func (st *State) parse() (map[Document]*policy, error) {
	parsed := map[Document]*policy{}
	add := func(d Document, u use, owner string) error {
		p, err := parsePolicy(d)
		if err == nil {
			err = p.check(u)
		}
		if err != nil {
			return fmt.Errorf("%s of %s: %w", u, owner, err)
		}
		parsed[d] = p
		return nil
	}
	var errs []error
	identity := func(owner string, p Permissions) {
		for _, d := range p.Inline {
			errs = append(errs, add(d, identityPolicy, owner))
		}
	}
	for _, r := range st.Roles {
		errs = append(errs, add(r.Trust, trustPolicy, r.ARN))
		identity(r.ARN, r.Permissions)
	}
	for _, u := range st.Users {
		identity(u.ARN, u.Permissions)
	}
	for _, p := range st.policies() {
		for _, v := range p.Versions {
			errs = append(errs, add(v.Document, identityPolicy, p.ARN))
		}
	}
	for arn, d := range st.ResourcePolicies {
		errs = append(errs, add(d, resourcePolicy, arn))
	}
	return parsed, errors.Join(errs...)
}

func malformed(format string, args ...any) error {
	return awserr.New(awserr.MalformedPolicy, format, args...)
}

// parsePolicy reads a document. Element names are case-sensitive and unknown
// ones are refused, as IAM does.
func parsePolicy(d Document) (*policy, error) {
	if len(d) > maxDocument {
		return nil, awserr.New(awserr.LimitExceeded, "Maximum policy size of %d bytes exceeded", maxDocument)
	}
	p := &policy{}
	found := false
	err := members([]byte(d), func(name string, v json.RawMessage) error {
		switch name {
		case "Version":
			var version string
			if err := json.Unmarshal(v, &version); err != nil || (version != "2012-10-17" && version != "2008-10-17") {
				return malformed("The policy must contain a valid version string")
			}
			p.variables = version == "2012-10-17"
		case "Id":
		case "Statement":
			found = true
			return p.readStatements(v)
		default:
			return malformed("Syntax errors in policy.")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !found || len(p.statements) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	return p, nil
}

func (p *policy) readStatements(v json.RawMessage) error {
	list := []json.RawMessage{v}
	if bytes.HasPrefix(bytes.TrimSpace(v), []byte("[")) {
		if err := json.Unmarshal(v, &list); err != nil {
			return malformed("Syntax errors in policy.")
		}
	}
	for _, raw := range list {
		s, err := readStatement(raw)
		if err != nil {
			return err
		}
		p.statements = append(p.statements, s)
	}
	return nil
}

func readStatement(raw json.RawMessage) (statement, error) {
	var s statement
	effect := ""
	err := members(raw, func(name string, v json.RawMessage) (err error) {
		switch name {
		case "Sid":
			err = json.Unmarshal(v, &s.sid)
		case "Effect":
			err = json.Unmarshal(v, &effect)
		case "Action":
			s.action, err = stringList(v)
		case "NotAction":
			s.notAction, err = stringList(v)
		case "Resource":
			s.resource, err = stringList(v)
		case "NotResource":
			s.notResource, err = stringList(v)
		case "Principal":
			s.principal, err = readPrincipals(v)
		case "NotPrincipal":
			s.notPrincipal, err = readPrincipals(v)
		case "Condition":
			s.conditions, err = readConditions(v)
		default:
			err = malformed("Syntax errors in policy.")
		}
		return err
	})
	var told *awserr.Error
	switch {
	case errors.As(err, &told):
		return s, err
	case err != nil, effect != "Allow" && effect != "Deny":
		return s, malformed("Syntax errors in policy.")
	}
	s.allow = effect == "Allow"
	return s, nil
}

// check holds a policy against what its place demands.
func (p *policy) check(u use) error {
	seen := map[string]bool{"": true}
	for _, s := range p.statements {
		switch {
		case u == identityPolicy && !sidPattern.MatchString(s.sid):
			return malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		case s.sid != "" && seen[s.sid]:
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		case (len(s.action) == 0) == (len(s.notAction) == 0):
			return malformed("Policy statement must contain actions.")
		case u == identityPolicy && (s.principal != nil || s.notPrincipal != nil):
			return malformed("Policy document should not specify a principal.")
		case u != identityPolicy && s.principal.empty() == s.notPrincipal.empty():
			return malformed("Missing required field Principal")
		case u != identityPolicy && s.notPrincipal != nil && s.allow:
			return malformed("Allow with NotPrincipal is not allowed.")
		case u == trustPolicy && (s.resource != nil || s.notResource != nil):
			return malformed("Has prohibited field Resource")
		case u != trustPolicy && (len(s.resource) == 0) == (len(s.notResource) == 0):
			return malformed("Policy statement must contain resources.")
		}
		seen[s.sid] = true
		for _, a := range append(s.action, s.notAction...) {
			if !actionPattern.MatchString(a) {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
			if vendor, _, ok := strings.Cut(a, ":"); ok && u == trustPolicy && !strings.EqualFold(vendor, "sts") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, c := range s.conditions {
			if !strings.Contains(c.key, ":") {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
		for _, r := range append(s.resource, s.notResource...) {
			if r != "*" && !strings.HasPrefix(r, "arn:") {
				return malformed("Resource %s must be in ARN format or \"*\".", r)
			}
		}
	}
	return nil
}

// members calls f for each member of the object in data; a name that stands
// twice is refused, for what it would mean is anybody's guess.
func members(data []byte, f func(name string, v json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return malformed("Syntax errors in policy.")
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok || seen[name] {
			return malformed("Syntax errors in policy.")
		}
		seen[name] = true
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return malformed("Syntax errors in policy.")
		}
		if err := f(name, v); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return malformed("Syntax errors in policy.")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return malformed("Syntax errors in policy.")
	}
	return nil
}

// stringList reads a string or a list of strings; it is never nil.
func stringList(v json.RawMessage) ([]string, error) {
	var one string
	if json.Unmarshal(v, &one) == nil && !bytes.Equal(v, []byte("null")) {
		return []string{one}, nil
	}
	many := []string{}
	if err := json.Unmarshal(v, &many); err != nil || many == nil {
		return nil, malformed("Syntax errors in policy.")
	}
	return many, nil
}

// CheckIdentityPolicy tells what is malformed in a document that is to be an
// identity-based or a session policy; the error is *awserr.Error.
func CheckIdentityPolicy(d Document) error { return check(d, identityPolicy) }

// CheckTrustPolicy tells what is malformed in a document that is to be a role's
// trust policy; the error is *awserr.Error.
func CheckTrustPolicy(d Document) error { return check(d, trustPolicy) }

// CheckResourcePolicy tells what is malformed in a document that is to hang on
// a resource; the error is *awserr.Error.
func CheckResourcePolicy(d Document) error { return check(d, resourcePolicy) }

func check(d Document, u use) error {
	p, err := parsePolicy(d)
	if err != nil {
		return err
	}
	return p.check(u)
}
