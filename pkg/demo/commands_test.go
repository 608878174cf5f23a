package demo_test

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// account is an empty account of AWS with a cluster, an administrator, and the
// programs that act in it.
type account struct {
	t              *testing.T
	amp            *emulator.Emulator
	url            string
	ampkit, plugin string
	dir            string
	admin          []string // environment
	workspace      string
}

func newAccount(t *testing.T) *account {
	t.Helper()
	o := options(t, io.Discard)
	e, err := emulator.New(emulator.Options{Clusters: []string{"prod"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	a := &account{t: t, amp: e, url: server.URL, ampkit: o.Ampkit, plugin: o.Plugin, dir: t.TempDir()}
	a.admin = []string{"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret}
	return a
}

// identity is what a pod has: the role of its service account's annotation, and
// a token.
type identity struct{ role, token string }

func (a *account) pod(role, namespace, name string) identity {
	a.t.Helper()
	file := filepath.Join(a.dir, namespace+"-"+name)
	require.NoError(a.t, a.amp.MintToken(file, oidc.TokenRequest{Namespace: namespace, ServiceAccount: name}))
	return identity{"arn:aws:iam::123456789012:role/" + role, file}
}

func (i identity) environment() []string {
	return []string{"AWS_ROLE_ARN=" + i.role, "AWS_WEB_IDENTITY_TOKEN_FILE=" + i.token}
}

// run gives what a command printed on both streams, and its exit code.
func (a *account) run(env []string, args ...string) (string, int) {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), a.ampkit, append(args, "--endpoint-url", a.url)...)
	cmd.Env = append([]string{"HOME=" + a.dir, "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_ENDPOINT_URL_STS=" + a.url}, env...)
	out, err := cmd.CombinedOutput()
	if exited := new(exec.ExitError); err != nil {
		require.ErrorAs(a.t, err, &exited, "%s", out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (a *account) must(env []string, args ...string) string {
	a.t.Helper()
	out, code := a.run(env, args...)
	require.Zero(a.t, code, "%s: %s", args, out)
	return out
}

func (a *account) refused(env []string, want string, args ...string) {
	a.t.Helper()
	out, code := a.run(env, args...)
	require.NotZero(a.t, code, "%s: %s", args, out)
	require.Contains(a.t, out, want, args)
}

// grafana is a plugin process of a Grafana that is configured with an identity.
type grafana struct {
	*account
	config pluginhost.Grafana
	host   *pluginhost.Host
}

func (a *account) grafana(as identity) *grafana {
	a.t.Helper()
	g := &grafana{account: a, config: pluginhost.Grafana{PluginSection: map[string]string{"role_arn": as.role, "web_identity_token_file": as.token}}}
	var err error
	g.host, err = pluginhost.Start(a.t.Context(), pluginhost.Config{
		Path: a.plugin, Env: append(g.config.Environment(), "AWS_ENDPOINT_URL_STS="+a.url),
	})
	require.NoError(a.t, err)
	a.t.Cleanup(g.host.Close)
	return g
}

// ask counts the series that the plugin answers with.
func (g *grafana) ask() (int, error) {
	g.t.Helper()
	pc, err := g.config.Context(pluginhost.DataSource{
		URL: g.url + "/workspaces/" + g.workspace, JSONData: map[string]any{"sigV4Region": "us-east-1"}, Updated: time.Unix(1, 0),
	})
	require.NoError(g.t, err)
	query, err := json.Marshal(map[string]any{"refId": "A", "expr": sampledata.RequestsByPath.Expr, "instant": true})
	require.NoError(g.t, err)
	now := time.Now()
	answer, err := g.host.QueryData(g.t.Context(), &backend.QueryDataRequest{PluginContext: pc, Queries: []backend.DataQuery{{
		RefID: "A", JSON: query, Interval: sampledata.Step, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: now.Add(-time.Hour), To: now},
	}}})
	require.NoError(g.t, err)
	a := answer.Responses["A"]
	return len(a.Frames), a.Error
}

// The walkthrough by the commands only, from an account without anything: what
// IAM holds decides who gets in, and who does not is told which command helps.
func TestTheWalkthroughByCommands(t *testing.T) {
	a := newAccount(t)
	var workspace struct{ ID, Status string }
	require.NoError(t, json.Unmarshal([]byte(a.must(a.admin, "workspace", "create", "--alias", "prod", "--output", "json")), &workspace))
	require.Equal(t, "ACTIVE", workspace.Status)
	a.workspace = workspace.ID

	writer := a.pod("ampkit-prod-ingest", "prometheus", "server")
	reader := a.pod("ampkit-prod-query", "grafana", "grafana")
	plugin := a.grafana(reader)
	_, err := plugin.ask()
	require.ErrorContains(t, err, "STS refused: InvalidIdentityToken: No OpenIDConnect provider found")
	require.ErrorContains(t, err, "(on EKS, ampkit irsa apply makes it)")
	a.refused(writer.environment(), "(on EKS, ampkit irsa apply makes it)", "sample", "write", "--workspace", a.workspace)

	apply := []string{
		"irsa", "apply", "--cluster", "prod", "--workspace", a.workspace,
		"--ingest-service-account", "prometheus/server", "--query-service-account", "grafana/grafana",
	}
	require.Contains(t, a.must(a.admin, apply...), "role/ampkit-prod-query")
	require.Contains(t, a.must(a.admin, apply...), "nothing to do")
	a.must(a.admin, "vpc-endpoint", "apply", "--vpc", "vpc-0a3f5c7e9b1d20001", "--subnet", "subnet-0a3f5c7e9b1d20011",
		"--security-group", "sg-0a3f5c7e9b1d20022", "--workspace", a.workspace)
	a.must(writer.environment(), "sample", "write", "--workspace", a.workspace)
	a.must(writer.environment(), "doctor", "--for", "ingest", "--workspace", a.workspace)
	a.must(reader.environment(), "doctor", "--for", "query", "--workspace", a.workspace)

	// The same process that was refused.
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		series, err := plugin.ask()
		require.NoError(c, err)
		require.Equal(c, 3, series)
	}, time.Minute, 100*time.Millisecond)
	a.nobodyElse(t, writer, reader)
}

// nobodyElse checks that the ingest role cannot read, the query role cannot
// write, and another service account gets neither.
func (a *account) nobodyElse(t *testing.T, writer, reader identity) {
	t.Helper()
	const refused = "is not authorized to perform: "
	write := []string{"sample", "write", "--workspace", a.workspace, "--since", "15s"}
	read := []string{"query", "--workspace", a.workspace, "up"}
	_, err := a.grafana(writer).ask()
	require.ErrorContains(t, err, refused+"aps:QueryMetrics")
	require.ErrorContains(t, err, "grant aps:QueryMetrics on arn:aws:aps:us-east-1:123456789012:workspace/"+a.workspace)
	require.ErrorContains(t, err, "(on EKS, ampkit irsa apply --query-service-account does it)")
	a.refused(writer.environment(), refused+"aps:QueryMetrics", read...)
	a.refused(reader.environment(), refused+"aps:RemoteWrite", write...)

	for _, role := range []string{"ampkit-prod-ingest", "ampkit-prod-query"} {
		other := a.pod(role, "grafana", "other")
		const refused = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
		_, err := a.grafana(other).ask()
		require.ErrorContains(t, err, refused, role)
		a.refused(other.environment(), refused, read...)
		a.refused(other.environment(), refused, write...)
	}
}
