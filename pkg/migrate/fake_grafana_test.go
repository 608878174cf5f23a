package migrate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/migrate"
)

const token = "glsa_test"

// fakeGrafana is what Grafana 12.4 was seen to do: versions that must match,
// secrets that are kept when a data source is saved without them and never shown,
// provisioned things that can't be saved, dashboards of schema v2 that the old
// API translates. It knows no DELETE.
type fakeGrafana struct {
	mu         sync.Mutex
	sources    map[string]map[string]any
	secrets    map[string]map[string]any
	dashboards map[string]map[string]any
	v2         map[string]map[string]any
	elements   map[string]map[string]any
	rules      []any
	noPlugin   bool
	changes    int

	cut   int  // the change, from 1, at which the connection breaks; 0 for none
	after bool // … after it was made
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v), text)
	return v
}

const workspaceURL = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-5a1cbb6e-7d1f-4c6e-9a44-0d0b1f3a7c21"

// newFakeGrafana holds some of everything.
func newFakeGrafana(t *testing.T) *fakeGrafana {
	t.Helper()
	g := &fakeGrafana{
		sources: map[string]map[string]any{}, secrets: map[string]map[string]any{}, dashboards: map[string]map[string]any{},
		v2: map[string]map[string]any{}, elements: map[string]map[string]any{}, rules: []any{},
	}
	for uid, text := range map[string]string{
		"shop":    `{"name":"Shop","type":"prometheus","isDefault":true,"jsonData":{"sigV4Auth":true,"sigV4AuthType":"keys","manageAlerts":false,"x":1.50}}`,
		"old":     `{"name":"Old","type":"grafana-amazonprometheus-datasource","jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"plain":   `{"name":"Plain","type":"prometheus","jsonData":{}}`,
		"file":    `{"name":"File","type":"prometheus","readOnly":true,"jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"targets": `{"name":"Targets","type":"prometheus","jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"logs":    `{"name":"Logs","type":"loki","jsonData":{}}`,
	} {
		d := object(t, text)
		d["uid"], d["version"], d["url"], d["access"] = uid, 1, workspaceURL, "proxy"
		g.sources[uid] = d
	}
	g.secrets["shop"] = map[string]any{"sigV4AccessKey": "AKIA", "sigV4SecretKey": "hush"}
	panel := `{"datasource":{"type":"prometheus","uid":"%s"},"fieldConfig":{"min":0.10},"targets":[{"datasource":{"type":"prometheus","uid":"%s"},"expr":"up"}]}`
	for i, uid := range []string{"shop", "shop", "shop", "plain", "file", "targets"} {
		g.dashboards[fmt.Sprintf("d%d", i)] = object(t, fmt.Sprintf(`{"title":"Dashboard %d","version":3,"panels":[`+panel+`]}`, i, uid, uid))
	}
	g.dashboards["d2"]["provisioned"] = true
	g.v2["v2"] = object(t, `{"apiVersion":"dashboard.grafana.app/v2beta1","kind":"Dashboard","metadata":{"name":"v2","resourceVersion":"9","generation":4},
		"spec":{"title":"Second","elements":{"p":{"kind":"Panel","spec":{"data":{"kind":"QueryGroup","spec":{"queries":[{"kind":"PanelQuery","spec":
		{"query":{"kind":"DataQuery","group":"prometheus","datasource":{"name":"shop"},"spec":{"expr":"up"}}}}]}}}}}}}`)
	for i := range 150 {
		uid := fmt.Sprintf("e%03d", i)
		g.elements[uid] = object(t, fmt.Sprintf(`{"uid":"%s","name":"Element %d","kind":1,"version":2,"folderUid":"f","model":{"datasource":{"type":"loki","uid":"logs"}}}`, uid, i))
	}
	g.elements["e149"]["model"] = object(t, fmt.Sprintf(panel, "shop", "shop"))
	g.rules = []any{object(t, `{"title":"Totals","record":{"metric":"m","target_datasource_uid":"targets"}}`)}
	return g
}

// serve is reached under a path, as behind a proxy.
func (g *fakeGrafana) serve(t *testing.T) *migrate.Grafana {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/grafana", g))
	t.Cleanup(server.Close)
	client, err := migrate.NewGrafana(server.URL+"/grafana/", token, nil)
	require.NoError(t, err)
	return client
}

func (g *fakeGrafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+token {
		refuse(w, http.StatusUnauthorized, "Invalid API key")
		return
	}
	answer := httptest.NewRecorder()
	if r.Method == http.MethodGet {
		g.read(answer, r)
	} else {
		g.changes++
		if g.changes == g.cut && !g.after {
			panic(http.ErrAbortHandler)
		}
		g.write(answer, r)
		if g.changes == g.cut {
			panic(http.ErrAbortHandler)
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	reply(w, map[string]any{"message": message})
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (g *fakeGrafana) read(w http.ResponseWriter, r *http.Request) {
	path, uid := split(r.URL.EscapedPath())
	switch path {
	case "/api/plugins/" + migrate.TypeAmpkit + "/":
		if g.noPlugin {
			refuse(w, http.StatusNotFound, "Plugin not found, no installed plugin with that id")
			return
		}
		reply(w, map[string]any{})
	case "/api/":
		switch uid {
		case "datasources":
			reply(w, sorted(g.sources))
		case "search":
			g.search(w, r.URL.Query())
		case "library-elements":
			g.list(w, r.URL.Query())
		}
	case "/api/frontend/":
		reply(w, map[string]any{"namespace": "default"})
	case "/api/v1/provisioning/":
		reply(w, g.rules)
	case "/api/datasources/uid/":
		g.show(w, g.sources, uid, func(d map[string]any) any {
			fields := map[string]any{}
			for key := range g.secrets[uid] {
				fields[key] = true
			}
			d["secureJsonFields"] = fields
			return d
		})
	case "/api/dashboards/uid/":
		if v2, ok := g.v2[uid]; ok { // translated, which must not be taken back
			reply(w, map[string]any{"dashboard": map[string]any{"title": "translated", "panels": []any{v2["spec"]}}, "meta": map[string]any{}})
			return
		}
		g.show(w, g.dashboards, uid, func(d map[string]any) any {
			delete(d, "provisioned")
			return map[string]any{"dashboard": d, "meta": map[string]any{"folderUid": "f", "provisioned": g.dashboards[uid]["provisioned"] == true, "provisionedExternalId": "d.json"}}
		})
	case "/api/library-elements/":
		g.show(w, g.elements, uid, func(d map[string]any) any { return map[string]any{"result": d} })
	case "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/":
		stored := "v0alpha1"
		if _, ok := g.v2[uid]; ok {
			stored = "v2beta1"
		}
		reply(w, map[string]any{"status": map[string]any{"conversion": map[string]any{"storedVersion": stored}}})
	case "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/":
		g.show(w, g.v2, uid, func(d map[string]any) any { return d })
	default:
		if source, found := strings.CutPrefix(path, "/api/datasources/uid/"); found && uid == "health" {
			g.show(w, g.sources, strings.Trim(source, "/"), func(map[string]any) any { return map[string]any{"status": "OK", "message": "answers"} })
			return
		}
		refuse(w, http.StatusNotFound, "no such route "+r.URL.Path)
	}
}

func split(path string) (folder, last string) {
	at := strings.LastIndex(path, "/") + 1
	last, _ = url.PathUnescape(path[at:])
	return path[:at], last
}

func sorted(m map[string]map[string]any) []any {
	out := []any{}
	for _, key := range keys(m) {
		out = append(out, m[key])
	}
	return out
}

func keys(m map[string]map[string]any) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

func (g *fakeGrafana) show(w http.ResponseWriter, of map[string]map[string]any, uid string, as func(map[string]any) any) {
	d, ok := of[uid]
	if !ok {
		refuse(w, http.StatusNotFound, "not found")
		return
	}
	copied := map[string]any{}
	for k, v := range d {
		copied[k] = v
	}
	reply(w, as(copied))
}

func page(q url.Values, size string) (from, to int) {
	n, _ := strconv.Atoi(q.Get(size))
	p, _ := strconv.Atoi(q.Get("page"))
	return n * (p - 1), n * p
}

func (g *fakeGrafana) search(w http.ResponseWriter, q url.Values) {
	found := []any{}
	for _, uid := range append(keys(g.dashboards), keys(g.v2)...) {
		found = append(found, map[string]any{"uid": uid, "type": "dash-db"})
	}
	from, to := page(q, "limit")
	reply(w, found[min(from, len(found)):min(to, len(found))])
}

func (g *fakeGrafana) list(w http.ResponseWriter, q url.Values) {
	all := sorted(g.elements)
	from, to := page(q, "perPage")
	reply(w, map[string]any{"result": map[string]any{"totalCount": len(all), "elements": all[min(from, len(all)):min(to, len(all))]}})
}

func (g *fakeGrafana) write(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var sent map[string]any
	if json.Unmarshal(body, &sent) != nil {
		refuse(w, http.StatusBadRequest, "bad request data")
		return
	}
	path, uid := split(r.URL.EscapedPath())
	switch r.Method + " " + path {
	case "PUT /api/datasources/uid/":
		g.writeSource(w, uid, sent)
	case "POST /api/dashboards/":
		d, _ := sent["dashboard"].(map[string]any)
		g.save(w, g.dashboards, fmt.Sprint(d["uid"]), d, http.StatusPreconditionFailed)
	case "PUT /apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/":
		old := g.v2[uid]
		if fmt.Sprint(object2(sent["metadata"])["resourceVersion"]) != fmt.Sprint(object2(old["metadata"])["resourceVersion"]) {
			refuse(w, http.StatusConflict, "the object has been modified")
			return
		}
		generation, _ := object2(old["metadata"])["generation"].(float64)
		sent["metadata"] = map[string]any{"name": uid, "resourceVersion": fmt.Sprint(generation + 100), "generation": generation + 1}
		g.v2[uid] = sent
		reply(w, sent)
	case "PATCH /api/library-elements/":
		g.save(w, g.elements, uid, sent, http.StatusPreconditionFailed)
	default:
		refuse(w, http.StatusMethodNotAllowed, r.Method+" is not for this tool")
	}
}

func object2(v any) map[string]any { m, _ := v.(map[string]any); return m }

func (g *fakeGrafana) writeSource(w http.ResponseWriter, uid string, sent map[string]any) {
	if g.sources[uid]["readOnly"] == true {
		refuse(w, http.StatusForbidden, "Cannot update read-only data source")
		return
	}
	if secrets := object2(sent["secureJsonData"]); len(secrets) > 0 {
		g.secrets[uid] = secrets
	}
	delete(sent, "secureJsonFields")
	g.save(w, g.sources, uid, sent, http.StatusConflict)
}

// save replaces what is there if the version is the one that was read.
func (g *fakeGrafana) save(w http.ResponseWriter, in map[string]map[string]any, uid string, sent map[string]any, conflict int) {
	old, ok := in[uid]
	if !ok {
		refuse(w, http.StatusNotFound, "not found")
		return
	}
	if fmt.Sprint(old["version"]) != fmt.Sprint(sent["version"]) {
		refuse(w, conflict, "the version does not match")
		return
	}
	version, _ := strconv.Atoi(fmt.Sprint(old["version"]))
	sent["version"] = version + 1
	in[uid] = sent
	reply(w, map[string]any{"version": version + 1})
}
