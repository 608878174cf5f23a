package main

import (
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator"
)

// controls let a walk arrange what it needs, below a path of their own.
func (g *grafana) controls(mux *http.ServeMux) {
	mux.HandleFunc("POST /test/reset", g.controlReset)
	mux.HandleFunc("GET /test/state", g.controlState)
	mux.HandleFunc("POST /test/datasource", g.controlDataSource)
	mux.HandleFunc("POST /test/role", g.controlRole)
	mux.HandleFunc("POST /test/forbid", g.controlForbid)
	mux.HandleFunc("POST /test/fault", g.controlFault)
}

// controlReset makes everything as it was at the start.
func (g *grafana) controlReset(w http.ResponseWriter, r *http.Request) {
	if err := g.reset(); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	g.controlState(w, r)
}

type workspaceState struct {
	ID     string `json:"id"`
	Alias  string `json:"alias"`
	ARN    string `json:"arn"`
	URL    string `json:"url"`
	Status string `json:"status"`
}

type requestState struct {
	Plane  emulator.Plane `json:"plane"`
	Action string         `json:"action"`
	Path   string         `json:"path"`
	Status int            `json:"status"`
	Times  int            `json:"times"`
}

// controlState tells what there is, and what was asked since the last reset. The
// secret is good for this emulator only.
func (g *grafana) controlState(w http.ResponseWriter, _ *http.Request) {
	c := g.cloud
	var state struct {
		Region       string            `json:"region"`
		Account      string            `json:"account"`
		Workspaces   []workspaceState  `json:"workspaces"`
		PodRole      string            `json:"podRole"`
		AssumedRole  string            `json:"assumedRole"`
		AccessKey    map[string]string `json:"accessKey"`
		Requests     []requestState    `json:"requests"`
		ForeignHosts []string          `json:"foreignHosts"`
	}
	state.Region, state.Account = c.Region(), c.AccountID()
	for _, ws := range c.Workspaces("") {
		state.Workspaces = append(state.Workspaces, workspaceState{ws.ID, ws.Alias, ws.ARN, workspaceURL(ws.ID), string(ws.Status(time.Now()))})
	}
	state.PodRole, state.AssumedRole = c.pod.ARN, c.assumed.ARN
	state.AccessKey = map[string]string{"id": c.key.ID, "secret": c.key.Secret}
	g.mu.Lock()
	before := g.before
	g.mu.Unlock()
	for call, times := range c.Counts() {
		if n := times - before[call]; n > 0 {
			state.Requests = append(state.Requests, requestState{call.Plane, call.Action, call.Path, call.Status, n})
		}
	}
	state.ForeignHosts = c.proxy.refusals()
	answer(w, http.StatusOK, state)
}

// controlDataSource stores a data source as provisioning or an older version may
// have done, without the rules of the API.
func (g *grafana) controlDataSource(w http.ResponseWriter, r *http.Request) {
	ds := &dataSource{UID: "amp", Name: "AMP", IsDefault: true}
	if !read(w, r, ds) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.sources, ds.UID)
	g.put(ds)
	answer(w, http.StatusOK, ds)
}

// controlRole makes whoever asks an Admin, an Editor or a Viewer.
func (g *grafana) controlRole(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Role string }
	if !read(w, r, &sent) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.role = sent.Role
	answer(w, http.StatusOK, sent)
}

// controlForbid takes actions away from all identities, and gives the rest back.
func (g *grafana) controlForbid(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Actions []string }
	if !read(w, r, &sent) {
		return
	}
	if err := g.cloud.permit(sent.Actions...); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, http.StatusOK, sent)
}

// controlFault makes AMP answer with a status from now on.
func (g *grafana) controlFault(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		// Plane is the part that fails: data when empty.
		Plane emulator.Plane
		// Path narrows it to paths that contain this.
		Path    string
		Status  int
		Body    string
		DelayMS int64
	}
	if !read(w, r, &sent) {
		return
	}
	fault := emulator.Fault{On: sent.Plane, Status: sent.Status, Body: sent.Body, Delay: time.Duration(sent.DelayMS) * time.Millisecond}
	fault.Match = func(r *http.Request) bool { return strings.Contains(r.URL.Path, sent.Path) }
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mend = append(g.mend, g.cloud.Inject(math.MaxInt, fault))
	answer(w, http.StatusOK, sent)
}
