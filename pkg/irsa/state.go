package irsa

import (
	"strings"
	"time"
)

// State is what there is, as far as a Spec asks about it.
type State struct {
	Provider     Provider
	Roles        map[Use]RoleState
	Associations []Association
	// Strays are other roles that carry the tags of cluster and workspace. Only
	// Inspect fills it, and not for a Spec that is Named.
	Strays []Stray
	// Unseen says what could not be looked at, and why.
	Unseen []string
}

// Provider is the cluster's OpenID Connect provider in IAM.
type Provider struct {
	Found     bool
	Audiences []string
	Tags      map[string]string
	// UsedBy are the names of all roles that trust it. Only Inspect fills it.
	UsedBy []string
}

// RoleState is a role with its policy.
type RoleState struct {
	ARN      string // "" when there is none
	Boundary string
	Trust    string
	Tags     map[string]string
	Attached []Attachment
	Policy   PolicyState
	// Others are the documents of all its other policies, inline ones among
	// them. Only Inspect fills it.
	Others []NamedDocument
}

// Stray is a role that no Spec names any more.
type Stray struct {
	Role  Role
	State RoleState
}

// Attachment is a managed policy of a role.
type Attachment struct{ Name, ARN string }

// NamedDocument is a policy of a role that this package did not make.
type NamedDocument struct {
	Name     string
	Inline   bool
	Document string
}

// PolicyState is a managed policy with its default version's document.
type PolicyState struct {
	ARN         string // "" when there is none
	Document    string
	Versions    []Version
	Tags        map[string]string
	Attachments int // how many users, groups and roles have it
}

// Version is one of at most five that IAM keeps of a policy.
type Version struct {
	ID      string
	Default bool
	Created time.Time
}

// Association is one of EKS Pod Identity.
type Association struct {
	ID             string
	ServiceAccount ServiceAccount
	RoleARN        string
	Tags           map[string]string
}

func (r RoleState) attached(policyARN string) bool {
	for _, a := range r.Attached {
		if a.ARN == policyARN {
			return true
		}
	}
	return false
}

// role is the name of the role that it gives.
func (a Association) role() string { return a.RoleARN[strings.LastIndex(a.RoleARN, "/")+1:] }
