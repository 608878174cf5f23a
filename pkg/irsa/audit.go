package irsa

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Fault is a kind of thing that is wrong. It is a closed set.
type Fault string

// The faults that Audit finds.
const (
	FaultDrift      Fault = "drift"              // not as asked for; apply repairs it
	FaultAttachment Fault = "missing-attachment" // the role does not have its policy; apply repairs it
	FaultAudience   Fault = "no-audience"        // a trust statement without a condition on :aud
	FaultSubject    Fault = "open-subject"       // a trust statement for more than named service accounts
	FaultDuplicate  Fault = "duplicate"          // a statement twice
	FaultWildcard   Fault = "wildcard"           // aps actions on all workspaces
	FaultBoth       Fault = "both"               // one role for reading and writing
)

// Finding is one thing that is wrong, and what to do about it.
type Finding struct {
	Fault    Fault  `json:"fault"`
	Resource string `json:"resource"`
	Message  string `json:"message"`
	Remedy   string `json:"remedy"`
}

const applyIt = "run: ampkit irsa apply with the same flags"

// Audit compares a State that Inspect made with what is asked for, and looks for
// the common faults in what others wrote. It is pure.
func Audit(spec Spec, state State) ([]Finding, error) {
	plan, err := NewPlan(spec, state)
	if err != nil {
		return nil, err
	}
	findings := []Finding{}
	for _, s := range plan.Steps {
		f := Finding{FaultDrift, s.Resource, strings.TrimSpace(s.String() + " " + strings.Join(s.Detail, ", ")), applyIt}
		if strings.HasPrefix(s.Resource, "attachment of") {
			f.Fault, f.Message = FaultAttachment, "the role does not have its policy"
		}
		findings = append(findings, f)
	}
	for _, role := range spec.Roles {
		have := state.Roles[role.Use]
		if have.ARN == "" {
			continue
		}
		trust, err := auditTrust(spec, role, have.Trust)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", role.Name, err)
		}
		findings = append(findings, trust...)
		findings = append(findings, auditPermissions(role, have)...)
	}
	return findings, nil
}

// trustStatement is what Audit reads of any trust statement.
type trustStatement struct {
	Sid       string
	Effect    string
	Action    any
	Condition map[string]map[string]any
}

func (s trustStatement) allows(action string) bool {
	return s.Effect == "Allow" && slices.ContainsFunc(set(s.Action, asIs), func(p string) bool { return matches(p, action) })
}

// condition gives the values that a condition key ending in suffix is compared with.
func (s trustStatement) condition(suffix string) []string {
	var values []string
	for _, keys := range s.Condition {
		for key, value := range keys {
			if strings.HasSuffix(strings.ToLower(key), suffix) {
				values = append(values, set(value, asIs)...)
			}
		}
	}
	return values
}

func auditTrust(spec Spec, role Role, doc string) ([]Finding, error) {
	_, statements, err := statementsOf(doc)
	if err != nil {
		return nil, err
	}
	var out []Finding
	find := func(fault Fault, message, remedy string) {
		out = append(out, Finding{fault, "trust of role " + role.Name, message, remedy})
	}
	seen := map[string]bool{}
	for i, raw := range statements {
		var s trustStatement
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("trust statement %d: %w", i+1, err)
		}
		name := fmt.Sprintf("statement %d", i+1)
		if s.Sid != "" {
			name += " (" + s.Sid + ")"
		}
		form, err := canonicalStatement(raw)
		if err != nil {
			return nil, err
		}
		if seen[form] {
			find(FaultDuplicate, name+" says what an earlier one says", "remove it; scripts that append do this at each run")
		}
		seen[form] = true
		subjects := s.condition(":sub")
		if s.allows(webIdentity) {
			if len(s.condition(":aud")) == 0 {
				find(FaultAudience, name+" has no condition on :aud: tokens made for another audience are taken too", "add a StringEquals condition that <issuer>:aud is "+audience)
			}
			if len(subjects) == 0 || slices.ContainsFunc(subjects, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
				find(FaultSubject, name+" lets in more than the service accounts it names", "compare <issuer>:sub with each service account by StringEquals")
			}
		}
		for _, other := range spec.Roles {
			for _, sa := range other.ServiceAccounts {
				if other.Use != role.Use && slices.Contains(subjects, sa.subject()) {
					find(FaultBoth, fmt.Sprintf("%s lets in %s%s, which is for %s", name, serviceAccount, sa, other.Use), "remove it; that service account has role "+other.Name)
				}
			}
		}
	}
	return out, nil
}

func auditPermissions(role Role, have RoleState) []Finding {
	var out []Finding
	documents := have.Others
	if have.attached(have.Policy.ARN) {
		documents = append([]NamedDocument{{Name: role.Policy, Document: have.Policy.Document}}, documents...)
	}
	reads, writes := "", ""
	for _, d := range documents {
		for _, line := range grants(d.Document) {
			// A grant is written by grants as: allow <action> on <resource>.
			action, resource, found := strings.Cut(strings.TrimPrefix(line, "allow "), " on ")
			if !found || !strings.HasPrefix(line, "allow ") {
				continue
			}
			resource = strings.TrimSuffix(resource, " under conditions")
			if touchesWorkspace(action) && wide(resource) {
				out = append(out, Finding{
					FaultWildcard, "policy " + d.Name + " of role " + role.Name, "allows " + action + " on " + resource,
					"allow it on the ARN of the workspace only",
				})
			}
			if matches(action, "aps:QueryMetrics") {
				reads = d.Name
			}
			if matches(action, "aps:RemoteWrite") {
				writes = d.Name
			}
		}
	}
	if reads != "" && writes != "" {
		out = append(out, Finding{
			FaultBoth, "role " + role.Name, "may read (policy " + reads + ") and write (policy " + writes + ")",
			"detach the policy that is not for " + string(role.Use),
		})
	}
	return out
}

// touchesWorkspace tells whether an action, which may be a pattern, is one on a
// workspace; listing and creating them can only be allowed on all.
func touchesWorkspace(action string) bool {
	if strings.EqualFold(action, "aps:ListWorkspaces") || strings.EqualFold(action, "aps:CreateWorkspace") {
		return false
	}
	return action == "*" || strings.HasPrefix(strings.ToLower(action), "aps:")
}

func wide(resource string) bool {
	return resource == "*" || strings.HasSuffix(resource, ":workspace/*") || strings.HasSuffix(resource, ":*")
}

// matches compares an action with a pattern as IAM does, letter case aside.
func matches(pattern, action string) bool {
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
	return err == nil && ok
}
