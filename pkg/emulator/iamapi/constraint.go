package iamapi

import (
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// What the model says of parameters.
var (
	roleName    = query.Constraint{Min: 1, Max: 64}.Matching(`[\w+=,.@-]+`)
	policyName  = query.Constraint{Min: 1, Max: 128}.Matching(`[\w+=,.@-]+`)
	rolePath    = query.Constraint{Min: 1, Max: 512}.Matching(`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, `/|/[\x21-\x7E]+/`)
	policyPath  = query.Constraint{Min: 1, Max: 512}.Matching(`((/[A-Za-z0-9\.,\+@=_-]+)*)/`)
	pathPrefix  = query.Constraint{Min: 1, Max: 512}.Matching(`\u002F[\u0021-\u007F]*`, `/[\x21-\x7F]*`)
	description = query.Constraint{Max: 1000}.Matching(`[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, `[\t\n\r\x20-\x7E\x{A1}-\x{FF}]*`)
	policyText  = query.Constraint{Min: 1, Max: 131072}.Matching(`[\u0009\u000A\u000D\u0020-\u00FF]+`, `[\t\n\r\x20-\x{FF}]+`)
	arnText     = query.Constraint{Min: 20, Max: 2048}
	versionID   = query.Constraint{}.Matching(`v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	marker      = query.Constraint{Min: 1, Max: 320}.Matching(`[\u0020-\u00FF]+`, `[\x20-\x{FF}]+`)
	issuerURL   = query.Constraint{Min: 1, Max: 255}
	clientID    = query.Constraint{Min: 1, Max: 255}
	thumbprint  = query.Constraint{Min: 40, Max: 40}.Matching(`[0-9A-Fa-f]*`)
	tagKey      = query.Constraint{Min: 1, Max: 128}.Matching(`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	tagValue    = query.Constraint{Max: 256}.Matching(`[\p{L}\p{Z}\p{N}_.:/=+\-@]*`)
)

// Quotas of an account, as the user guide's "IAM and AWS STS quotas" has them.
const (
	maxTags        = 50
	maxAttached    = 10
	maxVersions    = 5
	maxTrust       = 2048  // characters without white space
	maxManaged     = 6144  // characters without white space
	maxInline      = 10240 // of all inline policies of a role together
	maxClientIDs   = 100
	maxThumbprints = 5
	minSession     = 3600
	maxSession     = 43200
)

// size counts as IAM does: without white space.
func size(d iam.Document) int {
	n := 0
	for _, r := range d {
		switch r {
		case ' ', '\t', '\n', '\r':
		default:
			n++
		}
	}
	return n
}
