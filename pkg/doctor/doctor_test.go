package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/emulator"
)

var everything = append(append([]string{"aps:DescribeWorkspace"}, emulator.ReadActions...), emulator.WriteActions...)

func TestHealthy(t *testing.T) {
	w := newWorld(t)
	w.as(t, everything...)
	r := Run(t.Context(), w.options(t))
	require.Equal(t, Passed, r.Outcome)
	w.golden(t, "healthy.txt", text(t, r, false))
	require.Equal(t, "Workspace "+w.workspace.ID+" in us-east-1 answers.", r.Verdict())
	require.Zero(t, w.Counts().Data("api/v1/remote_write", http.StatusOK), "nothing is written")
	require.Equal(t, 1, w.Counts().Data("api/v1/remote_write", http.StatusBadRequest))

	o := w.options(t)
	o.For = ForIngest
	require.Equal(t, "✓credentials ✓identity ✓dns ✓tls ✓clock ✓workspace ✓write", outcomes(Run(t.Context(), o)))
	o.For = ""
	require.Equal(t, "✓credentials ✓identity ✓dns ✓tls ✓clock ✓workspace ✓query ✓labels ✓series ✓metadata", outcomes(Run(t.Context(), o)))
}

// TestEachActionMissing: what lacks is named with action, ARN and whose it is,
// and nothing else fails for it.
func TestEachActionMissing(t *testing.T) {
	for action, name := range map[string]Name{
		"aps:QueryMetrics": Query, "aps:GetLabels": Labels, "aps:GetSeries": Series,
		"aps:GetMetricMetadata": Metadata, "aps:RemoteWrite": Write, "aps:DescribeWorkspace": Workspace,
	} {
		t.Run(action, func(t *testing.T) {
			w := newWorld(t)
			var rest []string
			for _, a := range everything {
				if a != action {
					rest = append(rest, a)
				}
			}
			w.as(t, rest...)
			r := Run(t.Context(), w.options(t))
			c, ok := r.Check(name)
			require.True(t, ok)
			require.Equal(t, action, c.Action)
			require.Equal(t, "grant "+action+" on "+w.workspace.ARN+" to arn:aws:iam::"+w.AccountID()+":user/someone", c.Remedy)
			require.NotEmpty(t, c.RequestID)
			if name == Workspace {
				require.Equal(t, NotChecked, c.Outcome)
				require.Equal(t, Passed, r.Outcome, "not needed")
				return
			}
			require.Equal(t, []Check{c}, r.Failures())
			require.Equal(t, c.Detail+"; "+c.Remedy+" (request id "+c.RequestID+")", r.Verdict())
		})
	}
}

func TestDenied(t *testing.T) {
	w := newWorld(t)
	w.as(t, emulator.WriteActions...)
	r := Run(t.Context(), w.options(t))
	w.golden(t, "denied.txt", text(t, r, false))
	w.golden(t, "denied.colour.txt", text(t, r, true))
	for i := range r.Checks {
		r.Checks[i].Facts.SkewSeconds = 0
	}
	out, err := json.MarshalIndent(r, "", "  ")
	require.NoError(t, err)
	w.golden(t, "denied.json", string(out)+"\n")

	o := w.options(t)
	o.Optional = []Name{Query, Labels, Series, Metadata}
	require.Equal(t, Passed, Run(t.Context(), o).Outcome, "told, but it does not count")
}

