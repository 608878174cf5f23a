package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// grafana is what Grafana is to the front end: its HTTP API and its files.
type grafana struct {
	root   string
	cloud  *cloud
	host   *pluginhost.Host
	config pluginhost.Grafana
	// meta is the plugin's own plugin.json.
	meta json.RawMessage

	mu      sync.Mutex
	sources map[string]*dataSource
	lastID  int64
	// role is the one of whoever asks: Admin, Editor or Viewer.
	role string
	// mend takes back the faults that were injected.
	mend []func()
	// before is what AWS had been asked before the last reset.
	before emulator.Counts
}

// awsSettings is [aws] of grafana.ini, which this plugin is passed.
var awsSettings = pluginhost.AWS{
	AllowedAuthProviders: []string{"default", "keys", "credentials", "ec2_iam_role", "grafana_assume_role"},
	ExternalID:           "grafana-e2e",
}

func startGrafana(ctx context.Context, o options, c *cloud) (*grafana, error) {
	meta, err := readJSON(filepath.Join(o.Root, "dist", "plugin.json"))
	if err != nil {
		return nil, fmt.Errorf("the front end is not built: %w: run 'npm run build'", err)
	}
	g := &grafana{root: o.Root, cloud: c, meta: meta, config: pluginhost.Grafana{
		PluginSection: map[string]string{"role_arn": c.pod.ARN, "web_identity_token_file": c.tokenFile},
		AWS:           &awsSettings,
	}}
	if err := g.reset(); err != nil {
		return nil, err
	}
	g.host, err = pluginhost.Start(ctx, pluginhost.Config{
		Path: o.Plugin, Env: append(g.config.Environment(), c.environment()...), Log: o.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: is it built? 'go tool mage backend'", err)
	}
	return g, nil
}

// Close stops the plugin.
func (g *grafana) Close() { g.host.Close() }

// reset makes everything as it was at the start.
func (g *grafana) reset() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, mend := range g.mend {
		mend()
	}
	g.mend, g.role, g.sources = nil, "Admin", map[string]*dataSource{}
	g.before = g.cloud.Counts()
	g.cloud.proxy.forget()
	g.put(&dataSource{
		UID: "amp", Name: "AMP", URL: workspaceURL(g.cloud.workspaces[0].ID), IsDefault: true,
		JSONData: json.RawMessage(`{"sigV4Region":"` + region + `","queryStatsEnabled":true,"defaultEditor":"code"}`),
	})
	return g.cloud.permit()
}

func (g *grafana) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/datasources/uid/{uid}", g.getDataSource)
	mux.HandleFunc("PUT /api/datasources/uid/{uid}", g.putDataSource)
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", g.health)
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", g.resource)
	mux.HandleFunc("POST /api/ds/query", g.query)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, r.Method+" "+r.URL.Path+" is not answered here")
	})
	g.controls(mux)
	g.pages(mux)
	return onlyHere(mux)
}

// onlyHere refuses what a page of another site may have sent, for nobody logs in
// here: requests that change something, and those for a name that was pointed at
// this machine.
func onlyHere(next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err != nil || !isLoopback(host) {
			refuse(w, http.StatusForbidden, "this is served to its own machine only, by a loopback address")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// asker is the role of whoever asks.
func (g *grafana) asker() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.role
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a page that has gone needs no answer
}

// maxBody is far more than a page sends.
const maxBody = 4 << 20

// read decodes a request's body, or answers what is wrong with it.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into); err != nil {
		refuse(w, http.StatusBadRequest, "bad request data: "+err.Error())
		return false
	}
	return true
}
