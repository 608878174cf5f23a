package controlplane

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// Bounds and patterns of the service's model.
const (
	maxAlias       = 100
	maxTags        = 50
	maxTagKey      = 128
	maxTagValue    = 256
	maxPage        = 1000
	defaultPage    = 100
	maxWorkspaceID = 64
)

var (
	clientToken = regexp.MustCompile(`^[!-~]{1,64}$`)
	kmsKeyARN   = regexp.MustCompile(`^arn:aws[-a-z]*:kms:[-a-z0-9]+:[0-9]{12}:key/[-a-f0-9]+$`)
	tagText     = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	workspaceID = regexp.MustCompile(`[0-9A-Za-z]`)
)

type createInput struct {
	Alias       *string           `json:"alias"`
	ClientToken *string           `json:"clientToken"`
	KMSKeyARN   *string           `json:"kmsKeyArn"`
	Tags        map[string]string `json:"tags"`
}

func (in createInput) check() []awserr.Field {
	var bad []awserr.Field
	add := func(ok bool, name, message string) {
		if !ok {
			bad = append(bad, awserr.Field{Name: name, Message: message})
		}
	}
	if in.Alias != nil {
		n := utf8.RuneCountInString(strings.TrimSpace(*in.Alias))
		add(n >= 1 && n <= maxAlias, "alias", "must have 1 to 100 characters")
	}
	if in.ClientToken != nil {
		add(clientToken.MatchString(*in.ClientToken), "clientToken", "must have 1 to 64 characters and match [!-~]+")
	}
	if in.KMSKeyARN != nil {
		add(kmsKeyARN.MatchString(*in.KMSKeyARN), "kmsKeyArn", "must be the ARN of a KMS key")
	}
	return append(bad, checkTags(in.Tags)...)
}

func checkTags(tags map[string]string) []awserr.Field {
	var bad []awserr.Field
	add := func(ok bool, name, message string) {
		if !ok {
			bad = append(bad, awserr.Field{Name: name, Message: message})
		}
	}
	add(len(tags) <= maxTags, "tags", "must have at most 50 entries")
	for k, v := range tags {
		add(k != "" && utf8.RuneCountInString(k) <= maxTagKey && tagText.MatchString(k) && !strings.HasPrefix(strings.ToLower(k), "aws:"),
			"tags", "keys must have 1 to 128 allowed characters and not begin with aws:")
		add(utf8.RuneCountInString(v) <= maxTagValue && tagText.MatchString(v),
			"tags", "values must have at most 256 allowed characters")
	}
	return bad
}

// create makes a workspace for p, who must be allowed to tag it too if it is to
// have tags. Its id is not known yet: what allows tags on all workspaces counts.
func (h *Handler) create(p iam.Principal) func(*http.Request, string) (any, error) {
	return func(r *http.Request, account string) (any, error) {
		var in createInput
		if err := decode(r, &in, "CreateWorkspace"); err != nil {
			return nil, err
		}
		if bad := in.check(); len(bad) > 0 {
			return nil, awserr.Invalid("the request has members that are not valid", bad...)
		}
		if len(in.Tags) > 0 {
			if err := h.Guard.Authorize(r.Context(), p, "aps:TagResource", h.Book.ARN(account, "*"), nil); err != nil {
				return nil, err
			}
		}
		w, err := h.Book.Create(Workspace{
			Account: account, Alias: strings.TrimSpace(text(in.Alias)), KMSKeyARN: text(in.KMSKeyARN),
			Tags: in.Tags, ClientToken: text(in.ClientToken),
		})
		if err != nil {
			return nil, err
		}
		return createBody{w.ARN, w.KMSKeyARN, statusBody{w.Status(h.Book.o.Clock())}, w.Tags, w.ID}, nil
	}
}

// decode reads what the verifier has read: it is bounded and in memory.
func decode(r *http.Request, v any, operation string) error {
	if err := json.NewDecoder(r.Body).Decode(v); err != nil && r.ContentLength != 0 {
		e := awserr.Invalid("the body is not the JSON of a " + operation + " request")
		e.Reason = "CANNOT_PARSE"
		return e
	}
	return nil
}

func (h *Handler) describe(r *http.Request, account, id string) (any, error) {
	if len(id) > maxWorkspaceID || !workspaceID.MatchString(id) {
		return nil, awserr.Invalid("the workspace id is not valid", awserr.Field{Name: "workspaceId", Message: "must be a workspace id"})
	}
	w, ok := h.Book.Workspace(id)
	if !ok || w.Account != account {
		return nil, awserr.NotFound(resourceType, id)
	}
	b := h.body(w)
	b.PrometheusEndpoint = h.DataPlane(r) + "/workspaces/" + w.ID + "/"
	return describeBody{b}, nil
}

func (h *Handler) list(r *http.Request, account string) (any, error) {
	q := r.URL.Query()
	size := defaultPage
	if q.Has("maxResults") {
		n, err := strconv.Atoi(q.Get("maxResults"))
		if err != nil || n < 1 || n > maxPage {
			return nil, awserr.Invalid("maxResults is not valid", awserr.Field{Name: "maxResults", Message: "must be from 1 to 1000"})
		}
		size = n
	}
	all := h.Book.List(account, strings.TrimSpace(q.Get("alias")))
	page, next, err := query.Page(all, place, q.Get("nextToken"), size)
	if err != nil {
		return nil, awserr.Invalid("nextToken is not valid", awserr.Field{Name: "nextToken", Message: "was not given by this service"})
	}
	out := listBody{Workspaces: []workspaceBody{}, NextToken: next}
	for _, w := range page {
		out.Workspaces = append(out.Workspaces, h.body(w))
	}
	return out, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
