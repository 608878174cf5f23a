package irsa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	audience       = "sts.amazonaws.com"
	podsService    = "pods.eks.amazonaws.com"
	webIdentity    = "sts:AssumeRoleWithWebIdentity"
	assumeRole     = "sts:AssumeRole"
	tagSession     = "sts:TagSession"
	emptyDocument  = `{"Version":"` + policyVersion + `","Statement":[]}`
	serviceAccount = "service account "
)

// trustor writes and recognises the trust statements of one cluster.
type trustor struct {
	clusterARN  string
	providerARN string // "" with Pod Identity
	issuer      string // without https://
}

// sidPrefix is that of all our statements for this cluster. It hangs on the
// cluster's ARN: a cluster made anew under the same name has another issuer, and
// its statements take the place of the old ones.
func (t trustor) sidPrefix() string { return "Ampkit" + fingerprint(t.clusterARN) }

func (t trustor) sid(sa ServiceAccount) string { return t.sidPrefix() + fingerprint(sa.String()) }

// statement lets one service account take a role. For Pod Identity the
// conditions are on the session tags that EKS sets (EKS user guide, "Create IAM
// role with trust policy required by EKS Pod Identity").
func (t trustor) statement(sa ServiceAccount) statement {
	s := statement{Sid: t.sid(sa), Effect: "Allow"}
	if t.providerARN == "" {
		s.Principal = map[string]string{"Service": podsService}
		s.Action = []string{assumeRole, tagSession}
		s.Condition = map[string]map[string]string{"StringEquals": {
			"aws:RequestTag/eks-cluster-arn":            t.clusterARN,
			"aws:RequestTag/kubernetes-namespace":       sa.Namespace,
			"aws:RequestTag/kubernetes-service-account": sa.Name,
		}}
		return s
	}
	s.Principal = map[string]string{"Federated": t.providerARN}
	s.Action = []string{webIdentity}
	s.Condition = map[string]map[string]string{"StringEquals": {
		t.issuer + ":aud": audience,
		t.issuer + ":sub": sa.subject(),
	}}
	return s
}

// raw is a statement as it stands in a document.
func (t trustor) raw(sa ServiceAccount) json.RawMessage {
	return json.RawMessage(indent(marshal(t.statement(sa)), "    "))
}

// merge returns doc with one statement for each service account and none of
// ours beside them, and the changes in words; none of them means that doc is
// returned as it is. Statements of others are kept byte for byte, in their
// order.
func (t trustor) merge(doc string, accounts []ServiceAccount) (merged string, changes []string, err error) {
	parsed, err := parseTrust(doc)
	if err != nil {
		return "", nil, err
	}
	placed := map[ServiceAccount]bool{}
	var kept []json.RawMessage
	for _, raw := range parsed.statements {
		claim, ours, err := t.claim(raw, accounts)
		switch {
		case err != nil:
			return "", nil, err
		case !ours:
			kept = append(kept, raw)
		case claim == ServiceAccount{}:
			changes = append(changes, "- statement "+sidOf(raw)+", for a service account that is no longer asked for")
		case placed[claim]:
			changes = append(changes, "- "+serviceAccount+claim.String()+", a second time")
		default:
			placed[claim] = true
			want := t.raw(claim)
			if sidOf(raw) == t.sid(claim) && sameStatement(raw, want) {
				kept = append(kept, raw)
				continue
			}
			kept = append(kept, want)
			changes = append(changes, "~ "+serviceAccount+claim.String()+", "+t.fault(raw))
		}
	}
	for _, sa := range accounts {
		if !placed[sa] {
			placed[sa] = true
			kept = append(kept, t.raw(sa))
			changes = append(changes, "+ "+serviceAccount+sa.String())
		}
	}
	if len(changes) == 0 {
		return doc, nil, nil
	}
	parsed.statements = kept
	return parsed.String(), changes, nil
}

// errLast says that a role would be left without any trust, which IAM refuses.
var errLast = errors.New("no statement would be left")

// remove returns doc without our statements and how many they were.
func (t trustor) remove(doc string) (rest string, removed int, err error) {
	parsed, err := parseTrust(doc)
	if err != nil {
		return "", 0, err
	}
	before := len(parsed.statements)
	parsed.statements = slices.DeleteFunc(parsed.statements, func(raw json.RawMessage) bool {
		return strings.HasPrefix(sidOf(raw), t.sidPrefix())
	})
	switch removed = before - len(parsed.statements); {
	case removed == 0:
		return doc, 0, nil
	case len(parsed.statements) == 0:
		return doc, removed, errLast
	}
	return parsed.String(), removed, nil
}

