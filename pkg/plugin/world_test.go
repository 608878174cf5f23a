package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sigv4"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const testRegion = "eu-west-1"

// world is an AMP with the walkthrough's samples, behind a loopback port.
type world struct {
	*emulator.Emulator
	url       string
	workspace controlplane.Workspace
	// from and until are the window of the samples.
	from, until time.Time
	set         *sampledata.Set
}

func newWorld(t *testing.T) *world {
	t.Helper()
	e, err := emulator.New(emulator.Options{Region: testRegion})
	require.NoError(t, err)
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, e.Close())
	})
	ws, err := e.CreateWorkspace(t.Context(), "test", "")
	require.NoError(t, err)
	until := time.Now().Truncate(sampledata.Step)
	return &world{Emulator: e, url: server.URL, workspace: ws, from: until.Add(-30 * time.Minute), until: until, set: sampledata.Walkthrough(sampledata.DefaultSeed)}
}

// write stores the walkthrough's samples, signed by a user who may do just that.
func (w *world) write(t *testing.T) *world {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	sender := remotewrite.New(remotewrite.Config{
		URL: w.workspaceURL() + "api/v1/remote_write",
		HTTPClient: &http.Client{Transport: sigv4.New(transport, sigv4.Config{
			Credentials: w.user(t, emulator.WriteActions...), Region: testRegion, Service: "aps",
		})},
	})
	_, err := sender.Send(t.Context(), w.set.Between(w.from, w.until, sampledata.Step))
	require.NoError(t, err)
	return w
}

func (w *world) workspaceURL() string { return w.url + "/workspaces/" + w.workspace.ID + "/" }

// user makes a user who may do the actions, and their static keys.
func (w *world) user(t *testing.T, actions ...string) keys {
	t.Helper()
	k, err := w.AddUser("", fmt.Sprintf("user-%d", nextUser()), emulator.Policy(actions))
	require.NoError(t, err)
	return keys{k.ID, k.Secret, ""}
}

var (
	userMu sync.Mutex
	users  int
)

func nextUser() int {
	userMu.Lock()
	defer userMu.Unlock()
	users++
	return users
}

// keys are static credentials.
type keys struct{ id, secret, session string }

func (k keys) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, SessionToken: k.session}, nil
}

// source is a data source that signs with the keys; more changes its jsonData.
func (k keys) source(url string, more ...map[string]any) pluginhost.DataSource {
	jsonData := map[string]any{"sigV4AuthType": "keys", "sigV4Region": testRegion}
	for _, m := range more {
		for name, value := range m {
			jsonData[name] = value
		}
	}
	secure := map[string]string{"sigV4AccessKey": k.id, "sigV4SecretKey": k.secret}
	if k.session != "" {
		secure["sigV4SessionToken"] = k.session
	}
	return pluginhost.DataSource{URL: url, JSONData: jsonData, Secure: secure}
}

// serviceAccount makes a role for a service account, and its projected token.
func (w *world) serviceAccount(t *testing.T, actions ...string) (role iam.Role, tokenFile string) {
	t.Helper()
	name := fmt.Sprintf("role-%d", nextUser())
	role, err := w.AddServiceAccountRole(name, emulator.Policy(actions), "monitoring/"+name)
	require.NoError(t, err)
	tokenFile = filepath.Join(t.TempDir(), "token")
	require.NoError(t, w.MintToken(tokenFile, oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: name}))
	return role, tokenFile
}

// handler is an instance with what Grafana sends along.
type handler struct {
	*DataSource
	t   *testing.T
	pc  backend.PluginContext
	ctx context.Context
}

func open(t *testing.T, ds pluginhost.DataSource, o options) *handler {
	t.Helper()
	return openIn(t, pluginhost.Grafana{}, ds, o)
}

func openIn(t *testing.T, g pluginhost.Grafana, ds pluginhost.DataSource, o options) *handler {
	t.Helper()
	pc, err := g.Context(ds)
	require.NoError(t, err)
	ctx := config.WithGrafanaConfig(t.Context(), pc.GrafanaConfig)
	if o.retry.Wait == nil {
		o.retry.Wait = func(context.Context, time.Duration) error { return nil }
	}
	d := newDataSource(ctx, *pc.DataSourceInstanceSettings, o)
	t.Cleanup(d.Dispose)
	return &handler{DataSource: d, t: t, pc: pc, ctx: ctx}
}

// panel is one query over the last minutes of the world.
func panel(refID string, end time.Time, more map[string]any) backend.DataQuery {
	body := map[string]any{"refId": refID, "range": true}
	for k, v := range more {
		body[k] = v
	}
	raw, err := json.Marshal(body)
	if err != nil { // maps of plain values
		panic(err)
	}
	return backend.DataQuery{
		RefID: refID, JSON: raw, Interval: 15 * time.Second, MaxDataPoints: 1000,
		TimeRange: backend.TimeRange{From: end.Add(-10 * time.Minute), To: end},
	}
}

func (h *handler) ask(queries ...backend.DataQuery) backend.Responses {
	h.t.Helper()
	return h.askWith(nil, queries...)
}

func (h *handler) askWith(headers map[string]string, queries ...backend.DataQuery) backend.Responses {
	h.t.Helper()
	resp, err := h.QueryData(h.ctx, &backend.QueryDataRequest{PluginContext: h.pc, Headers: headers, Queries: queries})
	require.NoError(h.t, err)
	require.Len(h.t, resp.Responses, len(queries))
	return resp.Responses
}

// one asks a single query.
func (h *handler) one(more map[string]any) backend.DataResponse {
	h.t.Helper()
	return h.ask(panel("A", time.Now(), more))["A"]
}

func (h *handler) health() *backend.CheckHealthResult {
	h.t.Helper()
	result, err := h.CheckHealth(h.ctx, &backend.CheckHealthRequest{PluginContext: h.pc})
	require.NoError(h.t, err)
	return result
}

// call calls a resource; body may be "".
func (h *handler) call(method, url, body string, headers ...string) *backend.CallResourceResponse {
	h.t.Helper()
	return h.callAs(&backend.CallResourceRequest{Method: method, Path: pathOf(url), URL: url, Body: []byte(body)}, headers...)
}

func pathOf(url string) string {
	for i, c := range url {
		if c == '?' {
			return url[:i]
		}
	}
	return url
}

func (h *handler) callAs(req *backend.CallResourceRequest, headers ...string) *backend.CallResourceResponse {
	h.t.Helper()
	req.PluginContext = h.pc
	req.Headers = map[string][]string{}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Headers[headers[i]] = []string{headers[i+1]}
	}
	var got *backend.CallResourceResponse
	err := h.CallResource(h.ctx, req, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		require.Nil(h.t, got, "one answer only")
		got = r
		return nil
	}))
	require.NoError(h.t, err)
	require.NotNil(h.t, got)
	return got
}
