package eks

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

type (
	associationInput struct {
		Namespace          string            `json:"namespace"`
		ServiceAccount     string            `json:"serviceAccount"`
		RoleARN            *string           `json:"roleArn"`
		ClientRequestToken string            `json:"clientRequestToken"`
		Tags               map[string]string `json:"tags"`
		DisableSessionTags *bool             `json:"disableSessionTags"`
		TargetRoleARN      *string           `json:"targetRoleArn"`
		Policy             *string           `json:"policy"`
	}
	associationBody struct {
		Association association `json:"association"`
	}
	association struct {
		AssociationARN     string            `json:"associationArn"`
		AssociationID      string            `json:"associationId"`
		ClusterName        string            `json:"clusterName"`
		CreatedAt          epoch             `json:"createdAt"`
		DisableSessionTags bool              `json:"disableSessionTags"`
		ExternalID         string            `json:"externalId,omitempty"`
		ModifiedAt         epoch             `json:"modifiedAt"`
		Namespace          string            `json:"namespace"`
		Policy             iam.Document      `json:"policy,omitempty"`
		RoleARN            string            `json:"roleArn"`
		ServiceAccount     string            `json:"serviceAccount"`
		Tags               map[string]string `json:"tags"`
		TargetRoleARN      string            `json:"targetRoleArn,omitempty"`
	}
	summary struct {
		AssociationARN string `json:"associationArn"`
		AssociationID  string `json:"associationId"`
		ClusterName    string `json:"clusterName"`
		Namespace      string `json:"namespace"`
		ServiceAccount string `json:"serviceAccount"`
	}
	summariesBody struct {
		Associations []summary `json:"associations"`
		NextToken    string    `json:"nextToken,omitempty"`
	}
)

// whole is an association as it is described; tags are an object even if empty.
func whole(a Association) associationBody {
	if a.Tags == nil {
		a.Tags = map[string]string{}
	}
	return associationBody{association{
		a.ARN, a.ID, a.Cluster, epoch(a.Created), a.DisableSessionTags, a.ExternalID, epoch(a.Modified),
		a.Namespace, a.Policy, a.RoleARN, a.ServiceAccount, a.Tags, a.TargetRoleARN,
	}}
}

var (
	kubernetesName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
	roleARN        = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/[\x21-\x7e]+$`)
)

func (q *request) decode(v any) error {
	// The body is what the verifier read: it is bounded and in memory.
	if err := json.NewDecoder(q.Body).Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return awserr.New(awserr.InvalidParameter, "the body is not the JSON of this request")
	}
	return nil
}

func (h *Handler) create(q *request) (any, error) {
	var in associationInput
	if err := q.decode(&in); err != nil {
		return nil, err
	}
	a := Association{
		Cluster: q.cluster, Namespace: in.Namespace, ServiceAccount: in.ServiceAccount, ClientToken: in.ClientRequestToken, Tags: in.Tags,
	}
	switch {
	case !kubernetesName.MatchString(a.Namespace) || len(a.Namespace) > 63:
		return nil, awserr.New(awserr.InvalidParameter, "namespace is not valid")
	case !kubernetesName.MatchString(a.ServiceAccount):
		return nil, awserr.New(awserr.InvalidParameter, "serviceAccount is not valid")
	case in.RoleARN == nil:
		return nil, awserr.New(awserr.InvalidParameter, "roleArn is required")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := h.apply(q, in, &a); err != nil {
		return nil, err
	}
	a, err := h.Book.create(a)
	return whole(a), err
}

// apply takes over what an update may change; the caller must be allowed to
// pass on the role.
func (h *Handler) apply(q *request, in associationInput, a *Association) error {
	if in.RoleARN != nil {
		if !roleARN.MatchString(*in.RoleARN) || strings.Split(*in.RoleARN, ":")[4] != q.who.Account {
			return awserr.New(awserr.InvalidParameter, "roleArn must be the ARN of a role of this account")
		}
		if err := h.Guard.Authorize(q.Context(), q.who, "iam:PassRole", *in.RoleARN, nil); err != nil {
			return err
		}
		if !h.RoleExists(*in.RoleARN) {
			return awserr.New(awserr.InvalidParameter, "Role provided in the request does not exist.")
		}
		a.RoleARN = *in.RoleARN
	}
	if in.DisableSessionTags != nil {
		a.DisableSessionTags = *in.DisableSessionTags
	}
	if in.TargetRoleARN != nil && *in.TargetRoleARN != a.TargetRoleARN {
		if *in.TargetRoleARN != "" && !roleARN.MatchString(*in.TargetRoleARN) {
			return awserr.New(awserr.InvalidParameter, "targetRoleArn must be the ARN of a role")
		}
		a.TargetRoleARN, a.ExternalID = *in.TargetRoleARN, ""
		if a.TargetRoleARN != "" {
			a.ExternalID = uuid.NewString()
		}
	}
	if in.Policy != nil {
		if a.Policy = iam.Document(*in.Policy); a.Policy != "" {
			if err := iam.CheckIdentityPolicy(a.Policy); err != nil {
				return awserr.New(awserr.InvalidParameter, "policy is not valid: %s", awserr.From(err).Message)
			}
		}
	}
	if a.Policy != "" && !a.DisableSessionTags {
		return awserr.New(awserr.InvalidParameter, "disableSessionTags must be true when a policy is used")
	}
	return nil
}

func (h *Handler) list(q *request) (any, error) {
	namespace, account := q.URL.Query().Get("namespace"), q.URL.Query().Get("serviceAccount")
	all := slices.DeleteFunc(h.Book.list(q.cluster), func(a Association) bool {
		return namespace != "" && a.Namespace != namespace || account != "" && a.ServiceAccount != account
	})
	all, next, err := page(q, all, func(a Association) string { return a.ID })
	out := summariesBody{Associations: []summary{}, NextToken: next}
	for _, a := range all {
		out.Associations = append(out.Associations, summary{a.ARN, a.ID, a.Cluster, a.Namespace, a.ServiceAccount})
	}
	return out, err
}

func (h *Handler) describe(q *request) (any, error) {
	a, err := h.Book.get(q.cluster, q.id)
	return whole(a), err
}

func (h *Handler) update(q *request) (any, error) {
	var in associationInput
	if err := q.decode(&in); err != nil {
		return nil, err
	}
	if in.RoleARN == nil && in.DisableSessionTags == nil && in.TargetRoleARN == nil && in.Policy == nil {
		return nil, awserr.New(awserr.InvalidParameter, "an update must change the role, the target role, the policy or disableSessionTags")
	}
	a, err := h.Book.get(q.cluster, q.id)
	if err != nil {
		return nil, err
	}
	if err := h.apply(q, in, &a); err != nil {
		return nil, err
	}
	a.Modified = h.Book.o.Clock().UTC()
	return whole(a), h.Book.edit(q.id, func(old *Association) { a.Tags = old.Tags; *old = a })
}

func (h *Handler) delete(q *request) (any, error) {
	a, err := h.Book.get(q.cluster, q.id)
	if err != nil {
		return nil, err
	}
	return whole(a), h.Book.associations.Update(func(all map[string]Association) error {
		delete(all, q.id)
		return nil
	})
}
