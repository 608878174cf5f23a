package plugin

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// The ten things that go wrong for users of today's tools, in the order of the
// service's fact sheet, each through the plugin's handlers.

func TestFailure01ErrorsOfAWSAreNoEmptyResults(t *testing.T) {
	for status, body := range map[int]string{
		400: `{"message":"The request is malformed"}`,
		503: `{"message":"Service is unavailable"}`,
	} {
		h := open(t, newStub(t, says(status, body)).source(), options{})
		for _, query := range []map[string]any{up, {"expr": "up", "range": false, "instant": true}} {
			a := h.one(query)
			require.ErrorContains(t, a.Error, body[12:len(body)-2])
			require.ErrorContains(t, a.Error, "request id 0a1b2c3d")
			require.Equal(t, backend.Status(status), a.Status)
			require.Equal(t, backend.ErrorSourceDownstream, a.ErrorSource)
			require.Empty(t, a.Frames)
		}
	}
}

func TestFailure02OneCallOfSTSForAHundredQueries(t *testing.T) {
	w := newWorld(t)
	role, tokenFile := w.serviceAccount(t, emulator.ReadActions...)
	t.Setenv("AWS_ENDPOINT_URL_STS", w.url)
	h := open(t, pluginhost.DataSource{URL: w.workspaceURL(), JSONData: map[string]any{"sigV4Region": testRegion}},
		options{getenv: environment("GF_PLUGIN_ROLE_ARN", role.ARN, "GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", tokenFile)})
	queries := make([]backend.DataQuery, 100)
	for i := range queries {
		queries[i] = panel(fmt.Sprint(i), time.Now(), up)
	}
	for _, a := range h.ask(queries...) {
		require.NoError(t, a.Error)
	}
	require.Equal(t, 200, h.call("GET", "api/v1/labels", "").Status)
	require.Equal(t, backend.HealthStatusOk, h.health().Status)
	require.Equal(t, 1, w.Counts().STS("AssumeRoleWithWebIdentity"))
	require.Equal(t, 100, w.Counts().Data("api/v1/query_range", 200))
}

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestFailure03RoleAndExternalIDUnderEveryName(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", w.url)
	user := w.user(t, "sts:AssumeRole")
	trust := iam.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
		"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"shared+secret"}}}]}`)
	role, err := w.AddRole("", "reader", trust, emulator.Policy(emulator.ReadActions))
	require.NoError(t, err)
	for _, names := range [][2]string{{"sigV4AssumeRoleArn", "sigV4ExternalId"}, {"assumeRoleArn", "externalId"}} {
		h := open(t, user.source(w.workspaceURL(), map[string]any{names[0]: role.ARN, names[1]: "shared-secret"}), options{})
		require.Error(t, h.one(up).Error, "another external id must not do")
		h = open(t, user.source(w.workspaceURL(), map[string]any{names[0]: role.ARN, names[1]: "shared+secret"}), options{})
		require.NoError(t, h.one(up).Error, names)
	}
}

func TestFailure04CABundleOfTheEnvironment(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are meant
	server.StartTLS()
	t.Cleanup(server.Close)
	source := keys{id: "AKIDEXAMPLE", secret: "s"}.source(server.URL + stubWorkspace)
	a := open(t, source, options{}).one(up)
	require.ErrorContains(t, a.Error, "AWS_CA_BUNDLE")

	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.NoError(t, os.WriteFile(bundle, cert, 0o600))
	t.Setenv("AWS_CA_BUNDLE", bundle)
	h := open(t, source, options{})
	require.NoError(t, h.one(up).Error)
	require.Equal(t, backend.HealthStatusOk, h.health().Status)

	require.NoError(t, os.WriteFile(bundle, []byte("nothing"), 0o600))
	require.ErrorContains(t, open(t, source, options{}).one(up).Error, "AWS_CA_BUNDLE")
}

