package plugin

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/amp"
)

const (
	// maxResourceBody is far more than an editor sends.
	maxResourceBody = 1 << 20
	// maxResourceAnswer bounds what is held in memory for an editor's list.
	maxResourceAnswer = 64 << 20
)

// resource is a path the editors may call.
type resource struct {
	verbs []string
	// admin is one for Admins, who set the data source up: it may not be usable yet.
	admin bool
	call  func(*DataSource, context.Context, resourceCall) (*backend.CallResourceResponse, error)
}

// resourceCall is a call that was found to be allowed.
type resourceCall struct {
	verb   string
	path   string // below api/v1
	params url.Values
	body   []byte
}

var (
	get     = []string{http.MethodGet}
	getPost = []string{http.MethodGet, http.MethodPost}
	post    = []string{http.MethodPost}
)

// resources is all there is. What is not in it is refused before anything is signed.
var resources = map[string]resource{
	"api/v1/labels":      {verbs: getPost, call: (*DataSource).forward},
	"api/v1/series":      {verbs: getPost, call: (*DataSource).forward},
	"api/v1/metadata":    {verbs: get, call: (*DataSource).forward},
	"api/v1/query":       {verbs: getPost, call: (*DataSource).forward},
	"api/v1/query_range": {verbs: getPost, call: (*DataSource).forward},
	"api/v1/rules":       {verbs: get, call: (*DataSource).rules},
	"suggestions":        {verbs: post, call: (*DataSource).suggestions},
	"workspaces":         {verbs: get, admin: true, call: (*DataSource).workspaces},
}

var labelValues = regexp.MustCompile(`^api/v1/label/[a-zA-Z_][a-zA-Z0-9_]*/values$`)

func findResource(path string) (resource, bool) {
	if labelValues.MatchString(path) {
		return resource{verbs: get, call: (*DataSource).forward}, true
	}
	r, ok := resources[path]
	return r, ok
}

// CallResource answers the query editor, the builder and variables.
func (d *DataSource) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	var resp *backend.CallResourceResponse
	p := guard(ctx, req.Path, func() (p part) {
		resp, p.err = d.resource(ctx, req)
		return p
	})
	if p.err != nil {
		resp = failure(p.err)
	} else if resp.Status == http.StatusOK {
		allowCaching(req, resp)
	}
	return sender.Send(resp)
}

func (d *DataSource) resource(ctx context.Context, req *backend.CallResourceRequest) (*backend.CallResourceResponse, error) {
	path, query, err := plainPath(req)
	if err != nil {
		return nil, err
	}
	r, ok := findResource(path)
	switch {
	case !ok:
		return nil, refuse(http.StatusNotFound, "there is no resource %q", path)
	case !slices.Contains(r.verbs, req.Method):
		return nil, refuse(http.StatusMethodNotAllowed, "%s is not offered for %s, only %s", req.Method, path, strings.Join(r.verbs, ", "))
	case len(req.Body) > maxResourceBody:
		return nil, refuse(http.StatusRequestEntityTooLarge, "the request's body is over %d bytes", maxResourceBody)
	case r.admin && !isAdmin(req.PluginContext):
		return nil, refuse(http.StatusForbidden, "%s is for Admins of Grafana only", path)
	case !r.admin && d.broken != nil:
		return nil, d.broken
	}
	call := resourceCall{verb: req.Method, path: strings.TrimPrefix(path, "api/v1/"), params: query, body: req.Body}
	return r.call(d, ctx, call)
}

func isAdmin(c backend.PluginContext) bool { return c.User != nil && c.User.Role == "Admin" }

// plainPath is the path without a leading slash, and the parameters of the URL.
// All paths are made of plain letters, so that one with anything encoded, or
// one that differs between the two places Grafana names it, is somebody's trick.
func plainPath(req *backend.CallResourceRequest) (string, url.Values, error) {
	path := strings.TrimPrefix(req.Path, "/")
	u, err := url.Parse(req.URL)
	if err != nil {
		return "", nil, refuse(http.StatusBadRequest, "the URL can't be read")
	}
	if u.IsAbs() || u.Host != "" || u.Opaque != "" || (u.Path != "" && strings.TrimPrefix(u.EscapedPath(), "/") != path) {
		return "", nil, refuse(http.StatusNotFound, "there is no resource %q", path)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, refuse(http.StatusBadRequest, "the URL's parameters can't be read")
	}
	return path, query, nil
}

// forward asks the service and passes its answer on.
func (d *DataSource) forward(ctx context.Context, c resourceCall) (*backend.CallResourceResponse, error) {
	if c.verb == http.MethodPost {
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the form can't be read")
		}
		for name, values := range form {
			c.params[name] = append(c.params[name], values...)
		}
	}
	return d.fetch(ctx, amp.Request{Method: c.verb, Path: c.path, Params: d.parameters(c.params)})
}

// known are the parameters of Prometheus' API and AMP's. Others stay here:
// among them could be those of a presigned URL, which compete with the
// signature in the header.
var known = map[string]bool{
	"query": true, "time": true, "start": true, "end": true, "step": true, "timeout": true, "limit": true,
	"lookback_delta": true, "stats": true, "match[]": true, "metric": true, "limit_per_metric": true,
	"type": true, "rule_name[]": true, "rule_group[]": true, "file[]": true, "exclude_alerts": true,
	"group_limit": true, "group_next_token": true,
	"max_samples_processed_warning_threshold": true, "max_samples_processed_error_threshold": true,
}

// parameters drops what is not known, and what the client adds itself: the
// front end sends the configured parameters too.
func (d *DataSource) parameters(in url.Values) url.Values {
	out := url.Values{}
	for name, values := range in {
		if known[name] && !d.settings.CustomQueryParameters.Has(name) {
			out[name] = values
		}
	}
	return out
}

// rules are read by the library to expand recording rules. A role that may not
// read them, or a server without, has none to expand.
func (d *DataSource) rules(ctx context.Context, c resourceCall) (*backend.CallResourceResponse, error) {
	resp, err := d.forward(ctx, c)
	if status := statusOf(err); err != nil && (status == http.StatusForbidden || status == http.StatusNotFound) {
		return jsonResponse(http.StatusOK, map[string]any{"status": "success", "data": map[string]any{"groups": []any{}}})
	}
	return resp, err
}

// refusal is a call that goes no further.
type refusal struct {
	status int
	text   string
}

func (r refusal) Error() string { return r.text }

func refuse(status int, format string, args ...any) error {
	return refusal{status, fmt.Sprintf(format, args...)}
}
