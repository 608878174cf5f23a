// Package grafanatest is a Grafana for tests: as much of its HTTP API as a
// migration needs, as Grafana 12.4 was seen to answer it.
package grafanatest

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
)

// Token is the only one that is known.
const Token = "glsa_test"

// pluginSettings is asked for to see whether the plugin is there.
const pluginSettings = "/api/plugins/grafana-ampkitprometheus-datasource/"

// Objects are things by uid.
type Objects map[string]map[string]any

// Grafana does what matters here: versions must match, secrets are kept when a
// data source is saved without them and never shown, provisioned things can't be
// saved, and the old API translates dashboards of schema v2. It knows no DELETE.
// Its fields may be changed between requests.
type Grafana struct {
	mu         sync.Mutex
	Sources    Objects
	Secrets    Objects
	Dashboards Objects
	V2         Objects
	Elements   Objects
	Rules      []any
	NoPlugin   bool
	// PageSize is the most that a page of a list holds, whatever was asked for;
	// 0 for as much as was asked for.
	PageSize int
	// Changes counts the requests that are no GET.
	Changes int
	// Cut is the change, from 1, at which the connection breaks; 0 for none.
	Cut int
	// After is true if the change is made before it breaks.
	After bool
}

const workspaceURL = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-5a1cbb6e-7d1f-4c6e-9a44-0d0b1f3a7c21"

// New holds some of everything.
func New() *Grafana {
	g := &Grafana{Sources: Objects{}, Secrets: Objects{}, Dashboards: Objects{}, V2: Objects{}, Elements: Objects{}}
	for uid, text := range map[string]string{
		"shop":    `{"name":"Shop","type":"prometheus","isDefault":true,"jsonData":{"sigV4Auth":true,"sigV4AuthType":"keys","manageAlerts":false,"x":1.50}}`,
		"old":     `{"name":"Old","type":"grafana-amazonprometheus-datasource","jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"plain":   `{"name":"Plain","type":"prometheus","jsonData":{}}`,
		"file":    `{"name":"File","type":"prometheus","readOnly":true,"jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"targets": `{"name":"Targets","type":"prometheus","jsonData":{"sigV4Auth":true,"manageAlerts":false}}`,
		"logs":    `{"name":"Logs","type":"loki","jsonData":{}}`,
	} {
		d := object(text)
		d["uid"], d["version"], d["url"], d["access"] = uid, 1, workspaceURL, "proxy"
		g.Sources[uid] = d
	}
	g.Secrets["shop"] = map[string]any{"sigV4AccessKey": "AKIA", "sigV4SecretKey": "hush"}
	panel := `{"datasource":{"type":"prometheus","uid":"%s"},"fieldConfig":{"min":0.10},"targets":[{"datasource":{"type":"prometheus","uid":"%s"},"expr":"up"}]}`
	for i, uid := range []string{"shop", "shop", "shop", "plain", "file", "targets"} {
		g.Dashboards[fmt.Sprintf("d%d", i)] = object(fmt.Sprintf(`{"title":"Dashboard %d","version":3,"panels":[`+panel+`]}`, i, uid, uid))
	}
	g.Dashboards["d2"]["provisioned"] = true
	g.V2["v2"] = object(`{"apiVersion":"dashboard.grafana.app/v2beta1","kind":"Dashboard","metadata":{"name":"v2","resourceVersion":"9","generation":4},
		"spec":{"title":"Second","elements":{"p":{"kind":"Panel","spec":{"data":{"kind":"QueryGroup","spec":{"queries":[{"kind":"PanelQuery","spec":
		{"query":{"kind":"DataQuery","group":"prometheus","datasource":{"name":"shop"},"spec":{"expr":"up"}}}}]}}}}}}}`)
	for i := range 150 {
		uid := fmt.Sprintf("e%03d", i)
		g.Elements[uid] = object(fmt.Sprintf(`{"uid":"%s","name":"Element %d","kind":1,"version":2,"folderUid":"f","model":{"datasource":{"type":"loki","uid":"logs"}}}`, uid, i))
	}
	g.Elements["e149"]["model"] = object(fmt.Sprintf(panel, "shop", "shop"))
	g.Rules = []any{object(`{"title":"Totals","record":{"metric":"m","target_datasource_uid":"targets"}}`)}
	for uid, d := range g.Dashboards {
		d["uid"] = uid
	}
	return g
}

func object(text string) map[string]any {
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err) // written here
	}
	return v
}