func TestFailure05RegionOfTheURL(t *testing.T) {
	s := newStub(t, ok)
	ds := keys{id: "AKIDEXAMPLE", secret: "s"}.source("https://aps-workspaces.ap-southeast-2.amazonaws.com" + stubWorkspace)
	ds.JSONData = map[string]any{"sigV4AuthType": "keys", "sigV4Endpoint": s.URL}
	require.NoError(t, open(t, ds, options{}).one(up).Error)
	r := s.requests()[0]
	require.Contains(t, r.header.Get("Authorization"), "/ap-southeast-2/aps/aws4_request")
	require.Equal(t, "aps-workspaces.ap-southeast-2.amazonaws.com", r.host)

	ds.URL = s.URL + stubWorkspace
	ds.JSONData = map[string]any{"sigV4AuthType": "keys"}
	require.ErrorContains(t, open(t, ds, options{}).one(up).Error, "region", "no signature with an empty region")
	require.Len(t, s.requests(), 1)
}

func TestFailure06StatusAndMessageReachGrafana(t *testing.T) {
	for _, tc := range []struct {
		status  int
		body    string
		message string
		kind    amp.Kind
	}{
		{403, `{"Message":"User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: aps:QueryMetrics on resource: arn:aws:aps:eu-west-1:1:workspace/ws-1"}`, "grant aps:QueryMetrics on arn:aws:aps:eu-west-1:1:workspace/ws-1", amp.KindAccessDenied},
		{429, `{"message":"Rate exceeded"}`, "Rate exceeded", amp.KindThrottled},
		{500, `oh no`, "oh no", amp.KindServer},
		{404, `Workspace not found`, "Workspace not found", amp.KindWorkspaceNotFound},
		{503, `<html><body>unavailable</body></html>`, "unavailable", amp.KindUnavailable},
	} {
		t.Run(fmt.Sprint(tc.status), func(t *testing.T) {
			h := open(t, newStub(t, says(tc.status, tc.body)).source(), options{})
			a := h.one(up)
			require.Equal(t, backend.Status(tc.status), a.Status)
			require.ErrorContains(t, a.Error, tc.message)
			var e *amp.Error
			require.ErrorAs(t, a.Error, &e)
			require.Equal(t, tc.kind, e.Kind)

			health := h.health()
			require.Equal(t, backend.HealthStatusError, health.Status)
			require.Contains(t, health.Message, tc.message)
			require.Contains(t, health.Message, "0a1b2c3d")
			require.Contains(t, string(health.JSONDetails), fmt.Sprintf(`"kind":%q`, tc.kind))

			r := h.call("GET", "api/v1/labels", "")
			require.Equal(t, tc.status, r.Status)
		})
	}
}

