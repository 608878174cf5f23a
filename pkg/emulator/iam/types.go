// Package iam is the emulator's one book of identities: users with access
// keys, roles, policies and OIDC providers. STS asks it whom a role trusts, the
// data plane and the control plane ask it what a principal may do, and an IAM
// API edits it; there is no second list.
//
// Documents are kept as the bytes that were given. What they mean is defined
// by the IAM user guide, "Policy evaluation logic" and "IAM JSON policy
// elements reference"; see Authorize for the part that is evaluated.
package iam

import "time"

// Document is an IAM policy document, byte for byte as it was given.
type Document string

// Role is an identity that others assume.
type Role struct {
	// Account owns the role; empty means the store's own account.
	Account string `json:"account"`
	Name    string `json:"name"`
	// Path begins and ends with a slash; empty means "/".
	Path string `json:"path"`
	// ARN, ID and Created are set by the store. A role that is deleted and
	// made again has a new ID, and sessions of the old one end.
	ARN     string    `json:"arn"`
	ID      string    `json:"id"`
	Created time.Time `json:"created"`

	Description string `json:"description,omitempty"`
	// Trust says who may assume the role.
	Trust Document `json:"trust"`
	// MaxSession limits sessions that are asked for; zero means one hour.
	MaxSession time.Duration     `json:"maxSession"`
	Tags       map[string]string `json:"tags,omitempty"`
	Permissions
}

// User is an identity with long-lived access keys.
type User struct {
	Account string            `json:"account"` // empty means the store's own account
	Name    string            `json:"name"`
	Path    string            `json:"path"` // empty means "/"
	ARN     string            `json:"arn"`
	ID      string            `json:"id"`
	Created time.Time         `json:"created"`
	Tags    map[string]string `json:"tags,omitempty"`
	Permissions
}

// Permissions are the identity-based policies of a user or a role.
type Permissions struct {
	// Inline holds documents by policy name.
	Inline map[string]Document `json:"inline,omitempty"`
	// Attached holds ARNs of managed policies, in the order of attachment.
	Attached []string `json:"attached,omitempty"`
	// Boundary is the ARN of a managed policy that limits what all the others
	// grant; empty limits nothing.
	Boundary string `json:"boundary,omitempty"`
}

// Policy is a managed policy with its versions, of which one is in force.
type Policy struct {
	Account     string            `json:"account"` // empty means the store's own account
	Name        string            `json:"name"`
	Path        string            `json:"path"` // empty means "/"
	ARN         string            `json:"arn"`
	ID          string            `json:"id"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated,omitzero"` // when a version was last made
	Description string            `json:"description,omitempty"`
	Default     string            `json:"default"` // a Version's ID
	Versions    []Version         `json:"versions"`
	Tags        map[string]string `json:"tags,omitempty"`
	// Newest is the number of the last version made: numbers are not used
	// again, even of versions that are gone.
	Newest int `json:"newest,omitempty"`
}

// Version is one text of a managed policy.
type Version struct {
	ID       string    `json:"id"` // v1, v2, …
	Document Document  `json:"document"`
	Created  time.Time `json:"created"`
}

// Document is the version in force.
func (p Policy) Document() Document {
	for _, v := range p.Versions {
		if v.ID == p.Default {
			return v.Document
		}
	}
	return ""
}

// Provider is an OpenID Connect issuer whose tokens roles may trust.
type Provider struct {
	Account     string            `json:"account"` // empty means the store's own account
	URL         string            `json:"url"`     // the issuer, as the iss claim has it
	ARN         string            `json:"arn"`
	ClientIDs   []string          `json:"clientIDs"` // accepted audiences
	Thumbprints []string          `json:"thumbprints,omitempty"`
	Created     time.Time         `json:"created"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// AccessKey is a user's long-lived key. Its secret is kept apart from the rest
// of the store, in a file that only the owner may read.
type AccessKey struct {
	ID      string    `json:"id"` // AKIA…
	Secret  string    `json:"secret"`
	User    string    `json:"user"` // ARN
	Created time.Time `json:"created"`
	// Inactive keys are refused as if nobody had issued them.
	Inactive bool `json:"inactive,omitempty"`
}

// Principal is who sent a request, once the signature has proven it.
type Principal struct {
	Kind    Kind   `json:"kind"`
	Account string `json:"account"`
	// ARN as GetCallerIdentity shows it; of a session it is
	// arn:aws:sts::<account>:assumed-role/<role>/<session>.
	ARN string `json:"arn"`
	// ID is unique for all time: AIDA… of a user, AROA…:<session> of a session.
	ID string `json:"id"`
	// Entity is the ARN of the user or role whose policies apply.
	Entity string `json:"entity"`
	// SessionPolicies narrow what the role's own policies allow.
	SessionPolicies []Document `json:"sessionPolicies,omitempty"`
	// Conditions stay with a session from its beginning, for example the
	// claims of the web identity and aws:PrincipalTag/….
	Conditions Conditions `json:"conditions,omitempty"`
}

// Kind tells principals apart.
type Kind string

// The kinds of principal that can sign a request here.
const (
	KindUser    Kind = "User"
	KindSession Kind = "AssumedRole"
)

// Conditions are the values of condition keys in a request's context. Keys are
// matched without regard to case; several values make a key multivalued.
type Conditions map[string][]string