// TestCausesAreToldOnce: one cause, one line that fails, and the words of those
// who know.
func TestCausesAreToldOnce(t *testing.T) {
	const data = "✓credentials –identity ✓dns ✓tls ✓clock –workspace ✗query –labels –series –metadata –write"
	for name, tc := range map[string]struct {
		change func(*world) Options
		want   string
		detail string
		remedy string
	}{
		"wrong region": {func(w *world) Options {
			return w.options(w.t, endpoint(w.t, w.server.URL+"/workspaces/"+w.workspace.ID, "eu-central-1"))
		}, "✓credentials ✓identity ✓dns ✓tls ✓clock –workspace ✗query –labels –series –metadata –write", "Credential should be scoped", `region "eu-central-1"`},
		"wrong secret": {func(w *world) Options {
			w.t.Setenv("AWS_SECRET_ACCESS_KEY", "other")
			return w.options(w.t)
		}, data, "signature", "secret key does not belong"},
		"unknown key": {func(w *world) Options {
			w.t.Setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
			return w.options(w.t)
		}, data, "security token", "does not know"},
		"expired token": {func(w *world) Options {
			w.says(emulator.DataPlane, 403, `{"message":"The security token included in the request is expired"}`)
			return w.options(w.t)
		}, "✓credentials ✓identity ✓dns ✓tls ✓clock ✓workspace ✗query –labels –series –metadata –write", "is expired", "renew the session token"},
		"skewed clock": {func(w *world) Options {
			return w.options(w.t, func(c *amp.Config) { c.Now = func() time.Time { return time.Now().Add(10 * time.Minute) } })
		}, "✓credentials ✓identity ✓dns ✓tls ✗clock ✓workspace –query –labels –series –metadata –write", "ahead of AWS's", "set it by NTP"},
		"unknown workspace": {func(w *world) Options {
			w.asOn(w.t, "*", everything...)
			return w.options(w.t, endpoint(w.t, w.server.URL+"/workspaces/ws-00000000-0000-4000-8000-000000000000", w.Region()))
		}, "✓credentials ✓identity ✓dns ✓tls ✓clock –workspace ✗query –labels –series –metadata –write", "Workspace not found", "no workspace ws-0000"},
		"deleted workspace": {func(w *world) Options {
			w.says(emulator.ControlPlane, 200, `{"workspace":{"workspaceId":"`+w.workspace.ID+`","arn":"a","createdAt":1,"status":{"statusCode":"DELETING"}}}`)
			w.says(emulator.DataPlane, 404, "Workspace not found")
			return w.options(w.t)
		}, "✓credentials ✓identity ✓dns ✓tls ✓clock ✗workspace –query –labels –series –metadata –write", "DELETING", "another workspace"},
		"no credentials": {func(w *world) Options {
			w.t.Setenv("AWS_ACCESS_KEY_ID", "")
			return w.options(w.t)
		}, "✗credentials –identity ✓dns ✓tls ✓clock –workspace –query –labels –series –metadata –write", "no AWS credentials were found", "aws sso login"},
		"no profile": {func(w *world) Options {
			o := w.options(w.t)
			o.Credentials = nil
			_, o.NoCredentials = awscreds.Load(w.t.Context(), awscreds.CommandLine{Profile: "missing"})
			return o
		}, "✗credentials –identity ✓dns ✓tls ✓clock –workspace –query –labels –series –metadata –write", "there is no profile missing", "--profile"},
		"no such name": {func(w *world) Options {
			return w.options(w.t, dialing(func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "aps", IsNotFound: true}
			}))
		}, "✓credentials ✓identity ✗dns –tls –clock ✓workspace –query –labels –series –metadata –write", "no such host", "VPC endpoint"},
		"nobody there": {func(w *world) Options {
			return w.options(w.t, dialing(func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("connection refused") }))
		}, "✓credentials ✓identity ✓dns ✗tls –clock ✓workspace –query –labels –series –metadata –write", "connection refused", "security groups"},
		"throttled": {func(w *world) Options {
			w.says(emulator.DataPlane, 429, `{"message":"Rate exceeded"}`)
			return w.options(w.t)
		}, "✓credentials ✓identity ✓dns ✓tls ✓clock ✓workspace ✗query –labels –series –metadata –write", "Rate exceeded", "Service Quotas"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.as(t, everything...)
			r := Run(t.Context(), tc.change(w))
			out := text(t, r, false)
			require.Equal(t, tc.want, outcomes(r), out)
			require.Len(t, r.Failures(), 1, out)
			require.Contains(t, r.Failures()[0].Detail, tc.detail)
			require.Contains(t, r.Failures()[0].Remedy, tc.remedy)
			require.Equal(t, 1, strings.Count(out, "→"), out)
		})
	}
}

func dialing(dial func(context.Context, string, string) (net.Conn, error)) func(*amp.Config) {
	return func(c *amp.Config) { c.Transport = &http.Transport{DialContext: dial} }
}

