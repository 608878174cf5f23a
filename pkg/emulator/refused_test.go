package emulator_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

const (
	wrongSignature = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	deniedFormat = `{"Message":"User: %s is not authorized to perform: %s on resource: %s"}`
)

// Each refusal has the status and the words of AWS, and leaves nothing stored.
func TestRefusedWritesLeaveNothing(t *testing.T) {
	tests := []struct {
		name   string
		change func(*world, *attempt)
		status int
		body   string // the whole of it, or a prefix that ends in …
	}{
		{
			"unsigned", func(_ *world, a *attempt) { a.creds = aws.Credentials{} },
			403, `{"message":"Missing Authentication Token"}`,
		},
		{
			"wrong secret", func(_ *world, a *attempt) { a.creds.SecretAccessKey = "not the secret" },
			403, `{"message":"` + wrongSignature + `"}`,
		},
		{
			"unknown key", func(_ *world, a *attempt) { a.creds.AccessKeyID = "AKIAIOSFODNN7EXAMPLE" },
			403, `{"message":"The security token included in the request is invalid"}`,
		},
		{
			"wrong region", func(_ *world, a *attempt) { a.region = "eu-west-1" },
			403, `{"message":"Credential should be scoped to a valid region. …`,
		},
		{
			"no region", func(_ *world, a *attempt) { a.region = "" },
			403, `{"message":"Credential should be scoped to a valid region. …`,
		},
		{
			"wrong service", func(_ *world, a *attempt) { a.service = "execute-api" },
			403, `{"message":"Credential should be scoped to correct service: 'aps'.…`,
		},
		{"changed body", func(_ *world, a *attempt) {
			a.tamper = func(r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				body[len(body)-1] ^= 1
				r.Body = io.NopCloser(bytes.NewReader(body))
			}
		}, 403, `{"message":"` + wrongSignature + `"}`},
		{"changed query", func(_ *world, a *attempt) {
			a.tamper = func(r *http.Request) { r.URL.RawQuery = "a=b" }
		}, 403, `{"message":"` + wrongSignature + `"}`},
		{"changed path", func(w *world, a *attempt) {
			a.tamper = func(r *http.Request) { r.URL.Path = "/workspaces/ws-other/api/v1/remote_write" }
		}, 403, `{"message":"` + wrongSignature + `"}`},
		{"changed host", func(_ *world, a *attempt) {
			a.tamper = func(r *http.Request) { r.Host = "example.com" }
		}, 403, `{"message":"` + wrongSignature + `"}`},
		{"signed header that the edge drops", func(_ *world, a *attempt) {
			a.header.Set("X-Scope-OrgID", "1")
			a.tamper = func(r *http.Request) { r.Header.Del("X-Scope-OrgID") }
		}, 403, `{"message":"` + wrongSignature + `"}`},
		{
			"six minutes slow", func(_ *world, a *attempt) { a.at = a.at.Add(-6 * time.Minute) },
			403, `{"message":"Signature expired: 20260301T115400Z is now earlier than 20260301T115500Z (20260301T120000Z - 5 min.)"}`,
		},
		{
			"six minutes fast", func(_ *world, a *attempt) { a.at = a.at.Add(6 * time.Minute) },
			403, `{"message":"Signature not yet current: 20260301T120600Z is still later than 20260301T120500Z (20260301T120000Z + 5 min.)"}`,
		},
		{
			"without the action", func(w *world, a *attempt) { a.creds = w.userOf("", "reader", emulator.Policy(emulator.ReadActions)) },
			403, fmt.Sprintf(deniedFormat, "arn:aws:iam::123456789012:user/reader", "aps:RemoteWrite", "WORKSPACE"),
		},
		{"another workspace only", func(w *world, a *attempt) {
			other, err := w.CreateWorkspace(w.t.Context(), "other", "")
			require.NoError(w.t, err)
			a.creds = w.userOf("", "elsewhere", emulator.Policy([]string{"aps:*"}, other.ARN))
		}, 403, fmt.Sprintf(deniedFormat, "arn:aws:iam::123456789012:user/elsewhere", "aps:RemoteWrite", "WORKSPACE")},
		{"workspace of another account", func(w *world, a *attempt) {
			a.creds = w.userOf("210987654321", "stranger", emulator.Policy([]string{"aps:*"}))
		}, 403, fmt.Sprintf(deniedFormat, "arn:aws:iam::210987654321:user/stranger", "aps:RemoteWrite", "WORKSPACE")},
		{"unknown workspace", func(w *world, a *attempt) {
			a.url = strings.ReplaceAll(a.url, w.workspace.ID, "ws-00000000-0000-4000-8000-000000000000")
		}, 404, "…"},
		{
			"trailing slash", func(_ *world, a *attempt) { a.url += "/" },
			403, `{"message":"Missing Authentication Token"}`,
		},
		{
			"wrong verb", func(_ *world, a *attempt) { a.method = http.MethodPut },
			403, `{"message":"Missing Authentication Token"}`,
		},
		{
			"two megabytes", func(_ *world, a *attempt) { a.body = noise(2 << 20) },
			413, "…",
		},
		{
			"two megabytes unsigned", func(_ *world, a *attempt) { a.body, a.creds = noise(2<<20), aws.Credentials{} },
			403, `{"message":"Missing Authentication Token"}`,
		},
		{"remote write 2.0", func(_ *world, a *attempt) {
			a.header.Set("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request")
		}, 415, "…"},
		{
			"not snappy", func(_ *world, a *attempt) { a.body = []byte("\xff\xff\xff\xff\xff") },
			400, "…",
		},
	}
	w := newWorld(t)
	admin := w.user("aps:*")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.write(admin, w.sample("refused", 1))
			tt.change(w, &a)
			got := w.send(a)

			require.Equal(t, tt.status, got.status, got.body)
			want := strings.ReplaceAll(tt.body, "WORKSPACE", w.workspace.ARN)
			if prefix, cut := strings.CutSuffix(want, "…"); cut {
				require.Contains(t, got.body, prefix)
			} else {
				require.Equal(t, want, got.body)
			}
			require.NotEmpty(t, got.header.Get("x-amzn-RequestId"))
			require.Equal(t, "amazon", got.header.Get("Server"))
			w.requireNothingStored(admin)
		})
	}
}

