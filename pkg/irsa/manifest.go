package irsa

import (
	"fmt"
	"strings"
)

// Manifest is a service account as Kubernetes gets it.
type Manifest struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
}

// Metadata is that of a Manifest.
type Metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// roleAnnotation is what EKS's webhook looks for to give a pod a token and the
// variables AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE.
const roleAnnotation = "eks.amazonaws.com/role-arn"

// Manifests are the service accounts with the role each may take. With Pod
// Identity the association says it, and the accounts have no annotation.
func (s Spec) Manifests(roleARNs map[Use]string) []Manifest {
	out := []Manifest{}
	for _, role := range s.Roles {
		for _, sa := range role.ServiceAccounts {
			m := Manifest{APIVersion: "v1", Kind: "ServiceAccount", Metadata: Metadata{Name: sa.Name, Namespace: sa.Namespace}}
			if !s.PodIdentity {
				m.Metadata.Annotations = map[string]string{roleAnnotation: roleARNs[role.Use]}
			}
			out = append(out, m)
		}
	}
	return out
}

// YAML is manifests as kubectl takes them. Names and ARNs need no quotes: none
// of them can hold what YAML would read otherwise, but quotes do no harm.
func YAML(manifests []Manifest) string {
	var b strings.Builder
	for _, m := range manifests {
		fmt.Fprintf(&b, "---\napiVersion: %s\nkind: %s\nmetadata:\n  name: %q\n  namespace: %q\n", m.APIVersion, m.Kind, m.Metadata.Name, m.Metadata.Namespace)
		if role := m.Metadata.Annotations[roleAnnotation]; role != "" {
			fmt.Fprintf(&b, "  annotations:\n    %s: %q\n", roleAnnotation, role)
		}
	}
	return b.String()
}

// RoleARNs are those of the roles that are there, or that will be.
func (s Spec) RoleARNs(state State) map[Use]string {
	arns := map[Use]string{}
	for _, role := range s.Roles {
		arns[role.Use] = s.roleARN(role.Name)
		if have := state.Roles[role.Use].ARN; have != "" {
			arns[role.Use] = have
		}
	}
	return arns
}
