// Package iamapi is the emulator's Identity and Access Management: the part of
// IAM's query API (version 2010-05-08) with which roles, managed policies and
// OpenID Connect providers are kept. It edits the store of package iam, by
// which STS and the data plane decide, and has no state of its own.
//
// Parameters, constraints, errors and their words are those of the IAM API
// reference and of the model that every SDK ships (iam/2010-05-08). As IAM
// does, it signs with one region of the partition (us-east-1) wherever the
// workspaces are. What a caller may do is decided by their own iam:…
// permissions.
package iamapi

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// Version is the value of the Version parameter that names IAM.
const Version = "2010-05-08"

// Namespace is that of the answers.
const Namespace = "https://iam.amazonaws.com/doc/" + Version + "/"

// regions are those that signatures for IAM name, by partition.
var regions = map[string]string{"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

// Handler answers requests with Version 2010-05-08. It is safe for concurrent
// use.
type Handler struct {
	Store *iam.Store
	// Verify checks the signature; errors are *awserr.Error.
	Verify func(*http.Request, sigv4auth.Scope) (iam.Principal, error)
	// Clock is time.Now when nil.
	Clock func() time.Time
	// Logger hears of faults of the service itself; nobody when nil.
	Logger *slog.Logger
}

// call is one request on its way.
type call struct {
	store *iam.Store
	who   iam.Principal
	now   time.Time
	in    *query.Input
}

// step is what a request wants, once its parameters are read: to act on a
// resource under conditions, both of which the caller's policies are asked for
// before it runs.
type step struct {
	resource   string
	conditions iam.Conditions
	// run gives the content of the …Result element, or nil where the answer
	// has none.
	run func() (any, error)
}

// ServeHTTP answers a form POST or a GET.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := awserr.Stamp(w.Header())
	operation, result, err := h.serve(r)
	if err == nil {
		err = query.Write(w, operation, Namespace, requestID, result)
	}
	if err != nil {
		e := awserr.From(err)
		if errors.Is(e, awserr.Internal) && h.Logger != nil {
			h.Logger.ErrorContext(r.Context(), "iam failed", "requestID", requestID, "err", err)
		}
		awserr.WriteQueryXML(w, e, Namespace)
	}
}

// serve judges in the order of AWS: operation, signature, parameters, policies.
func (h *Handler) serve(r *http.Request) (operation string, result any, err error) {
	params, err := query.Params(r)
	if err != nil {
		return "", nil, err
	}
	operation = params.Get("Action")
	prepare, ok := operations[operation]
	if !ok || params.Get("Version") != Version {
		return "", nil, query.UnknownOperation(params)
	}
	who, err := h.Verify(r, sigv4auth.Scope{Service: "iam", Regions: []string{regions[h.Store.Partition()]}, MaxBody: query.MaxBody})
	if err != nil {
		return "", nil, err
	}
	now := time.Now
	if h.Clock != nil {
		now = h.Clock
	}
	c := &call{store: h.Store, who: who, now: now().UTC(), in: query.NewInput(params)}
	s := prepare(c)
	if err := c.in.Err(); err != nil {
		return "", nil, err
	}
	if err := h.Store.Authorize(who, "iam:"+operation, s.resource, s.conditions); err != nil {
		return "", nil, err
	}
	result, err = s.run()
	return operation, result, err
}

// Offers reports whether there is an operation of that name.
func Offers(operation string) bool { _, ok := operations[operation]; return ok }

var operations = map[string]func(*call) step{
	"GetRole":                       getRole,
	"CreateRole":                    createRole,
	"UpdateRole":                    updateRole,
	"UpdateAssumeRolePolicy":        updateAssumeRolePolicy,
	"DeleteRole":                    deleteRole,
	"ListRoles":                     listRoles,
	"PutRolePermissionsBoundary":    putRolePermissionsBoundary,
	"DeleteRolePermissionsBoundary": deleteRolePermissionsBoundary,
	"TagRole":                       tagRole,
	"UntagRole":                     untagRole,
	"ListRoleTags":                  listRoleTags,

	"AttachRolePolicy":         attachRolePolicy,
	"DetachRolePolicy":         detachRolePolicy,
	"ListAttachedRolePolicies": listAttachedRolePolicies,
	"PutRolePolicy":            putRolePolicy,
	"GetRolePolicy":            getRolePolicy,
	"ListRolePolicies":         listRolePolicies,
	"DeleteRolePolicy":         deleteRolePolicy,

	"CreatePolicy":            createPolicy,
	"GetPolicy":               getPolicy,
	"DeletePolicy":            deletePolicy,
	"ListPolicies":            listPolicies,
	"ListEntitiesForPolicy":   listEntitiesForPolicy,
	"CreatePolicyVersion":     createPolicyVersion,
	"GetPolicyVersion":        getPolicyVersion,
	"ListPolicyVersions":      listPolicyVersions,
	"SetDefaultPolicyVersion": setDefaultPolicyVersion,
	"DeletePolicyVersion":     deletePolicyVersion,
	"TagPolicy":               tagPolicy,
	"UntagPolicy":             untagPolicy,
	"ListPolicyTags":          listPolicyTags,

	"CreateOpenIDConnectProvider":             createProvider,
	"GetOpenIDConnectProvider":                getProvider,
	"ListOpenIDConnectProviders":              listProviders,
	"AddClientIDToOpenIDConnectProvider":      addClientID,
	"RemoveClientIDFromOpenIDConnectProvider": removeClientID,
	"UpdateOpenIDConnectProviderThumbprint":   updateThumbprint,
	"DeleteOpenIDConnectProvider":             deleteProvider,
	"TagOpenIDConnectProvider":                tagProvider,
	"UntagOpenIDConnectProvider":              untagProvider,
	"ListOpenIDConnectProviderTags":           listProviderTags,

	"GetUser": getUser,
}
