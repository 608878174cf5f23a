package controlplane

import (
	"maps"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func (h *Handler) alias(r *http.Request, account, id string) (any, error) {
	var in struct {
		Alias *string `json:"alias"`
	}
	if err := decode(r, &in, "UpdateWorkspaceAlias"); err != nil {
		return nil, err
	}
	alias := strings.TrimSpace(text(in.Alias)) // none takes the alias away
	if utf8.RuneCountInString(alias) > maxAlias || in.Alias != nil && alias == "" {
		return nil, awserr.Invalid("the alias is not valid", awserr.Field{Name: "alias", Message: "must have 1 to 100 characters"})
	}
	return nil, h.Book.edit(account, id, func(w *Workspace) error {
		w.Alias = alias
		return nil
	})
}

// delete puts the workspace into DELETING: its samples are gone at once, and
// it itself a while later.
func (h *Handler) delete(_ *http.Request, account, id string) (any, error) {
	var deleted Workspace
	err := h.Book.edit(account, id, func(w *Workspace) error {
		w.Gone = h.Book.o.Clock().UTC().Add(h.Book.o.ActivateAfter)
		deleted = *w
		return nil
	})
	if err != nil {
		return nil, err
	}
	return nil, h.Remove(deleted)
}

type (
	tagsBody struct {
		Tags map[string]string `json:"tags"`
	}
	policyInput struct {
		PolicyDocument iam.Document `json:"policyDocument"`
		RevisionID     string       `json:"revisionId"`
	}
	policyBody struct {
		PolicyDocument iam.Document `json:"policyDocument,omitempty"`
		PolicyStatus   Status       `json:"policyStatus"`
		RevisionID     string       `json:"revisionId"`
	}
)

// tagOperation is about the tags of a workspace; nothing else has any here.
func (h *Handler) tagOperation(r *http.Request, arn string) (operation, bool) {
	id := arn[strings.LastIndex(arn, "/")+1:]
	ours := func(run func(*http.Request, string, string) (any, error)) func(*http.Request, string) (any, error) {
		return func(r *http.Request, account string) (any, error) {
			if arn != h.Book.ARN(account, id) {
				return nil, awserr.NotFound(resourceType, arn)
			}
			return run(r, account, id)
		}
	}
	switch r.Method {
	case http.MethodPost:
		return operation{"aps:TagResource", id, http.StatusOK, ours(h.tag)}, true
	case http.MethodDelete:
		return operation{"aps:UntagResource", id, http.StatusOK, ours(h.untag)}, true
	case http.MethodGet:
		return operation{"aps:ListTagsForResource", id, http.StatusOK, ours(h.listTags)}, true
	}
	return operation{}, false
}

func (h *Handler) tag(r *http.Request, account, id string) (any, error) {
	var in tagsBody
	if err := decode(r, &in, "TagResource"); err != nil {
		return nil, err
	}
	return struct{}{}, h.Book.edit(account, id, func(w *Workspace) error {
		maps.Copy(w.Tags, in.Tags)
		if bad := append(checkTags(in.Tags), checkTags(w.Tags)...); len(bad) > 0 {
			return awserr.Invalid("the tags are not valid", bad...)
		}
		return nil
	})
}

func (h *Handler) untag(r *http.Request, account, id string) (any, error) {
	return struct{}{}, h.Book.edit(account, id, func(w *Workspace) error {
		for _, k := range r.URL.Query()["tagKeys"] {
			delete(w.Tags, k)
		}
		return nil
	})
}

func (h *Handler) listTags(_ *http.Request, account, id string) (any, error) {
	w, err := h.owned(account, id)
	if w.Tags == nil {
		w.Tags = map[string]string{}
	}
	return tagsBody{w.Tags}, err
}

func (h *Handler) owned(account, id string) (Workspace, error) {
	w, ok := h.Book.Workspace(id)
	if !ok || w.Account != account {
		return Workspace{}, awserr.NotFound(resourceType, id)
	}
	return w, nil
}

// revision names a policy by its text.
func revision(d iam.Document) string { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(d)).String() }

// policy is the one that hangs on a workspace; if the caller names a revision,
// it must be that one.
func (h *Handler) policy(account, id, wanted string) (w Workspace, d iam.Document, err error) {
	if w, err = h.owned(account, id); err != nil {
		return w, d, err
	}
	d, _ = h.Policies.ResourcePolicy(w.ARN)
	if wanted != "" && (d == "" || wanted != revision(d)) {
		e := awserr.New(awserr.Conflict, "the revision of the policy is not the one given")
		e.ResourceID, e.ResourceType = id, resourceType
		return w, d, e
	}
	return w, d, nil
}

func (h *Handler) putPolicy(r *http.Request, account, id string) (any, error) {
	var in policyInput
	if err := decode(r, &in, "PutResourcePolicy"); err != nil {
		return nil, err
	}
	if err := iam.CheckResourcePolicy(in.PolicyDocument); err != nil {
		return nil, awserr.Invalid("the policy is not valid", awserr.Field{Name: "policyDocument", Message: awserr.From(err).Message})
	}
	w, old, err := h.policy(account, id, in.RevisionID)
	if err != nil {
		return nil, err
	}
	status := Status("UPDATING")
	if old == "" {
		status = Creating
	}
	return policyBody{"", status, revision(in.PolicyDocument)}, h.Policies.PutResourcePolicy(w.ARN, in.PolicyDocument)
}

func (h *Handler) describePolicy(_ *http.Request, account, id string) (any, error) {
	_, d, err := h.policy(account, id, "")
	if err == nil && d == "" {
		err = awserr.NotFound("policy", id)
	}
	return policyBody{d, Active, revision(d)}, err
}

func (h *Handler) deletePolicy(r *http.Request, account, id string) (any, error) {
	w, d, err := h.policy(account, id, r.URL.Query().Get("revisionId"))
	if err != nil {
		return nil, err
	}
	if d == "" {
		return nil, awserr.NotFound("policy", id)
	}
	return nil, h.Policies.PutResourcePolicy(w.ARN, "")
}
