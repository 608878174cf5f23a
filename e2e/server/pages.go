package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

const pluginFiles = "/public/plugins/" + pluginhost.PluginID + "/"

// pages serves the page, the built plugin, and the icons of the shared packages.
func (g *grafana) pages(mux *http.ServeMux) {
	images := filepath.Join(g.root, "node_modules", "@grafana", "ui", "dist", "public", "img")
	for prefix, dir := range map[string]string{
		"/page/":             filepath.Join(g.root, "node_modules", ".cache", "ampkit-e2e"),
		pluginFiles:          filepath.Join(g.root, "dist"),
		"/build/img/":        images,
		"/public/build/img/": images,
		"/public/img/":       images,
	} {
		mux.Handle("GET "+prefix, http.StripPrefix(prefix, http.FileServer(http.Dir(dir))))
	}
	mux.HandleFunc("GET /boot.js", g.boot)
	// The page itself looks at the address.
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(g.root, "e2e", "page", "index.html"))
	})
}

// boot is what Grafana puts into its page for the shared packages to read.
func (g *grafana) boot(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	sources := map[string]any{}
	for _, ds := range g.sources {
		sources[ds.Name] = map[string]any{
			"id": ds.ID, "uid": ds.UID, "type": ds.Type, "name": ds.Name, "isDefault": ds.IsDefault, "access": ds.Access,
			"url": "/api/datasources/proxy/uid/" + ds.UID, "meta": g.meta, "jsonData": ds.JSONData, "readOnly": ds.ReadOnly, "preload": false,
		}
	}
	role := g.role
	g.mu.Unlock()
	here := "http://" + r.Host + "/"
	raw, err := json.Marshal(map[string]any{
		"assets":  map[string]string{"dark": "", "light": ""},
		"navTree": []string{},
		"user": map[string]any{
			"id": 1, "orgId": 1, "orgRole": role, "isSignedIn": true, "theme": "dark", "locale": "en-US", "timezone": "utc", "permissions": map[string]bool{},
		},
		"settings": map[string]any{
			"appUrl": here, "appSubUrl": "", "featureToggles": map[string]bool{}, "panels": map[string]any{}, "apps": map[string]any{},
			"buildInfo":                 map[string]string{"version": "13.1.1", "env": "production", "edition": "Open Source"},
			"datasources":               sources,
			"defaultDatasource":         "AMP",
			"pluginAdminEnabled":        false,
			"awsAllowedAuthProviders":   awsSettings.AllowedAuthProviders,
			"awsAssumeRoleEnabled":      !awsSettings.AssumeRoleDisabled,
			"secureSocksDSProxyEnabled": false,
		},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(append([]byte("window.grafanaBootData = "), raw...), ";\n"...)) // a page that has gone needs none
}

func readJSON(path string) (json.RawMessage, error) {
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, new(json.RawMessage))
	}
	return raw, err
}