// ServeHTTP answers one request at a time.
func (g *Grafana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+Token {
		refuse(w, http.StatusUnauthorized, "Invalid API key")
		return
	}
	answer := httptest.NewRecorder()
	if r.Method == http.MethodGet {
		g.read(answer, r)
	} else {
		g.Changes++
		if g.Changes == g.Cut && !g.After {
			panic(http.ErrAbortHandler)
		}
		g.write(answer, r)
		if g.Changes == g.Cut {
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

func (g *Grafana) read(w http.ResponseWriter, r *http.Request) {
	path, uid := split(r.URL.EscapedPath())
	switch path {
	case pluginSettings:
		if g.NoPlugin {
			refuse(w, http.StatusNotFound, "Plugin not found, no installed plugin with that id")
			return
		}
		reply(w, map[string]any{})
	case "/api/":
		switch uid {
		case "datasources":
			reply(w, sorted(g.Sources))
		case "search":
			g.search(w, r.URL.Query())
		case "library-elements":
			g.list(w, r.URL.Query())
		}
	case "/api/frontend/":
		reply(w, map[string]any{"namespace": "default"})
	case "/api/v1/provisioning/":
		reply(w, g.Rules)
	case "/api/datasources/uid/":
		g.show(w, g.Sources, uid, func(d map[string]any) any {
			fields := map[string]any{}
			for key := range g.Secrets[uid] {
				fields[key] = true
			}
			d["secureJsonFields"] = fields
			d["typeLogoUrl"] = fmt.Sprintf("public/plugins/%v/img/logo.svg", d["type"])
			return d
		})
	case "/api/dashboards/uid/":
		if v2, ok := g.V2[uid]; ok { // translated, which must not be taken back
			reply(w, map[string]any{"dashboard": map[string]any{"title": "translated", "panels": []any{v2["spec"]}}, "meta": map[string]any{}})
			return
		}
		g.show(w, g.Dashboards, uid, func(d map[string]any) any {
			delete(d, "provisioned")
			return map[string]any{"dashboard": d, "meta": map[string]any{"folderUid": "f", "provisioned": g.Dashboards[uid]["provisioned"] == true, "provisionedExternalId": "d.json"}}
		})
	case "/api/library-elements/":
		g.show(w, g.Elements, uid, func(d map[string]any) any { return map[string]any{"result": d} })
	case "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/":
		stored := "v0alpha1"
		if _, ok := g.V2[uid]; ok {
			stored = "v2beta1"
		}
		reply(w, map[string]any{"status": map[string]any{"conversion": map[string]any{"storedVersion": stored}}})
	case "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/":
		g.show(w, g.V2, uid, func(d map[string]any) any { return d })
	default:
		if source, found := strings.CutPrefix(path, "/api/datasources/uid/"); found && uid == "health" {
			g.show(w, g.Sources, strings.Trim(source, "/"), func(map[string]any) any { return map[string]any{"status": "OK", "message": "answers"} })
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

func sorted(m Objects) []any {
	out := []any{}
	for _, key := range keys(m) {
		out = append(out, m[key])
	}
	return out
}

func keys(m Objects) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

func (g *Grafana) show(w http.ResponseWriter, of Objects, uid string, as func(map[string]any) any) {
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

func (g *Grafana) page(q url.Values, size string) (from, to int) {
	n, _ := strconv.Atoi(q.Get(size))
	if g.PageSize > 0 {
		n = min(n, g.PageSize)
	}
	p, _ := strconv.Atoi(q.Get("page"))
	return n * (p - 1), n * p
}

func (g *Grafana) search(w http.ResponseWriter, q url.Values) {
	found := []any{}
	for _, uid := range append(keys(g.Dashboards), keys(g.V2)...) {
		found = append(found, map[string]any{"uid": uid, "type": "dash-db"})
	}
	from, to := g.page(q, "limit")
	reply(w, found[min(from, len(found)):min(to, len(found))])
}

func (g *Grafana) list(w http.ResponseWriter, q url.Values) {
	all := sorted(g.Elements)
	from, to := g.page(q, "perPage")
	reply(w, map[string]any{"result": map[string]any{"totalCount": len(all), "elements": all[min(from, len(all)):min(to, len(all))]}})
}

func (g *Grafana) write(w http.ResponseWriter, r *http.Request) {
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
		g.save(w, g.Dashboards, fmt.Sprint(d["uid"]), d, http.StatusPreconditionFailed)
	case "PUT /apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/":
		old := g.V2[uid]
		if fmt.Sprint(objectOf(sent["metadata"])["resourceVersion"]) != fmt.Sprint(objectOf(old["metadata"])["resourceVersion"]) {
			refuse(w, http.StatusConflict, "the object has been modified")
			return
		}
		generation, _ := objectOf(old["metadata"])["generation"].(float64)
		sent["metadata"] = map[string]any{"name": uid, "resourceVersion": fmt.Sprint(generation + 100), "generation": generation + 1}
		g.V2[uid] = sent
		reply(w, sent)
	case "PATCH /api/library-elements/":
		g.save(w, g.Elements, uid, sent, http.StatusPreconditionFailed)
	default:
		refuse(w, http.StatusMethodNotAllowed, r.Method+" is not for this tool")
	}
}

func objectOf(v any) map[string]any { m, _ := v.(map[string]any); return m }

func (g *Grafana) writeSource(w http.ResponseWriter, uid string, sent map[string]any) {
	if g.Sources[uid]["readOnly"] == true {
		refuse(w, http.StatusForbidden, "Cannot update read-only data source")
		return
	}
	if secrets := objectOf(sent["secureJsonData"]); len(secrets) > 0 {
		g.Secrets[uid] = secrets
	}
	delete(sent, "secureJsonFields")
	delete(sent, "typeLogoUrl")
	g.save(w, g.Sources, uid, sent, http.StatusConflict)
}

// save replaces what is there if the version is the one that was read.
func (g *Grafana) save(w http.ResponseWriter, in Objects, uid string, sent map[string]any, conflict int) {
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
