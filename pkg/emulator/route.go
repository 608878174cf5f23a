package emulator

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/ec2"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/iamapi"
	"github.com/ampkit/ampkit/pkg/emulator/podidentity"
	"github.com/ampkit/ampkit/pkg/emulator/query"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
	"github.com/ampkit/ampkit/pkg/emulator/sts"
)

// Plane is a part of the emulator that clients talk to.
type Plane string

// The planes of the emulator.
const (
	DataPlane    Plane = "data"
	ControlPlane Plane = "control"
	STS          Plane = "sts"
	IAM          Plane = "iam"
	EC2          Plane = "ec2"
	EKS          Plane = "eks"
	PodIdentity  Plane = "podidentity" // the agent on a cluster's nodes
	other        Plane = "other"
)

// ServeHTTP answers one request, whatever its host.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.observe(w, r, func(w http.ResponseWriter, r *http.Request, c *call) {
		c.plane, c.path, c.workspace = classify(r)
		if c.path == "/" {
			c.plane, c.action = peek(r)
		}
		if e.faults.answer(w, r, c) {
			return
		}
		switch c.plane {
		case DataPlane:
			e.serveData(w, r, c)
		case IAM:
			e.identities.ServeHTTP(w, r)
		case EC2:
			e.network.ServeHTTP(w, r)
		case EKS:
			e.clusters.ServeHTTP(w, r)
		default:
			e.mux.ServeHTTP(w, r)
		}
	})
}

// eksTags are the tags of a resource of EKS; others are the workspaces'.
var eksTags = regexp.MustCompile(`^/tags/arn:[a-z-]+:eks:`)

// classify tells the planes apart, and for the data plane the path below
// /workspaces/<id>/ as it was sent.
func classify(r *http.Request) (plane Plane, path, workspace string) {
	escaped := r.URL.EscapedPath()
	rest, found := strings.CutPrefix(escaped, "/workspaces")
	switch {
	case escaped == "/clusters", strings.HasPrefix(escaped, "/clusters/"), eksTags.MatchString(r.URL.Path):
		return EKS, escaped, ""
	case strings.HasPrefix(escaped, "/tags/"):
		return ControlPlane, escaped, ""
	case escaped == "/":
		return STS, escaped, ""
	case escaped == podidentity.Path:
		return PodIdentity, escaped, ""
	case !found || rest != "" && rest[0] != '/':
		return other, escaped, ""
	}
	id, below, deeper := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if !deeper || controlplane.Owns(below) {
		return ControlPlane, escaped, id
	}
	return DataPlane, below, id
}

// routes are those of everything but the data plane, which reads its paths as
// they were sent and not as a mux would clean them.
func (e *Emulator) routes(tokens *sts.Service) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/{$}", tokens)
	control := &controlplane.Handler{Book: e.book, Guard: guard{e, "aps"}, DataPlane: e.dataPlaneURL, Policies: e.iam, Remove: e.remove}
	mux.Handle("/workspaces", control)
	mux.Handle("/workspaces/{id}", control)
	mux.Handle("/workspaces/{id}/", control)
	mux.Handle("/tags/", control)
	mux.Handle("GET "+podidentity.Path, &podidentity.Agent{
		Book: e.clusters.Book, Issuer: e.issuer, Store: e.iam, STS: tokens, Region: e.o.Region, Clock: e.o.Clock,
	})
	mux.Handle("/oidc/", http.StripPrefix("/oidc", e.issuer))
	if u, err := url.Parse(e.o.IssuerURL); err == nil && u.Path != "" && u.Path != "/oidc" {
		mux.Handle(u.Path+"/", http.StripPrefix(u.Path, e.issuer))
	}
	if e.o.FaultAPI {
		mux.Handle("/faults", &faultAPI{e: e})
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
	if e.iam.Partition() == "aws-cn" && strings.HasSuffix(r.Host, ".cn") {
		return "https://aps-workspaces." + e.o.Region + ".amazonaws.com.cn"
	}
	if strings.HasSuffix(r.Host, ".amazonaws.com") || strings.HasSuffix(r.Host, ".api.aws") {
		return "https://aps-workspaces." + e.o.Region + ".amazonaws.com"
	}
	return "http://" + r.Host
}

// guard is what a regional service needs of signatures and policies.
type guard struct {
	*Emulator
	service string
}

func (g guard) Verify(r *http.Request) (iam.Principal, error) {
	return g.verify(r, sigv4auth.Scope{Service: g.service, Regions: []string{g.o.Region}})
}

// verify also notes who it was.
func (e *Emulator) verify(r *http.Request, s sigv4auth.Scope) (iam.Principal, error) {
	p, err := e.verifier.Verify(r, s)
	callOf(r.Context()).principal = p.ARN
	return p, err
}

func (g guard) Authorize(ctx context.Context, p iam.Principal, action, resource string, conditions iam.Conditions) error {
	c := callOf(ctx)
	c.action = cmp.Or(c.action, action) // what is asked besides does not name the request
	return g.authorize(p, action, resource, conditions)
}

// peek tells which service of the query protocol a request at / is for, and
// which known action it names, and leaves the body for the service to read.
// What it can't read is left to STS to refuse.
func peek(r *http.Request) (Plane, string) {
	params, err := query.Params(r)
	if err != nil {
		return STS, ""
	}
	action := params.Get("Action")
	switch params.Get("Version") {
	case iamapi.Version:
		return IAM, known("iam", action, iamapi.Offers(action))
	case ec2.Version:
		return EC2, known("ec2", action, ec2.Offers(action))
	default:
		return STS, known("sts", action, sts.Offers(action))
	}
}

// known keeps what strangers send out of counters and logs.
func known(service, action string, offered bool) string {
	if !offered {
		return ""
	}
	return service + ":" + action
}