// noise can't be compressed, and is not a write either: a refusal that is
// about its size was given before anybody tried to decode it.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func (w *world) requireNothingStored(reader aws.Credentials) {
	w.t.Helper()
	a := w.query(reader, "")
	a.url = w.url("api/v1/series") + "?" + url.Values{"match[]": {`{__name__=~".+"}`}}.Encode()
	got := w.send(a)
	require.Equal(w.t, http.StatusOK, got.status, got.body)
	require.JSONEq(w.t, `{"status":"success","data":[]}`, got.body)
}

// assume gives the credentials that the SDK's own provider gets for a token.
func (w *world) assume(role iam.Role, token oidc.TokenRequest) (aws.Credentials, error) {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "token")
	require.NoError(w.t, w.MintToken(path, token))
	client := sts.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: w.client, Retryer: func() aws.Retryer { return aws.NopRetryer{} }})
	return stscreds.NewWebIdentityRoleProvider(client, role.ARN, stscreds.IdentityTokenFile(path)).Retrieve(w.t.Context())
}

func TestWebIdentity(t *testing.T) {
	w := newWorld(t)
	role, err := w.AddServiceAccountRole("writer", emulator.Policy(emulator.WriteActions), "prometheus/server")
	require.NoError(t, err)
	server := oidc.TokenRequest{Namespace: "prometheus", ServiceAccount: "server", TTL: time.Hour}

	t.Run("a token of the service account writes", func(t *testing.T) {
		creds, err := w.assume(role, server)
		require.NoError(t, err)
		a := w.send(w.write(creds, w.sample("by_role", 1)))
		require.Equal(t, http.StatusOK, a.status, a.body)
		a = w.send(w.query(creds, "by_role"))
		require.Equal(t, http.StatusForbidden, a.status)
		require.Contains(t, a.body, "assumed-role/writer/")
		require.Contains(t, a.body, "is not authorized to perform: aps:QueryMetrics on resource: "+w.workspace.ARN)
	})
	for name, tt := range map[string]struct {
		token oidc.TokenRequest
		later time.Duration
		want  string
	}{
		"of another audience":        {oidc.TokenRequest{Namespace: "prometheus", ServiceAccount: "server", Audiences: []string{"vault"}}, 0, "InvalidIdentityToken"},
		"of another service account": {oidc.TokenRequest{Namespace: "prometheus", ServiceAccount: "other"}, 0, "AccessDenied"},
	} {
		t.Run("a token "+name+" is refused", func(t *testing.T) {
			_, err := w.assume(role, tt.token)
			require.ErrorContains(t, err, tt.want)
		})
	}
	t.Run("an expired token is refused", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "token")
		require.NoError(t, w.MintToken(path, server))
		w.clock.at = w.clock.at.Add(2 * time.Hour)
		client := sts.NewFromConfig(aws.Config{Region: "us-east-1", HTTPClient: w.client})
		_, err := stscreds.NewWebIdentityRoleProvider(client, role.ARN, stscreds.IdentityTokenFile(path)).Retrieve(t.Context())
		require.ErrorContains(t, err, "ExpiredToken")
	})
	t.Run("an expired session is refused and stores nothing", func(t *testing.T) {
		w := newWorld(t)
		role, err := w.AddServiceAccountRole("writer", emulator.Policy(emulator.WriteActions), "prometheus/server")
		require.NoError(t, err)
		creds, err := w.assume(role, server)
		require.NoError(t, err)
		w.clock.at = w.clock.at.Add(2 * time.Hour)
		a := w.send(w.write(creds, w.sample("late", 1)))
		require.Equal(t, http.StatusForbidden, a.status)
		require.Equal(t, `{"message":"The security token included in the request is expired"}`, a.body)
		w.requireNothingStored(w.user("aps:*"))
	})
	require.Positive(t, w.Counts().STS("AssumeRoleWithWebIdentity"))
}