func TestFailure07EachAttemptIsSignedAfresh(t *testing.T) {
	calls := 0
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls <= 2 {
			says(http.StatusServiceUnavailable, `{"message":"unavailable"}`, "Retry-After", "60")(w, r)
			return
		}
		ok(w, r)
	})
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	o := options{now: func() time.Time { return now }}
	o.retry.Wait = func(_ context.Context, d time.Duration) error {
		require.GreaterOrEqual(t, d, time.Minute)
		now = now.Add(d)
		return nil
	}
	h := open(t, s.source(map[string]any{"timeout": "0"}), o)
	require.NoError(t, h.askWith(map[string]string{"Authorization": "Bearer of the browser", "http_Authorization": "Bearer 2"}, panel("A", now, up))["A"].Error)
	signature := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260301/.*Signature=[0-9a-f]{64}$`)
	seen := map[string]bool{}
	for _, r := range s.requests() {
		require.Regexp(t, signature, r.header.Get("Authorization"))
		seen[r.header.Get("X-Amz-Date")+r.header.Get("Authorization")] = true
	}
	require.Len(t, seen, 3)
}

func TestFailure08PastedURLs(t *testing.T) {
	const id = "ws-11111111-2222-3333-4444-555555555555"
	const host = "https://aps-workspaces.eu-west-1.amazonaws.com"
	for _, pasted := range []string{
		host + "/workspaces/" + id, host + "/workspaces/" + id + "/", host + "/workspaces/" + id + "/api/v1/query",
		host + "/workspaces/" + id + "/api/v1/remote_write", " " + host + "/workspaces/" + id + "/api/v1/query_range\n",
		id, "arn:aws:aps:eu-west-1:123456789012:workspace/" + id,
	} {
		s := newStub(t, ok)
		h := open(t, keys{id: "AKIDEXAMPLE", secret: "s"}.source(pasted, map[string]any{"sigV4Endpoint": s.URL}), options{})
		require.NoError(t, h.one(up).Error, pasted)
		require.Equal(t, stubWorkspace+"/api/v1/query_range", s.requests()[0].path)
	}
	for _, pasted := range []string{host, host + "/", host + "/workspaces/"} {
		require.ErrorContains(t, open(t, keys{id: "a", secret: "s"}.source(pasted), options{}).one(up).Error, "workspace", pasted)
	}
}

func TestFailure09STSOfTheWorkspacesRegion(t *testing.T) {
	sts := newStub(t, says(http.StatusForbidden, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>`))
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	ds := keys{id: "AKIDEXAMPLE", secret: "s"}.source("https://aps-workspaces.af-south-1.amazonaws.com" + stubWorkspace)
	ds.JSONData = map[string]any{"sigV4AuthType": "keys", "sigV4AssumeRoleArn": "arn:aws:iam::123456789012:role/reader"}
	a := open(t, ds, options{}).one(up)
	require.ErrorContains(t, a.Error, "InvalidClientTokenId")
	require.Equal(t, backend.StatusForbidden, a.Status)
	require.NotEmpty(t, sts.requests())
	require.Contains(t, sts.requests()[0].header.Get("Authorization"), "/af-south-1/sts/aws4_request")
}

func TestFailure10ClockTokensAndTheirFiles(t *testing.T) {
	w := newWorld(t)
	user := w.user(t, emulator.ReadActions...)
	t.Run("clock", func(t *testing.T) {
		slow := options{now: func() time.Time { return time.Now().Add(-10 * time.Minute) }}
		a := open(t, user.source(w.workspaceURL()), slow).one(up)
		require.Equal(t, backend.StatusForbidden, a.Status)
		require.ErrorContains(t, a.Error, "clock is wrong (it is ")
		require.ErrorContains(t, a.Error, "behind AMP's")
	})
	t.Run("session token", func(t *testing.T) {
		user.session = "not one of STS"
		a := open(t, user.source(w.workspaceURL()), options{}).one(up)
		require.Equal(t, backend.StatusForbidden, a.Status)
		require.ErrorContains(t, a.Error, "check them")
		require.NotContains(t, a.Error.Error(), user.session)
	})
	t.Run("token file", func(t *testing.T) {
		role, file := w.serviceAccount(t, emulator.ReadActions...)
		name, _ := strings.CutPrefix(role.ARN, "arn:aws:iam::"+w.AccountID()+":role/")
		mint := func(at time.Time) {
			require.NoError(t, w.MintToken(file, oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: name, At: at}))
		}
		t.Setenv("AWS_ENDPOINT_URL_STS", w.url)
		mint(time.Now().Add(-3 * time.Hour))
		h := open(t, pluginhost.DataSource{URL: w.workspaceURL(), JSONData: map[string]any{"sigV4Region": testRegion}},
			options{getenv: environment("GF_PLUGIN_ROLE_ARN", role.ARN, "GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", file)})
		a := h.one(up)
		require.Equal(t, backend.StatusForbidden, a.Status)
		require.ErrorContains(t, a.Error, "expired")
		mint(time.Now())
		require.NoError(t, h.one(up).Error, "the file was written anew")
		require.NoError(t, os.Remove(file))
		require.NoError(t, h.one(up).Error, "credentials are still good")
	})
}