// TestSlowAsides: STS and the control plane may be out of reach where data is not.
func TestSlowAsides(t *testing.T) {
	w := newWorld(t)
	w.as(t, emulator.ReadActions...)
	for _, plane := range []emulator.Plane{emulator.STS, emulator.ControlPlane} {
		w.Inject(1000, emulator.Fault{On: plane, Delay: 2 * time.Second})
	}
	o := w.options(t)
	o.For, o.AsideLimit = ForQuery, 50*time.Millisecond
	r := Run(t.Context(), o)
	require.Equal(t, "✓credentials –identity ✓dns ✓tls ✓clock –workspace ✓query ✓labels ✓series ✓metadata", outcomes(r))
	require.Equal(t, Passed, r.Outcome)
}

func TestSlowDataPlane(t *testing.T) {
	w := newWorld(t)
	w.as(t, emulator.ReadActions...)
	w.Inject(1000, emulator.Fault{Delay: 4 * time.Second, Match: func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }})
	o := w.options(t)
	o.For, o.Limit = ForQuery, time.Second
	r := Run(t.Context(), o)
	c, _ := r.Check(Query)
	require.Equal(t, amp.KindTimeout, c.Kind)
	require.Len(t, r.Failures(), 1)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, Failed, Run(ctx, o).Outcome, "it ends with its context")
}

// TestOthersWorkspace: the control plane shows it to its owner only.
func TestOthersWorkspace(t *testing.T) {
	w := newWorld(t)
	w.as(t, everything...)
	w.says(emulator.ControlPlane, 404, `{"message":"Workspace not found"}`)
	w.says(emulator.STS, 403, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>`)
	r := Run(t.Context(), w.options(t))
	require.Equal(t, Passed, r.Outcome, text(t, r, false))
	c, _ := r.Check(Workspace)
	require.Equal(t, NotChecked, c.Outcome)
	c, _ = r.Check(Identity)
	require.Contains(t, c.Detail, "not permitted, and not needed")
}

func TestPlainPrometheus(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/labels":
			_, _ = w.Write([]byte("<html><title>Sign in</title></html>"))
		case "/api/v1/series":
			_, _ = w.Write([]byte(`{"data":[],"status":"error","errorType":"execution","error":"too many"}`))
		default:
			_, _ = w.Write([]byte(`{"status":"success","data":{`))
		}
	}))
	defer server.Close()
	e, err := amp.ParsePlain(server.URL)
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r := Run(t.Context(), Options{Client: amp.NewClient(amp.Config{Endpoint: e, Transport: transport}), Transport: transport, Limit: patient})
	require.Equal(t, "✓dns ✓tls ✓clock ✓query ✗labels ✗series ✓metadata", outcomes(r))
	c, _ := r.Check(Labels)
	require.Contains(t, c.Detail, "Sign in", "a page is not an answer")
	c, _ = r.Check(Series)
	require.Contains(t, c.Detail, "too many")
}

func TestNotSetUp(t *testing.T) {
	r := Run(t.Context(), Options{NotSetUp: errors.New("no URL is set"), Grafana: &awscreds.Passed{Variables: []string{"AWS_ROLE_ARN"}}})
	require.Equal(t, "✓environment –[aws] settings ✗settings", outcomes(r))
	require.Equal(t, "no URL is set", r.Verdict())
	require.Contains(t, r.Checks[1].Remedy, "forward_settings_to_plugins")
	require.Contains(t, r.Checks[1].Remedy, awscreds.PluginID)

	r = Run(t.Context(), Options{NotSetUp: errors.New("x"), Grafana: &awscreds.Passed{Section: true, Settings: true, AllowedAuthProviders: []string{"default", "keys"}}})
	require.Equal(t, "✓environment ✓[aws] settings ✗settings", outcomes(r))
	require.Equal(t, "Grafana allows default, keys; no role may be assumed", r.Checks[1].Detail)
}

func TestFaultOfOurs(t *testing.T) {
	e := &exam{Options: Options{Limit: patient}}
	c := e.make(t.Context(), step{check: func(context.Context) Check { panic("oh") }})
	require.Equal(t, NotChecked, c.Outcome)
	require.Contains(t, c.Detail, "oh")
}
