package eks

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

var clusterName = regexp.MustCompile(`^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$`)

// Guard proves who sent a request and decides what they may do. Errors are
// *awserr.Error.
type Guard interface {
	// Verify checks the signature for service eks.
	Verify(r *http.Request) (iam.Principal, error)
	Authorize(ctx context.Context, p iam.Principal, action, resource string, c iam.Conditions) error
}

// Handler answers /clusters… and /tags/<ARN of EKS>.
type Handler struct {
	Book  *Book
	Guard Guard
	// RoleExists tells whether a role of an account is there.
	RoleExists func(arn string) bool
	// Logger hears of faults of the service itself; nobody when nil.
	Logger *slog.Logger
}

// operation is one of the API: it is named, authorised on a resource, and run.
type operation struct {
	action, resource string
	tags             map[string]string // of the resource
	run              func(*request) (any, error)
}

// request is one on its way.
type request struct {
	*http.Request
	who iam.Principal
	// cluster and id are of the path; empty where it has none.
	cluster, id string
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	awserr.Stamp(w.Header())
	body, err := h.answer(r)
	if err != nil {
		e := awserr.From(err)
		if errors.Is(e, awserr.Internal) && h.Logger != nil {
			h.Logger.ErrorContext(r.Context(), "eks failed", "err", err)
		}
		awserr.WriteREST(w, e)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that has gone is not an error of ours
}

func (h *Handler) answer(r *http.Request) (any, error) {
	who, err := h.Guard.Verify(r)
	if err != nil {
		return nil, err
	}
	q := &request{Request: r, who: who}
	op, ok := h.route(q)
	if !ok {
		return nil, awserr.New(awserr.BadRequest, "the emulator does not offer this operation")
	}
	c := iam.Conditions{}
	for k, v := range op.tags {
		c["aws:ResourceTag/"+k] = []string{v}
	}
	if err := h.Guard.Authorize(r.Context(), who, "eks:"+op.action, op.resource, c); err != nil {
		return nil, err
	}
	if q.cluster != "" && !h.mayKnow(q) {
		return nil, awserr.New(awserr.ResourceNotFound, "No cluster found for name: %s.", q.cluster)
	}
	return op.run(q)
}

// mayKnow reports whether the cluster is there, in the caller's account.
func (h *Handler) mayKnow(q *request) bool {
	for _, name := range h.Book.o.Clusters {
		if name == q.cluster {
			return q.who.Account == h.Book.o.Account
		}
	}
	return false
}

func (h *Handler) route(q *request) (op operation, ok bool) {
	if arn, found := strings.CutPrefix(q.URL.Path, "/tags/"); found {
		return h.routeTags(q, arn)
	}
	parts := strings.Split(strings.TrimPrefix(q.URL.Path, "/clusters"), "/")
	if len(parts) > 1 {
		q.cluster = parts[1]
	}
	if len(parts) > 2 && parts[2] != "pod-identity-associations" {
		return op, false
	}
	if len(parts) > 3 {
		q.id = parts[3]
	}
	cluster := h.Book.ClusterARN(q.cluster)
	association, _ := h.Book.get(q.cluster, q.id)
	one := h.Book.arn("podidentityassociation/" + q.cluster + "/" + q.id)
	switch q.Method + " " + map[int]string{1: "clusters", 2: "cluster", 3: "associations", 4: "association"}[len(parts)] {
	case "GET clusters":
		op = operation{"ListClusters", h.Book.ClusterARN("*"), nil, h.listClusters}
	case "GET cluster":
		op = operation{"DescribeCluster", cluster, nil, h.describeCluster}
	case "POST associations":
		op = operation{"CreatePodIdentityAssociation", cluster, nil, h.create}
	case "GET associations":
		op = operation{"ListPodIdentityAssociations", cluster, nil, h.list}
	case "GET association":
		op = operation{"DescribePodIdentityAssociation", one, association.Tags, h.describe}
	case "POST association":
		op = operation{"UpdatePodIdentityAssociation", one, association.Tags, h.update}
	case "DELETE association":
		op = operation{"DeletePodIdentityAssociation", one, association.Tags, h.delete}
	}
	return op, op.run != nil
}

func (h *Handler) routeTags(q *request, arn string) (op operation, ok bool) {
	association, ok := h.Book.byARN(arn)
	q.id = association.ID
	if !ok {
		q.id = ""
	}
	switch q.Method {
	case http.MethodPost:
		op = operation{"TagResource", arn, association.Tags, h.tag}
	case http.MethodDelete:
		op = operation{"UntagResource", arn, association.Tags, h.untag}
	case http.MethodGet:
		op = operation{"ListTagsForResource", arn, association.Tags, h.listTags}
	}
	return op, op.run != nil
}
