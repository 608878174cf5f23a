package emulator

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// Plane is a part of the emulator that clients talk to.
type Plane string

// The planes of the emulator.
const (
	DataPlane    Plane = "data"
	ControlPlane Plane = "control"
	STS          Plane = "sts"
	other        Plane = "other"
)

// ServeHTTP answers one request, whatever its host.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.observe(w, r, func(w http.ResponseWriter, r *http.Request, c *call) {
		c.plane, c.path, c.workspace = classify(r)
		if e.faults.answer(w, r, c.plane) {
			return
		}
		switch c.plane {
		case DataPlane:
			e.serveData(w, r, c)
		case STS:
			c.action = peekAction(r)
			fallthrough
		default:
			e.mux.ServeHTTP(w, r)
		}
	})
}

// classify tells the planes apart, and for the data plane the path below
// /workspaces/<id>/ as it was sent.
func classify(r *http.Request) (plane Plane, path, workspace string) {
	escaped := r.URL.EscapedPath()
	rest, found := strings.CutPrefix(escaped, "/workspaces")
	switch {
	case escaped == "/":
		return STS, escaped, ""
	case !found || rest != "" && rest[0] != '/':
		return other, escaped, ""
	}
	id, below, deeper := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if !deeper {
		return ControlPlane, escaped, id
	}
	return DataPlane, below, id
}

// routes are those of everything but the data plane, which reads its paths as
// they were sent and not as a mux would clean them.
func (e *Emulator) routes(tokens http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/{$}", tokens)
	control := &controlplane.Handler{Book: e.book, Guard: guard{e}, DataPlane: e.dataPlaneURL}
	mux.Handle("/workspaces", control)
	mux.Handle("/workspaces/{id}", control)
	mux.Handle("/oidc/", http.StripPrefix("/oidc", e.issuer))
	if u, err := url.Parse(e.o.IssuerURL); err == nil && u.Path != "" && u.Path != "/oidc" {
		mux.Handle(u.Path+"/", http.StripPrefix(u.Path, e.issuer))
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"status":"ok"}`+"\n")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		awserr.WriteDataPlane(w, awserr.NotSigned())
	})
	return mux
}

// dataPlaneURL is where a client of the control plane finds its workspaces: at
// the real name if it came by one (in-process), else at the host it asked.
func (e *Emulator) dataPlaneURL(r *http.Request) string {
	if strings.HasSuffix(r.Host, ".amazonaws.com") || strings.HasSuffix(r.Host, ".api.aws") {
		return "https://aps-workspaces." + e.o.Region + ".amazonaws.com"
	}
	return "http://" + r.Host
}

// guard is what the control plane needs of signatures and policies.
type guard struct{ *Emulator }

func (g guard) Verify(r *http.Request) (iam.Principal, error) {
	p, err := g.verifier.Verify(r, sigv4auth.Scope{Service: "aps", Regions: []string{g.o.Region}})
	if c := callOf(r); c != nil {
		c.principal = p.ARN
	}
	return p, err
}

func (g guard) Authorize(p iam.Principal, action, resource string, conditions iam.Conditions) error {
	return g.authorize(p, action, resource, conditions)
}

// peekAction reads the action of an STS request, for counters and the log, and
// puts the body back. More than STS would read is left to it to refuse.
func peekAction(r *http.Request) string {
	if action := r.URL.Query().Get("Action"); action != "" {
		return known(action)
	}
	if r.Body == nil {
		return ""
	}
	const most = 128 << 10
	head, err := io.ReadAll(io.LimitReader(r.Body, most))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(string(head)), r.Body), r.Body}
	form, formErr := url.ParseQuery(string(head))
	if err != nil || formErr != nil {
		return ""
	}
	return known(form.Get("Action"))
}

// known keeps what strangers send out of counters and logs.
func known(action string) string {
	switch action {
	case "AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity":
		return "sts:" + action
	}
	return ""
}
