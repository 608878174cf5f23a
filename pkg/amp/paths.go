package amp

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// route is a path of the data plane with its verbs and the IAM action that
// allows it.
type route struct {
	action string
	verbs  []string
	query  bool // takes thresholds and a timeout
	plain  bool // of a plain Prometheus only; AMP does not offer it
}

var (
	read    = []string{http.MethodGet}
	readAny = []string{http.MethodPost, http.MethodGet}
)

// routes is all that is ever asked for below api/v1. Writing has its own
// package (pkg/remotewrite).
var routes = map[string]route{
	"query":           {action: "aps:QueryMetrics", verbs: readAny, query: true},
	"query_range":     {action: "aps:QueryMetrics", verbs: readAny, query: true},
	"labels":          {action: "aps:GetLabels", verbs: readAny},
	"series":          {action: "aps:GetSeries", verbs: readAny},
	"metadata":        {action: "aps:GetMetricMetadata", verbs: read},
	"rules":           {action: "aps:ListRules", verbs: read},
	"alerts":          {action: "aps:ListAlerts", verbs: read},
	"query_exemplars": {verbs: readAny, plain: true},
}

var (
	labelValues = route{action: "aps:GetLabels", verbs: read}
	labelName   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
)

func findRoute(path string) (route, bool) {
	if r, ok := routes[path]; ok {
		return r, true
	}
	name, isLabel := strings.CutPrefix(path, "label/")
	name, isValues := strings.CutSuffix(name, "/values")
	return labelValues, isLabel && isValues && labelName.MatchString(name)
}

// Allowed reports whether the client sends this verb ("" for its own choice) to
// this path below api/v1 at all.
func Allowed(method, path string) bool {
	r, ok := findRoute(path)
	return ok && (method == "" || slices.Contains(r.verbs, method))
}

// Action is the IAM action that allows a path below api/v1, "" for one that is
// not AMP's.
func Action(path string) string {
	if path == "remote_write" {
		return "aps:RemoteWrite"
	}
	r, _ := findRoute(path)
	return r.action
}
