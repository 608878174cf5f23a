package controlplane

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

const resourceType = "workspace"

// Guard proves who sent a request and decides what they may do. Errors are
// *awserr.Error. *sigv4auth.Verifier and *iam.Store are behind it.
type Guard interface {
	// Verify checks the signature for service aps.
	Verify(r *http.Request) (iam.Principal, error)
	Authorize(ctx context.Context, p iam.Principal, action, resource string, c iam.Conditions) error
}

// Policies keep resource policies by ARN. *iam.Store is behind it.
type Policies interface {
	ResourcePolicy(arn string) (iam.Document, bool)
	// PutResourcePolicy removes the policy when d is empty.
	PutResourcePolicy(arn string, d iam.Document) error
}

// Handler answers /workspaces, what is below /workspaces/<id> on the control
// plane (see Owns) and /tags/<ARN of a workspace>. A request is authorised
// before it is decoded.
type Handler struct {
	Book  *Book
	Guard Guard
	// DataPlane is where the workspaces of a request's host are served, without
	// a trailing slash.
	DataPlane func(r *http.Request) string
	Policies  Policies
	// Remove is called when a workspace has been deleted, to remove its samples.
	Remove func(Workspace) error
}

// Owns reports whether /workspaces/<id>/<below> is the control plane's, whether
// or not it is offered here.
func Owns(below string) bool {
	switch first, rest, _ := strings.Cut(below, "/"); first {
	case "alias", "policy", "configuration", "logging", "rulegroupsnamespaces", "anomalydetectors":
		return true
	case "alertmanager":
		return rest == "definition"
	}
	return false
}

// operation is one of the API: it is named, authorised on a resource, and run.
type operation struct {
	action string
	// resource is the id of a workspace, or empty for all of them.
	resource string
	status   int
	run      func(r *http.Request, account string) (any, error)
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	awserr.Stamp(w.Header())
	status, body, err := h.answer(r)
	if err != nil {
		awserr.WriteREST(w, awserr.From(err))
		return
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone is not an error of ours
}

func (h *Handler) answer(r *http.Request) (int, any, error) {
	p, err := h.Guard.Verify(r)
	if err != nil {
		return 0, nil, err
	}
	op, ok := h.operation(r, p)
	if !ok {
		e := awserr.Invalid("the emulator does not offer this operation")
		e.Reason = "UNKNOWN_OPERATION"
		return 0, nil, e
	}
	resource := h.Book.CollectionARN(p.Account)
	var conditions iam.Conditions
	if op.resource != "" {
		resource = h.Book.ARN(p.Account, op.resource)
		conditions = h.Book.Tags(p.Account, op.resource)
	}
	if err := h.Guard.Authorize(r.Context(), p, op.action, resource, conditions); err != nil {
		return 0, nil, err
	}
	body, err := op.run(r, p.Account)
	return op.status, body, err
}

func (h *Handler) operation(r *http.Request, p iam.Principal) (operation, bool) {
	if arn, ok := strings.CutPrefix(r.URL.Path, "/tags/"); ok {
		return h.tagOperation(r, arn)
	}
	rest := strings.TrimPrefix(r.URL.Path, "/workspaces")
	id, below, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if rest == "" {
		switch r.Method {
		case http.MethodPost:
			return operation{"aps:CreateWorkspace", "", http.StatusAccepted, h.create(p)}, true
		case http.MethodGet:
			return operation{"aps:ListWorkspaces", "", http.StatusOK, h.list}, true
		}
	}
	if id == "" {
		return operation{}, false
	}
	for _, o := range []struct {
		method, below, action string
		status                int
		run                   func(r *http.Request, account, id string) (any, error)
	}{
		{http.MethodGet, "", "aps:DescribeWorkspace", http.StatusOK, h.describe},
		{http.MethodDelete, "", "aps:DeleteWorkspace", http.StatusAccepted, h.delete},
		{http.MethodPost, "alias", "aps:UpdateWorkspaceAlias", http.StatusNoContent, h.alias},
		{http.MethodPut, "policy", "aps:PutResourcePolicy", http.StatusAccepted, h.putPolicy},
		{http.MethodGet, "policy", "aps:DescribeResourcePolicy", http.StatusOK, h.describePolicy},
		{http.MethodDelete, "policy", "aps:DeleteResourcePolicy", http.StatusAccepted, h.deletePolicy},
	} {
		if r.Method == o.method && below == o.below {
			return operation{o.action, id, o.status, func(r *http.Request, account string) (any, error) {
				return o.run(r, account, id)
			}}, true
		}
	}
	return operation{}, false
}

// The bodies, with their members in the order of the SDK's snapshots.
type (
	statusBody struct {
		StatusCode Status `json:"statusCode"`
	}
	createBody struct {
		ARN         string            `json:"arn"`
		KMSKeyARN   string            `json:"kmsKeyArn,omitempty"`
		Status      statusBody        `json:"status"`
		Tags        map[string]string `json:"tags,omitempty"`
		WorkspaceID string            `json:"workspaceId"`
	}
	workspaceBody struct {
		Alias              string            `json:"alias,omitempty"`
		ARN                string            `json:"arn"`
		CreatedAt          epoch             `json:"createdAt"`
		KMSKeyARN          string            `json:"kmsKeyArn,omitempty"`
		PrometheusEndpoint string            `json:"prometheusEndpoint,omitempty"`
		Status             statusBody        `json:"status"`
		Tags               map[string]string `json:"tags,omitempty"`
		WorkspaceID        string            `json:"workspaceId"`
	}
	describeBody struct {
		Workspace workspaceBody `json:"workspace"`
	}
	listBody struct {
		NextToken  string          `json:"nextToken,omitempty"`
		Workspaces []workspaceBody `json:"workspaces"`
	}
)

// epoch is a time as REST JSON sends it: seconds since 1970 with a fraction.
type epoch time.Time

func (e epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Time(e).UnixMilli()) / 1000)
}

func (h *Handler) body(w Workspace) workspaceBody {
	return workspaceBody{
		Alias: w.Alias, ARN: w.ARN, CreatedAt: epoch(w.Created), KMSKeyARN: w.KMSKeyARN,
		Status: statusBody{w.Status(h.Book.o.Clock())}, Tags: w.Tags, WorkspaceID: w.ID,
	}
}
