// Package irsa plans and makes what lets the pods of an EKS cluster use one
// workspace of Amazon Managed Service for Prometheus: two IAM roles, one that
// may only write (ingest) and one that may only read (query), each with a
// policy of its own and a trust policy that lets in exactly the service
// accounts given, by the cluster's OpenID Connect provider (IRSA) or by EKS Pod
// Identity.
//
// It works in three parts: Observe reads what is there, NewPlan compares it with
// what a Spec asks for and is pure, and Plan.Apply sends one request for each
// step. A run that was stopped anywhere is repaired by the next one, because a
// plan never relies on what an earlier one knew.
//
// What others made is left as it is. A role, policy or provider that this
// package makes carries the tag TagCluster from its first moment; one that was
// there before is used but not tagged, and so not removed by Destroy.
package irsa

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// The tags of what this package made: ARNs.
const (
	TagCluster   = "ampkit:cluster"
	TagWorkspace = "ampkit:workspace"
)

// Use is what a role is for.
type Use string

// The two uses. There is never a role for both.
const (
	Ingest Use = "ingest" // writes samples: aps:RemoteWrite
	Query  Use = "query"  // reads them
)

// ServiceAccount is one of Kubernetes'.
type ServiceAccount struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

func (s ServiceAccount) String() string { return s.Namespace + "/" + s.Name }

// subject is the sub claim of its tokens.
func (s ServiceAccount) subject() string {
	return "system:serviceaccount:" + s.Namespace + ":" + s.Name
}

// Names as Kubernetes takes them: RFC 1123 labels and, for the account,
// subdomains. Neither can hold a wildcard of IAM.
var (
	namespacePattern = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	accountPattern   = regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$`)
)

// ParseServiceAccount reads namespace/name.
func ParseServiceAccount(text string) (ServiceAccount, error) {
	namespace, name, ok := strings.Cut(text, "/")
	if !ok || !namespacePattern.MatchString(namespace) || !accountPattern.MatchString(name) {
		return ServiceAccount{}, fmt.Errorf("%q is not a service account, written as namespace/name", text)
	}
	return ServiceAccount{Namespace: namespace, Name: name}, nil
}

// Role is what is asked for of one role.
type Role struct {
	Use    Use
	Name   string
	Policy string // the name of its managed policy
	// ServiceAccounts may take the role, each by a statement of its own.
	ServiceAccounts []ServiceAccount
}

// Cluster is the EKS cluster whose pods are let in.
type Cluster struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
	// Issuer is the cluster's OpenID Connect issuer without https://, as IAM's
	// condition keys and ARNs have it.
	Issuer string `json:"issuer,omitempty"`
}

// Spec is what is asked for. Check says whether it makes sense.
type Spec struct {
	Cluster      Cluster
	WorkspaceARN string
	Roles        []Role // one for each use at most
	PodIdentity  bool
	// Named limits Inspect and NewDestroy to the Roles; without it all roles are
	// looked for, and removed, that carry the tags of cluster and workspace.
	Named bool
	// Alerting lets the query role read rules, alerts and the alert manager.
	Alerting bool
	// Picker lets the query role list all workspaces of the account.
	Picker bool
	// Path and Boundary are for roles (and Path for policies) that are made;
	// a Boundary is also set on roles that are there. "" for none.
	Path, Boundary string
	Tags           map[string]string
}

// namePattern is IAM's for roles and policies.
var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^/([\x21-\x7e]*/)?$`)
)

// Check refuses what contradicts itself.
func (s Spec) Check() error {
	seen := map[string]string{}
	for _, r := range s.Roles {
		for _, name := range []string{r.Name, r.Policy} {
			if !namePattern.MatchString(name) || len(name) > 128 || (name == r.Name && len(name) > 64) {
				return fmt.Errorf("%q is not a name that IAM takes: letters, digits and +=,.@_-, at most 64 for a role and 128 for a policy", name)
			}
		}
		for _, named := range []struct{ kind, name string }{{"role", r.Name}, {"policy", r.Policy}} {
			key := named.kind + named.name
			if seen[key] != "" {
				return fmt.Errorf("%s %s can't be for both %s and %s: who writes must not read, and the other way round", named.kind, named.name, seen[key], r.Use)
			}
			seen[key] = string(r.Use)
		}
		for _, sa := range r.ServiceAccounts {
			if use := seen["account"+sa.String()]; use != "" {
				return fmt.Errorf("service account %s can't take the roles for both %s and %s: give each its own", sa, use, r.Use)
			}
			seen["account"+sa.String()] = string(r.Use)
		}
	}
	if s.Path != "" && !pathPattern.MatchString(s.Path) {
		return fmt.Errorf("path %q must begin and end with a slash", s.Path)
	}
	for key := range s.Tags {
		if strings.HasPrefix(key, "ampkit:") || strings.HasPrefix(key, "aws:") {
			return fmt.Errorf("tag %q can't be given: ampkit: and aws: are reserved", key)
		}
	}
	return nil
}

// DefaultName is the name of a role and its policy where none is given:
// ampkit-<cluster>-<use>, shortened to what IAM takes for a role.
func DefaultName(cluster string, use Use) string {
	const most = 64
	name := "ampkit-" + cluster + "-" + string(use)
	if over := len(name) - most; over > 0 {
		mark := "-" + fingerprint(cluster)
		name = "ampkit-" + cluster[:len(cluster)-over-len(mark)] + mark + "-" + string(use)
	}
	return name
}

// fingerprint is eight hexadecimal digits of a name, stable for ever: they are
// in Sids that must be found again.
func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// iamARN names what the cluster's account has in IAM.
func (s Spec) iamARN(resource string) string {
	p := strings.SplitN(s.Cluster.ARN, ":", 6)
	if len(p) != 6 {
		return resource
	}
	return "arn:" + p[1] + ":iam::" + p[4] + ":" + resource
}

func (s Spec) path() string { return cmp.Or(s.Path, "/") }

func (s Spec) roleARN(name string) string   { return s.iamARN("role" + s.path() + name) }
func (s Spec) policyARN(name string) string { return s.iamARN("policy" + s.path() + name) }

// ProviderARN names the cluster's OpenID Connect provider.
func (s Spec) ProviderARN() string { return s.iamARN("oidc-provider/" + s.Cluster.Issuer) }

func (s Spec) trustor() trustor {
	t := trustor{clusterARN: s.Cluster.ARN, issuer: s.Cluster.Issuer}
	if !s.PodIdentity {
		t.providerARN = s.ProviderARN()
	}
	return t
}

// owned are the tags of what is made.
func (s Spec) owned() map[string]string {
	tags := map[string]string{TagCluster: s.Cluster.ARN, TagWorkspace: s.WorkspaceARN}
	maps.Copy(tags, s.Tags)
	return tags
}
