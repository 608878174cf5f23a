package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
)

// foreign is a statement of somebody else, in a form that ampkit would not choose.
const foreign = `{"Principal":{"Service":"ec2.amazonaws.com"},"Sid":"Machines","Action":["sts:AssumeRole"],"Effect":"Allow"}`

// The documentation's script, run twice by the unmodified aws command line on a
// role that somebody else uses, too, leaves statements that are there twice and
// take tokens for any audience, and a policy for all workspaces. One apply
// repairs that and keeps what is foreign.
func TestApplyRepairsWhatScriptsMake(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command line is not installed")
	}
	if testing.Short() {
		t.Skip("starts the aws command line many times")
	}
	e, err := emulator.New(emulator.Options{Clusters: []string{"prod"}})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	workspace, err := e.CreateWorkspace(t.Context(), "prod", "")
	require.NoError(t, err)
	server := httptest.NewServer(e)
	defer server.Close()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL, "AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	run := func(want int, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = env
		out, _ := cmd.CombinedOutput()
		require.Equal(t, want, cmd.ProcessState.ExitCode(), "%s %s: %s", name, args, out)
		return string(out)
	}
	ampkit := func(want int, command string) string {
		t.Helper()
		return run(want, "ampkit", "irsa", command, "--endpoint-url", server.URL, "--cluster", "prod", "--workspace", workspace.ID,
			"--ingest-role", "amp-ingest", "--ingest-policy", "amp-write", "--ingest-service-account", "prometheus/server")
	}

	run(0, "aws", "iam", "create-role", "--role-name", "amp-ingest", "--assume-role-policy-document", `{"Version":"2012-10-17","Statement":[`+foreign+`]}`)
	script := filepath.Join("..", "..", "emulator", "iamapi", "testdata", "irsa.sh")
	for range 2 {
		run(0, "bash", script, "prod", "prometheus:server", "amp-ingest", "amp-write")
	}
	trust := func() string { return string(e.IAM().View().Roles["arn:aws:iam::123456789012:role/amp-ingest"].Trust) }
	require.Equal(t, 2, strings.Count(trust(), "AssumeRoleWithWebIdentity"))
	before := statementOf(t, trust(), "Machines")

	faults := ampkit(3, "check")
	for _, fault := range []string{"duplicate: ", "no-audience: ", "wildcard: "} {
		require.Contains(t, faults, fault)
	}
	changes := ampkit(2, "plan")
	for _, change := range []string{
		"~ service account prometheus/server, which had no condition on :aud", "- service account prometheus/server, a second time",
		"- allow aps:RemoteWrite on *", "+ allow aps:RemoteWrite on " + workspace.ARN,
	} {
		require.Contains(t, changes, change)
	}
	ampkit(0, "apply")
	require.Contains(t, ampkit(0, "apply"), "nothing to do: everything is as asked for")
	require.Contains(t, ampkit(0, "check"), "no faults: everything is as asked for")

	require.Equal(t, 1, strings.Count(trust(), "AssumeRoleWithWebIdentity"), trust())
	require.Contains(t, trust(), `:aud": "sts.amazonaws.com"`)
	require.Equal(t, before, statementOf(t, trust(), "Machines"), "byte for byte")
	require.JSONEq(t, foreign, run(0, "aws", "iam", "get-role", "--role-name", "amp-ingest", "--output", "json",
		"--query", "Role.AssumeRolePolicyDocument.Statement[?Sid=='Machines'] | [0]"))
}

// statementOf gives the bytes of a statement.
func statementOf(t *testing.T, document, sid string) string {
	t.Helper()
	var d struct{ Statement []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(document), &d))
	for _, raw := range d.Statement {
		if strings.Contains(string(raw), sid) {
			return string(raw)
		}
	}
	require.Fail(t, "no statement "+sid, document)
	return ""
}
