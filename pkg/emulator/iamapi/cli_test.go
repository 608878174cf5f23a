package iamapi_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// AWS's script, with AWS's own command line, twice: it makes a role, and then
// adds to its trust. What it has made lets a pod in.
func TestScriptsOfTheDocumentation(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the aws command line is not installed")
	}
	if testing.Short() {
		t.Skip("starts the aws command line many times")
	}
	e, err := emulator.New(emulator.Options{Clusters: []string{"prod"}})
	require.NoError(t, err)
	defer e.Close()
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	server := httptest.NewServer(e)
	defer server.Close()

	run := func(account string) string {
		cmd := exec.CommandContext(t.Context(), "bash", filepath.Join("testdata", "irsa.sh"), "prod", account, "amp-ingest", "amp-write")
		cmd.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL, "AWS_DEFAULT_REGION=us-east-1",
			"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.Contains(t, run("prometheus:server"), "arn:aws:iam::123456789012:role/amp-ingest")
	require.True(t, strings.HasSuffix(strings.TrimSpace(run("prometheus:agent")), "amp-write"))

	role, err := client(e, key).GetRole(t.Context(), &sdk.GetRoleInput{RoleName: aws.String("amp-ingest")})
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(*role.Role.AssumeRolePolicyDocument, "AssumeRoleWithWebIdentity"))

	for account, trusted := range map[string]bool{"server": true, "agent": true, "other": false} {
		token, err := e.Issuer().Mint(oidc.TokenRequest{Namespace: "prometheus", ServiceAccount: account})
		require.NoError(t, err)
		pod := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1})
		got, err := pod.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: role.Role.Arn, RoleSessionName: aws.String("pod"), WebIdentityToken: &token.Raw,
		})
		if !trusted {
			refused(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
			continue
		}
		require.NoError(t, err)
		c := got.Credentials
		workspaces := amp.New(amp.Options{
			Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
			Credentials: credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken),
		})
		_, err = workspaces.ListWorkspaces(t.Context(), nil)
		require.NoError(t, err)
		_, err = workspaces.CreateWorkspace(t.Context(), nil)
		refused(t, err, "AccessDeniedException", "aps:CreateWorkspace")
	}
}

// IAM is signed with us-east-1 wherever the workspaces are. A client that is
// told another endpoint signs with its own region instead, and is told so.
func TestSignaturesNameTheRegionOfIAM(t *testing.T) {
	e, key := newEmulator(t, "", "eu-west-1")
	_, err := client(e, key).ListRoles(t.Context(), nil)
	require.NoError(t, err)
	o := client(e, key).Options()
	o.BaseEndpoint = aws.String("https://iam.amazonaws.com")
	_, err = sdk.New(o).ListRoles(t.Context(), nil)
	refused(t, err, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
	o.Region = "us-east-1"
	_, err = sdk.New(o).ListRoles(t.Context(), nil)
	require.NoError(t, err)
}

// In China and in GovCloud both ARNs and IAM's own region are others.
func TestPartitionsOfOtherRegions(t *testing.T) {
	for region, partition := range map[string]string{"us-gov-east-1": "aws-us-gov", "cn-northwest-1": "aws-cn"} {
		e, key := newEmulator(t, "", region)
		role, err := client(e, key).CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: aws.String("query"), AssumeRolePolicyDocument: aws.String(trust)})
		require.NoError(t, err)
		require.Equal(t, "arn:"+partition+":iam::"+account+":role/query", *role.Role.Arn)

		workspaces := amp.New(amp.Options{
			Region: region, Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
			HTTPClient: &http.Client{Transport: e.Transport()}, RetryMaxAttempts: 1,
		})
		made, err := workspaces.CreateWorkspace(t.Context(), nil)
		require.NoError(t, err)
		require.Contains(t, *made.Arn, "arn:"+partition+":aps:"+region+":"+account+":workspace/")
		seen, err := workspaces.DescribeWorkspace(t.Context(), &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
		require.NoError(t, err)
		require.Regexp(t, `^https://aps-workspaces\.`+region+`\.amazonaws\.com(\.cn)?/workspaces/`, *seen.Workspace.PrometheusEndpoint)
	}
}
