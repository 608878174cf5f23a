package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const (
	dashboardsPerPage = "1000"
	elementsPerPage   = "100"
)

// ErrNoPlugin is for a Grafana that could not show what would be migrated.
var ErrNoPlugin = errors.New("this Grafana does not have the plugin " + TypeAmpkit + ": install it first, " +
	"and name it in [plugins] allow_loading_unsigned_plugins")

// CheckPlugin looks whether Grafana has loaded the plugin. Who may not ask gets
// a finding.
func (g *Grafana) CheckPlugin(ctx context.Context) ([]Finding, error) {
	_, err := g.do(ctx, http.MethodGet, "/api/plugins/"+TypeAmpkit+"/settings", nil)
	switch {
	case err == nil:
		return nil, nil
	case isStatus(err, http.StatusNotFound):
		return nil, ErrNoPlugin
	case isStatus(err, http.StatusForbidden):
		return []Finding{{Kind: KindCheck, What: "plugin " + TypeAmpkit, Reason: "whether Grafana has it could not be looked at: " + err.Error()}}, nil
	}
	return nil, err
}

// storedSource is a data source as the API shows it.
type storedSource struct {
	DataSource
	raw []byte
}

// dataSources reads those that matter, whole. Their secrets are never shown.
func (g *Grafana) dataSources(ctx context.Context) ([]storedSource, error) {
	var list []struct{ UID, Type string }
	if err := g.get(ctx, "/api/datasources", &list); err != nil {
		return nil, err
	}
	var out []storedSource
	for _, d := range list {
		if d.Type != TypeAmpkit && !isMoving(d.Type) {
			continue
		}
		raw, err := g.do(ctx, http.MethodGet, "/api/datasources/uid/"+url.PathEscape(d.UID), nil)
		if isStatus(err, http.StatusNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		root, err := parseJSON(newText(raw))
		if err != nil {
			return nil, err
		}
		if source, ok := sourceOf(root); ok {
			out = append(out, storedSource{source, raw})
		}
	}
	return out, nil
}

// Learn puts this Grafana's data sources into k, so that files can be rewritten
// that refer to them.
func (g *Grafana) Learn(ctx context.Context, k *Known) ([]Finding, error) {
	_, told, err := g.learn(ctx, k)
	return told, err
}

func (g *Grafana) learn(ctx context.Context, k *Known) ([]storedSource, []Finding, error) {
	told, err := g.recordingRules(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	sources, err := g.dataSources(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range sources {
		k.Add(s.DataSource)
	}
	return sources, told, nil
}

// recordingRules finds the data sources that rules of Grafana write into.
func (g *Grafana) recordingRules(ctx context.Context, k *Known) ([]Finding, error) {
	raw, err := g.do(ctx, http.MethodGet, "/api/v1/provisioning/alert-rules", nil)
	switch {
	case isStatus(err, http.StatusForbidden, http.StatusNotFound):
		return []Finding{{Kind: KindCheck, What: "recording rules of Grafana", Reason: "they could not be looked at (" + err.Error() +
			"): Grafana lets them write into type prometheus only"}}, nil
	case err != nil:
		return nil, err
	}
	d, err := Parse("alert-rules.json", raw)
	if err != nil {
		return nil, err
	}
	d.visit(k.recording)
	return nil, nil
}

// storedDashboard is a dashboard with where it is kept.
type storedDashboard struct {
	uid, title, folder string
	raw                []byte
	path               string // of the resource, for schema v2
	provisioned        string // "" if it can be saved
}

// everyPage reads a list page by page. How many a page holds is Grafana's to say,
// whatever is asked for, so the end is where a page has nothing new.
func everyPage[T any](read func(page string) ([]T, error), uid func(T) string) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for page := 1; ; page++ {
		found, err := read(strconv.Itoa(page))
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, item := range found {
			if !seen[uid(item)] {
				seen[uid(item)] = true
				all = append(all, item)
			}
		}
		if len(all) == before {
			return all, nil
		}
	}
}

// dashboardUIDs lists the uids of all dashboards, or of those in folders.
func (g *Grafana) dashboardUIDs(ctx context.Context, folders []string) ([]string, error) {
	q := url.Values{"type": {"dash-db"}, "limit": {dashboardsPerPage}, "folderUIDs": folders}
	return everyPage(func(page string) ([]string, error) {
		q.Set("page", page)
		var found []struct{ UID string }
		err := g.get(ctx, "/api/search?"+q.Encode(), &found)
		uids := make([]string, len(found))
		for i, d := range found {
			uids[i] = d.UID
		}
		return uids, err
	}, func(uid string) string { return uid })
}

var resourcePath = regexp.MustCompile(`/apis/dashboard\.grafana\.app/v2[a-z0-9]*/namespaces/[\w.-]+/dashboards/[\w.-]+`)

// dashboard reads one; ok is false when it was deleted meanwhile.
func (g *Grafana) dashboard(ctx context.Context, uid string) (d storedDashboard, ok bool, err error) {
	var answer struct {
		Dashboard json.RawMessage
		Meta      struct {
			Provisioned           bool
			ProvisionedExternalID string `json:"provisionedExternalId"`
			FolderUID             string `json:"folderUid"`
		}
	}
	err = g.get(ctx, "/api/dashboards/uid/"+url.PathEscape(uid), &answer)
	var refused *APIError
	switch {
	case isStatus(err, http.StatusNotFound):
		return d, false, nil
	case errors.As(err, &refused) && refused.Status == http.StatusNotAcceptable:
		return g.dashboardV2(ctx, uid, resourcePath.FindString(refused.Message))
	case err != nil:
		return d, false, err
	}
	if path, err := g.storedAsV2(ctx, uid); err != nil || path != "" {
		if err != nil {
			return d, false, err
		}
		return g.dashboardV2(ctx, uid, path)
	}
	d = storedDashboard{uid: uid, folder: answer.Meta.FolderUID, raw: answer.Dashboard}
	d.title = titleOf(answer.Dashboard)
	if answer.Meta.Provisioned {
		d.provisioned = "it is provisioned"
		if answer.Meta.ProvisionedExternalID != "" {
			d.provisioned += " from " + answer.Meta.ProvisionedExternalID
		}
	}
	return d, true, nil
}

// storedAsV2 gives the resource's path if a dashboard is kept in schema v2, else
// "". Grafana 12.4 answers the old request with a translation and would take it
// back as the dashboard; earlier ones have no such resources, later ones refuse.
func (g *Grafana) storedAsV2(ctx context.Context, uid string) (string, error) {
	namespace, err := g.namespace(ctx)
	if err != nil || namespace == "" {
		return "", err
	}
	path := func(version string) string {
		return "/apis/dashboard.grafana.app/" + version + "/namespaces/" + url.PathEscape(namespace) + "/dashboards/" + url.PathEscape(uid)
	}
	var v struct {
		Status struct {
			Conversion struct{ StoredVersion string }
		}
	}
	err = g.get(ctx, path("v1beta1"), &v)
	if isStatus(err, http.StatusNotFound, http.StatusForbidden) {
		return "", nil
	}
	if stored := v.Status.Conversion.StoredVersion; err == nil && strings.HasPrefix(stored, "v2") {
		return path(stored), nil
	}
	return "", err
}

// namespace is the organisation's name among Grafana's resources, "" in a
// Grafana that has none.
func (g *Grafana) namespace(ctx context.Context) (string, error) {
	g.once.Lock()
	defer g.once.Unlock()
	if g.settings == nil {
		var settings struct{ Namespace string }
		err := g.get(ctx, "/api/frontend/settings", &settings)
		if err != nil && !isStatus(err, http.StatusNotFound, http.StatusForbidden) {
			return "", err
		}
		g.settings = &settings.Namespace
	}
	return *g.settings, nil
}

// dashboardV2 reads a dashboard of schema v2 where Grafana says it is: the old
// API would turn it into the old schema.
func (g *Grafana) dashboardV2(ctx context.Context, uid, path string) (storedDashboard, bool, error) {
	if path == "" {
		return storedDashboard{}, false, fmt.Errorf("dashboard %s: Grafana does not say where it keeps this dashboard of schema v2", uid)
	}
	raw, err := g.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return storedDashboard{}, !isStatus(err, http.StatusNotFound), err
	}
	var v struct {
		Metadata struct{ Annotations map[string]string }
		Spec     struct{ Title string }
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return storedDashboard{}, false, err
	}
	d := storedDashboard{uid: uid, title: v.Spec.Title, raw: raw, path: path, folder: v.Metadata.Annotations["grafana.app/folder"]}
	if by := v.Metadata.Annotations["grafana.app/managedBy"]; by != "" {
		d.provisioned = "it is managed by " + by
	}
	return d, true, nil
}

func titleOf(raw []byte) string {
	var d struct{ Title string }
	_ = json.Unmarshal(raw, &d) // it has none then
	return d.Title
}

// element is a library panel.
type element struct {
	UID       string          `json:"uid"`
	Name      string          `json:"name"`
	FolderUID string          `json:"folderUid"`
	Kind      int             `json:"kind"`
	Version   json.RawMessage `json:"version"`
	Model     json.RawMessage `json:"model"`
}

func (g *Grafana) libraryPanels(ctx context.Context) ([]element, error) {
	q := url.Values{"kind": {"1"}, "perPage": {elementsPerPage}}
	return everyPage(func(page string) ([]element, error) {
		q.Set("page", page)
		var answer struct {
			Result struct{ Elements []element }
		}
		err := g.get(ctx, "/api/library-elements?"+q.Encode(), &answer)
		return answer.Result.Elements, err
	}, func(e element) string { return e.UID })
}