// claim tells whether a statement is ours, and for which of the accounts: by its
// Sid, or because it has none and lets in exactly that account through the same
// provider. The latter is what AWS's scripts append again at each run. The zero
// account stands for ours that nobody asks for any more.
func (t trustor) claim(raw json.RawMessage, accounts []ServiceAccount) (ServiceAccount, bool, error) {
	sid := sidOf(raw)
	for _, sa := range accounts {
		if sid == t.sid(sa) {
			return sa, true, nil
		}
	}
	if strings.HasPrefix(sid, t.sidPrefix()) {
		return ServiceAccount{}, true, nil
	}
	if sid != "" || t.providerARN == "" {
		return ServiceAccount{}, false, nil
	}
	form, err := canonicalStatement(raw)
	if err != nil {
		return ServiceAccount{}, false, err
	}
	for _, sa := range accounts {
		for _, scripted := range t.scripted(sa) {
			if form == scripted {
				return sa, true, nil
			}
		}
	}
	return ServiceAccount{}, false, nil
}

// scripted are the forms in which scripts let in one account: with and without
// :aud, compared as strings or as patterns that hold no wildcard.
func (t trustor) scripted(sa ServiceAccount) []string {
	var out []string
	for _, operator := range []string{"StringEquals", "StringLike"} {
		for _, withAudience := range []bool{true, false} {
			s := t.statement(sa)
			keys := s.Condition["StringEquals"]
			if !withAudience {
				delete(keys, t.issuer+":aud")
			}
			s.Condition = map[string]map[string]string{operator: keys}
			form, err := canonicalStatement(marshal(s))
			if err == nil {
				out = append(out, form)
			}
		}
	}
	return out
}

// fault says why a statement of ours is written anew.
func (t trustor) fault(raw json.RawMessage) string {
	switch {
	case t.providerARN == "":
		return "written anew for Pod Identity"
	case !bytes.Contains(raw, []byte(t.issuer+":aud")) && bytes.Contains(raw, []byte(t.issuer+":sub")):
		return "which had no condition on :aud"
	case sidOf(raw) == "":
		return "which had no Sid"
	}
	return "which was changed since"
}

func sameStatement(a, b json.RawMessage) bool {
	x, errX := canonicalStatement(a)
	y, errY := canonicalStatement(b)
	return errX == nil && errY == nil && x == y
}

func sidOf(raw json.RawMessage) string {
	var s struct{ Sid string }
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s.Sid
}

// trustDocument is a policy whose statements keep their bytes.
type trustDocument struct {
	members    []member // all, in their order; the value of Statement is not used
	statements []json.RawMessage
}

type member struct {
	name  string
	value json.RawMessage
}

func parseTrust(doc string) (trustDocument, error) {
	if strings.TrimSpace(doc) == "" {
		doc = emptyDocument
	}
	invalid := func(err error) (trustDocument, error) {
		return trustDocument{}, fmt.Errorf("trust policy is not what IAM writes: %w", err)
	}
	var t trustDocument
	d := json.NewDecoder(strings.NewReader(doc))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return invalid(errors.Join(err, errors.New("no object")))
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return invalid(err)
		}
		m := member{name: fmt.Sprint(name)}
		if err := d.Decode(&m.value); err != nil {
			return invalid(err)
		}
		if m.name == "Statement" {
			var l list
			if err := json.Unmarshal(m.value, &l); err != nil {
				return invalid(err)
			}
			t.statements = l
		}
		t.members = append(t.members, m)
	}
	if _, err := d.Token(); err != nil {
		return invalid(err)
	}
	if !slices.ContainsFunc(t.members, func(m member) bool { return m.name == "Statement" }) {
		t.members = append(t.members, member{name: "Statement"})
	}
	return t, nil
}

// String is the document with its members in their order. IAM does not count
// white space towards a policy's size.
func (t trustDocument) String() string {
	var b strings.Builder
	for i, m := range t.members {
		b.WriteString([]string{"{\n  ", ",\n  "}[min(i, 1)])
		b.Write(marshal(m.name))
		b.WriteString(": ")
		if m.name != "Statement" {
			b.Write(m.value)
			continue
		}
		for j, s := range t.statements {
			b.WriteString([]string{"[\n    ", ",\n    "}[min(j, 1)])
			b.Write(s)
		}
		if len(t.statements) == 0 {
			b.WriteByte('[')
		}
		b.WriteString("\n  ]")
	}
	b.WriteString("\n}")
	return b.String()
}
