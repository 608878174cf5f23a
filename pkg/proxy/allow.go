package proxy

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Group is a part of a workspace's API that callers are let through to.
type Group string

// The groups. The set is closed.
const (
	Read         Group = "read"         // queries, series, labels, metadata
	Write        Group = "write"        // remote write
	Rules        Group = "rules"        // rules and alerts as the ruler sees them, to look at
	Alertmanager Group = "alertmanager" // Alertmanager's API v2, silences included
)

// Groups are all that there are.
var Groups = []Group{Read, Write, Rules, Alertmanager}

// ParseGroups reads names of groups, each once.
func ParseGroups(names []string) ([]Group, error) {
	var groups []Group
	for _, name := range names {
		g := Group(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(Groups, g) {
			return nil, fmt.Errorf("%q is none of read, write, rules, alertmanager", name)
		}
		if !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("nothing is allowed: want some of read, write, rules, alertmanager")
	}
	return groups, nil
}

// route is what a path means; its name is the label of metrics and logs, so
// there are few of them whatever callers send.
type route struct {
	name  string
	group Group
	verbs []string
}

var (
	get     = []string{http.MethodGet}
	post    = []string{http.MethodPost}
	getPost = []string{http.MethodGet, http.MethodPost}
)

// routes is the data plane of AMP (user guide, "Prometheus-compatible APIs"),
// by the path below the workspace.
var routes = func() map[string]route {
	table := map[string]route{}
	for _, r := range []struct {
		prefix string
		routes []route
	}{
		{"api/v1/", []route{
			{"query", Read, getPost},
			{"query_range", Read, getPost},
			{"labels", Read, getPost},
			{"series", Read, getPost},
			{"metadata", Read, get},
			{"remote_write", Write, post},
			{"rules", Rules, get},
			{"alerts", Rules, get},
		}},
		{"alertmanager/api/v2/", []route{
			{"status", Alertmanager, get},
			{"alerts", Alertmanager, getPost},
			{"alerts/groups", Alertmanager, get},
			{"receivers", Alertmanager, get},
			{"silences", Alertmanager, getPost},
		}},
	} {
		for _, one := range r.routes {
			path := r.prefix + one.name
			if one.group == Alertmanager {
				one.name = "alertmanager/" + one.name
			}
			table[path] = one
		}
	}
	return table
}()

var (
	labelValues = route{"label_values", Read, get}
	silence     = route{"alertmanager/silence", Alertmanager, []string{http.MethodGet, http.MethodDelete}}
	silencePath = regexp.MustCompile(`^alertmanager/api/v2/silence/[0-9A-Za-z-]{1,64}$`)
)

// find knows the route of a path below the workspace, given as it was sent:
// escaped. A path with an escape in it is none of AMP's.
func find(path string) (route, bool) {
	if r, ok := routes[path]; ok {
		return r, true
	}
	if silencePath.MatchString(path) {
		return silence, true
	}
	if below, ok := strings.CutPrefix(path, "api/v1/"); ok && strings.HasPrefix(below, "label/") && amp.Allowed(http.MethodGet, below) {
		return labelValues, true
	}
	return route{}, false
}

// admit finds the route of a request, or says why it is not let through.
func (p *Proxy) admit(r *http.Request) (path string, _ route, _ *refusal) {
	path = strings.TrimPrefix(r.URL.EscapedPath(), "/")
	// Whoever comes from another signing proxy has the workspace in the path.
	path = strings.TrimPrefix(path, p.below)
	found, ok := find(path)
	switch {
	case !ok:
		return "", route{}, &refusal{status: http.StatusNotFound, outcome: refused, message: "not a path of AMP's API: the workspace's paths begin at api/v1/ or alertmanager/api/v2/"}
	case !slices.Contains(found.verbs, r.Method):
		return "", found, &refusal{status: http.StatusMethodNotAllowed, outcome: refused, allow: found.verbs, message: fmt.Sprintf("AMP takes %s here, not %q", strings.Join(found.verbs, " or "), r.Method)}
	case !slices.Contains(p.config.Allow, found.group):
		return "", found, &refusal{status: http.StatusForbidden, outcome: refused, message: fmt.Sprintf("this proxy does not let through to %s: start it with %q among the groups that are allowed", found.name, found.group)}
	}
	return path, found, nil
}
