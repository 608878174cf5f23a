package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// dataSource is one as Grafana stores it and as its API shows it, secrets apart.
type dataSource struct {
	ID               int64             `json:"id"`
	UID              string            `json:"uid"`
	OrgID            int64             `json:"orgId"`
	Name             string            `json:"name"`
	Type             string            `json:"type"`
	Access           string            `json:"access"`
	URL              string            `json:"url"`
	User             string            `json:"user"`
	Database         string            `json:"database"`
	BasicAuth        bool              `json:"basicAuth"`
	BasicAuthUser    string            `json:"basicAuthUser"`
	WithCredentials  bool              `json:"withCredentials"`
	IsDefault        bool              `json:"isDefault"`
	JSONData         json.RawMessage   `json:"jsonData"`
	SecureJSONFields map[string]bool   `json:"secureJsonFields"`
	SecureJSONData   map[string]string `json:"secureJsonData,omitempty"` // only ever sent to Grafana
	Version          int               `json:"version"`
	ReadOnly         bool              `json:"readOnly"`

	secrets map[string]string
	updated time.Time
}

// put stores a data source, in place of the one with its uid. Secrets that are
// not sent anew stay: a page never sees them. The caller holds mu.
func (g *grafana) put(ds *dataSource) {
	ds.secrets = map[string]string{}
	if old, ok := g.sources[ds.UID]; ok {
		ds.ID, ds.Version = old.ID, old.Version+1
		maps.Copy(ds.secrets, old.secrets)
	} else {
		g.lastID++
		ds.ID, ds.Version = g.lastID, 1
	}
	maps.Copy(ds.secrets, ds.SecureJSONData)
	ds.SecureJSONData, ds.SecureJSONFields = nil, map[string]bool{}
	for name, value := range ds.secrets {
		if value != "" {
			ds.SecureJSONFields[name] = true
		}
	}
	if ds.Access == "" {
		ds.Access = "proxy"
	}
	if len(ds.JSONData) == 0 {
		ds.JSONData = json.RawMessage("{}")
	}
	ds.OrgID, ds.Type, ds.updated = 1, pluginhost.PluginID, time.Now()
	g.sources[ds.UID] = ds
}

// source finds a data source, or answers that there is none.
func (g *grafana) source(w http.ResponseWriter, uid string) (dataSource, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ds, ok := g.sources[uid]
	if !ok {
		refuse(w, http.StatusNotFound, "Data source not found")
		return dataSource{}, false
	}
	return *ds, true
}

func (g *grafana) getDataSource(w http.ResponseWriter, r *http.Request) {
	if !g.admin(w) {
		return
	}
	if ds, ok := g.source(w, r.PathValue("uid")); ok {
		answer(w, http.StatusOK, ds)
	}
}

func (g *grafana) putDataSource(w http.ResponseWriter, r *http.Request) {
	var sent dataSource
	if !g.admin(w) || !read(w, r, &sent) {
		return
	}
	old, ok := g.source(w, r.PathValue("uid"))
	switch {
	case !ok:
		return
	case old.ReadOnly:
		refuse(w, http.StatusForbidden, "Cannot update read-only data source")
		return
	case !isURL(sent.URL):
		refuse(w, http.StatusBadRequest, "Validation error, invalid URL: "+sent.URL)
		return
	}
	sent.UID, sent.ReadOnly = old.UID, false
	g.mu.Lock()
	g.put(&sent)
	g.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"id": sent.ID, "name": sent.Name, "message": "Datasource updated", "datasource": sent})
}

// admin answers others than Admins that they may not.
func (g *grafana) admin(w http.ResponseWriter) bool {
	if g.asker() == "Admin" {
		return true
	}
	refuse(w, http.StatusForbidden, "You'll need additional permissions to perform this action.")
	return false
}

var scheme = regexp.MustCompile(`^[^:]*://`)

// isURL is Grafana's own rule for what may be saved as a URL.
func isURL(text string) bool {
	if text != "" && !scheme.MatchString(text) {
		text = "http://" + text
	}
	_, err := url.Parse(text)
	return err == nil
}

// context is what Grafana sends with each call about a data source.
func (g *grafana) context(ds dataSource) (backend.PluginContext, error) {
	pc, err := g.config.Context(pluginhost.DataSource{
		UID: ds.UID, Name: ds.Name, URL: ds.URL, JSONData: ds.JSONData, Secure: ds.secrets, Updated: ds.updated,
	})
	if err != nil {
		return pc, err
	}
	role := g.asker()
	pc.User = &backend.User{Login: strings.ToLower(role), Role: role}
	pc.DataSourceInstanceSettings.ID = ds.ID
	return pc, nil
}