// The order of judgement: what is wrong first is what is told.
func TestRequestsAreJudgedInOrder(t *testing.T) {
	w := newWorld(t)
	reader := w.user(emulator.ReadActions...)

	a := w.write(reader) // may not write, and sends what can't be decoded
	a.body = []byte("nonsense")
	require.Contains(t, w.send(a).body, "is not authorized to perform: aps:RemoteWrite")

	a.body = noise(2 << 20) // over the limit comes before the policy
	require.Equal(t, http.StatusRequestEntityTooLarge, w.send(a).status)

	a.at = a.at.Add(-time.Hour) // and the date before the limit
	require.Contains(t, w.send(a).body, "Signature expired")
}

// What Prometheus has and AMP has not is 404, once the signature is good.
func TestWhatAMPDoesNotOffer(t *testing.T) {
	w := newWorld(t)
	admin := w.user("aps:*")
	for _, path := range []string{"query_exemplars", "read", "remote_read", "status/buildinfo", "status/config", "admin/tsdb/delete_series", "rules/ns/group", "targets"} {
		a := w.query(admin, "up")
		a.url = w.url("api/v1/" + path)
		require.Equal(t, http.StatusNotFound, w.send(a).status, path)
		a.creds = aws.Credentials{}
		require.Equal(t, http.StatusForbidden, w.send(a).status, path)
	}
	for _, path := range []string{"api/v1/", "api/v1/query/", "api/v2/query", "api/v1/nonsense", "api/v1/label/a%2Fb/values", "graph"} {
		a := w.query(admin, "up")
		a.url = w.url(path)
		got := w.send(a)
		require.Equal(t, http.StatusForbidden, got.status, path)
		require.Equal(t, `{"message":"Missing Authentication Token"}`, got.body, path)
	}
}
