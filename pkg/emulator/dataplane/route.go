package dataplane

import (
	"net/http"
	"slices"
	"strings"
)

// Endpoint names what a request to a workspace asks for.
type Endpoint string

// The endpoints of a workspace. The set is closed.
const (
	Query        Endpoint = "query"
	QueryRange   Endpoint = "query_range"
	Labels       Endpoint = "labels"
	LabelValues  Endpoint = "label_values"
	Series       Endpoint = "series"
	Metadata     Endpoint = "metadata"
	RemoteWrite  Endpoint = "remote_write"
	Rules        Endpoint = "rules"
	Alerts       Endpoint = "alerts"
	Alertmanager Endpoint = "alertmanager"
	// NotOffered is a path that Prometheus, Cortex or Alertmanager has and AMP
	// has not: 404 once the signature is good.
	NotOffered Endpoint = "not_offered"
)

// Route is what a path and a verb mean.
type Route struct {
	Endpoint Endpoint
	// Action is the IAM action that allows it; empty for NotOffered, which
	// nobody can be allowed.
	Action string
}

var (
	getPost = []string{http.MethodGet, http.MethodPost}
	get     = []string{http.MethodGet}
	post    = []string{http.MethodPost}
)

type row struct {
	verbs []string
	route Route
}

// api is the table "Data plane: path, verbs, permission" of AMP's user guide
// (AMP-APIReference-Prometheus-Compatible-Apis).
var api = map[string]row{
	"query":        {getPost, Route{Query, "aps:QueryMetrics"}},
	"query_range":  {getPost, Route{QueryRange, "aps:QueryMetrics"}},
	"labels":       {getPost, Route{Labels, "aps:GetLabels"}},
	"series":       {getPost, Route{Series, "aps:GetSeries"}},
	"metadata":     {get, Route{Metadata, "aps:GetMetricMetadata"}},
	"remote_write": {post, Route{RemoteWrite, "aps:RemoteWrite"}},
	"rules":        {get, Route{Rules, "aps:ListRules"}},
	"alerts":       {get, Route{Alerts, "aps:ListAlerts"}},
}

// alertmanager is its counterpart for Alertmanager's API v2.
var alertmanager = map[string]map[string]string{
	"status":        {http.MethodGet: "aps:GetAlertManagerStatus"},
	"alerts":        {http.MethodGet: "aps:ListAlertManagerAlerts", http.MethodPost: "aps:CreateAlertManagerAlerts"},
	"alerts/groups": {http.MethodGet: "aps:ListAlertManagerAlertGroups"},
	"receivers":     {http.MethodGet: "aps:ListAlertManagerReceivers"},
	"silences":      {http.MethodGet: "aps:ListAlertManagerSilences", http.MethodPost: "aps:PutAlertManagerSilences"},
}

// silence is one silence by its id.
var silence = map[string]string{
	http.MethodGet:    "aps:GetAlertManagerSilence",
	http.MethodDelete: "aps:DeleteAlertManagerSilence",
}

// notOffered are routes of Prometheus and Cortex that clients try. A name that
// ends in / stands for everything below it.
var notOffered = []string{
	"query_exemplars", "remote_read", "read", "write", "push", "format_query", "parse_query",
	"alertmanagers", "targets", "targets/metadata", "scrape_pools", "features", "notifications",
	"user_stats", "status/", "admin/", "rules/", "otlp/", "search/", "cardinality/",
}

// Match finds the route of a path below /workspaces/<id>/, given as it was
// sent: escaped. ok is false for anything that the service has no route for,
// a trailing slash or the wrong verb included; its front door answers those
// as if they were not signed.
func Match(method, path string) (route Route, ok bool) {
	if rest, found := strings.CutPrefix(path, "alertmanager/api/v2/"); found {
		return matchAlertmanager(method, rest)
	}
	rest, found := strings.CutPrefix(path, "api/v1/")
	if !found || !plain(rest) {
		return Route{}, false
	}
	if r, found := api[rest]; found {
		return r.route, slices.Contains(r.verbs, method)
	}
	if name, isLabel := strings.CutPrefix(rest, "label/"); isLabel {
		name, isValues := strings.CutSuffix(name, "/values")
		return Route{LabelValues, "aps:GetLabels"}, isValues && method == http.MethodGet && !strings.Contains(name, "/")
	}
	for _, n := range notOffered {
		if rest == n || strings.HasSuffix(n, "/") && strings.HasPrefix(rest, n) {
			return Route{Endpoint: NotOffered}, true
		}
	}
	return Route{}, false
}

func matchAlertmanager(method, path string) (Route, bool) {
	if !plain(path) {
		return Route{}, false
	}
	actions, found := alertmanager[path]
	if id, isSilence := strings.CutPrefix(path, "silence/"); isSilence && !strings.Contains(id, "/") {
		actions, found = silence, true
	}
	action, allowed := actions[method]
	return Route{Alertmanager, action}, found && allowed
}

// plain refuses what a router could read in two ways: empty and dotted
// segments, and slashes or dots in disguise.
func plain(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	lower := strings.ToLower(path)
	return !strings.Contains(lower, "%2f") && !strings.Contains(lower, "%2e") && !strings.Contains(path, `\`)
}
