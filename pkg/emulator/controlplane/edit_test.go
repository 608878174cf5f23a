package controlplane_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/aws/aws-sdk-go-v2/service/amp/types"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func client(t *testing.T, e *emulator.Emulator, account, name string, policy iam.Document) *amp.Client {
	t.Helper()
	key, err := e.AddUser(account, name, policy)
	require.NoError(t, err)
	return amp.New(amp.Options{
		Region: e.Region(), Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		HTTPClient: &http.Client{Transport: e.Transport()}, RetryMaxAttempts: 1,
	})
}

func TestAliasAndTags(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	ctx := t.Context()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	made, err := c.CreateWorkspace(ctx, &amp.CreateWorkspaceInput{Alias: aws.String("first")})
	require.NoError(t, err)
	_, err = c.UpdateWorkspaceAlias(ctx, &amp.UpdateWorkspaceAliasInput{WorkspaceId: made.WorkspaceId, Alias: aws.String(" second ")})
	require.NoError(t, err)
	_, err = c.TagResource(ctx, &amp.TagResourceInput{ResourceArn: made.Arn, Tags: map[string]string{"owner": "ampkit", "team/a": "b"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &amp.UntagResourceInput{ResourceArn: made.Arn, TagKeys: []string{"owner"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &amp.ListTagsForResourceInput{ResourceArn: made.Arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team/a": "b"}, tags.Tags)
	d, err := c.DescribeWorkspace(ctx, &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.NoError(t, err)
	require.Equal(t, "second", *d.Workspace.Alias)
	require.Equal(t, tags.Tags, d.Workspace.Tags)

	var invalid *types.ValidationException
	_, err = c.TagResource(ctx, &amp.TagResourceInput{ResourceArn: made.Arn, Tags: map[string]string{"aws:x": "y"}})
	require.ErrorAs(t, err, &invalid)
	var none *types.ResourceNotFoundException
	_, err = c.TagResource(ctx, &amp.TagResourceInput{ResourceArn: aws.String(strings.Replace(*made.Arn, "ws-", "ws-0", 1)), Tags: map[string]string{"x": "y"}})
	require.ErrorAs(t, err, &none)
	var denied *types.AccessDeniedException
	_, err = client(t, e, "", "reader", emulator.Policy([]string{"aps:List*"})).UpdateWorkspaceAlias(ctx, &amp.UpdateWorkspaceAliasInput{WorkspaceId: made.WorkspaceId})
	require.ErrorAs(t, err, &denied)
}

// An operation that is missing here says so, and not that a signature does.
func TestOperationsThatAreNotOffered(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	made, err := c.CreateWorkspace(t.Context(), &amp.CreateWorkspaceInput{})
	require.NoError(t, err)
	_, groups := c.ListRuleGroupsNamespaces(t.Context(), &amp.ListRuleGroupsNamespacesInput{WorkspaceId: made.WorkspaceId})
	_, definition := c.DescribeAlertManagerDefinition(t.Context(), &amp.DescribeAlertManagerDefinitionInput{WorkspaceId: made.WorkspaceId})
	_, configuration := c.DescribeWorkspaceConfiguration(t.Context(), &amp.DescribeWorkspaceConfigurationInput{WorkspaceId: made.WorkspaceId})
	_, logging := c.DescribeLoggingConfiguration(t.Context(), &amp.DescribeLoggingConfigurationInput{WorkspaceId: made.WorkspaceId})
	for _, err := range []error{groups, definition, configuration, logging} {
		require.ErrorContains(t, err, "the emulator does not offer this operation")
	}
}

// CreateWorkspace with tags is authorised as TagResource too, says the service
// authorization reference.
func TestTagsOfANewWorkspaceNeedTagResource(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	tagged := &amp.CreateWorkspaceInput{Tags: map[string]string{"team": "a"}}
	c := client(t, e, "", "creator", emulator.Policy([]string{"aps:CreateWorkspace"}))
	_, err = c.CreateWorkspace(t.Context(), &amp.CreateWorkspaceInput{})
	require.NoError(t, err)
	_, err = c.CreateWorkspace(t.Context(), tagged)
	var denied *types.AccessDeniedException
	require.ErrorAs(t, err, &denied)
	require.Contains(t, *denied.Message, "aps:TagResource")
	require.Len(t, e.Workspaces(""), 1)
	c = client(t, e, "", "tagger", emulator.Policy([]string{"aps:CreateWorkspace", "aps:TagResource"}))
	_, err = c.CreateWorkspace(t.Context(), tagged)
	require.NoError(t, err)
}

// A retry of CreateWorkspace may come after an edit.
func TestClientTokenOutlivesAnEdit(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	create := &amp.CreateWorkspaceInput{Alias: aws.String("first"), ClientToken: aws.String("once")}
	made, err := c.CreateWorkspace(t.Context(), create)
	require.NoError(t, err)
	_, err = c.UpdateWorkspaceAlias(t.Context(), &amp.UpdateWorkspaceAliasInput{WorkspaceId: made.WorkspaceId, Alias: aws.String("second")})
	require.NoError(t, err)
	again, err := c.CreateWorkspace(t.Context(), create)
	require.NoError(t, err)
	require.Equal(t, made.WorkspaceId, again.WorkspaceId)
}

// Whoever cleans up deletes what a page holds before asking for the next one.
func TestPagesGoOnAfterADeletion(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	for range 5 {
		_, err := c.CreateWorkspace(t.Context(), &amp.CreateWorkspaceInput{})
		require.NoError(t, err)
	}
	deleted := 0
	pages := amp.NewListWorkspacesPaginator(c, &amp.ListWorkspacesInput{MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, w := range page.Workspaces {
			_, err := c.DeleteWorkspace(t.Context(), &amp.DeleteWorkspaceInput{WorkspaceId: w.WorkspaceId})
			require.NoError(t, err)
			deleted++
		}
	}
	require.Equal(t, 5, deleted)
	require.Empty(t, e.Workspaces(""))
}

func TestDeleteWorkspace(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	o := emulator.Options{DataDir: dir, ActivateAfter: time.Minute, Clock: func() time.Time { return now }}
	e, err := emulator.New(o)
	require.NoError(t, err)
	ctx := t.Context()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	made, err := c.CreateWorkspace(ctx, &amp.CreateWorkspaceInput{Alias: aws.String("gone")})
	require.NoError(t, err)
	id := &amp.DeleteWorkspaceInput{WorkspaceId: made.WorkspaceId}
	var conflict *types.ConflictException
	_, err = c.DeleteWorkspace(ctx, id)
	require.ErrorAs(t, err, &conflict, "still CREATING")

	now = now.Add(time.Minute)
	c = client(t, e, "", "admin", emulator.Policy([]string{"*"}))
	_, err = c.PutResourcePolicy(ctx, &amp.PutResourcePolicyInput{WorkspaceId: made.WorkspaceId, PolicyDocument: aws.String(shared(*made.Arn))})
	require.NoError(t, err)
	samples := filepath.Join(dir, "workspaces", *made.WorkspaceId)
	require.Equal(t, http.StatusOK, get(t, e, *made.WorkspaceId))
	require.DirExists(t, samples)

	_, err = c.DeleteWorkspace(ctx, id)
	require.NoError(t, err)
	require.NoDirExists(t, samples)
	require.Equal(t, http.StatusNotFound, status(t, e, "", "admin", "api/v1/labels", *made.WorkspaceId))
	d, err := c.DescribeWorkspace(ctx, &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.NoError(t, err)
	require.Equal(t, types.WorkspaceStatusCodeDeleting, d.Workspace.Status.StatusCode)
	_, err = c.DeleteWorkspace(ctx, id)
	require.ErrorAs(t, err, &conflict)

	require.NoError(t, e.Close()) // as if the process had ended before the samples were removed
	require.NoError(t, os.MkdirAll(samples, 0o700))
	e, err = emulator.New(o)
	require.NoError(t, err)
	defer e.Close()
	require.NoDirExists(t, samples)

	now = now.Add(time.Minute)
	c = client(t, e, "", "admin", emulator.Policy([]string{"*"}))
	var none *types.ResourceNotFoundException
	_, err = c.DescribeWorkspace(ctx, &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.ErrorAs(t, err, &none)
	list, err := c.ListWorkspaces(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, list.Workspaces)
	require.Empty(t, e.IAM().View().ResourcePolicies)
}

const guest = "210987654321"

func shared(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"guests","Effect":"Allow","Principal":{"AWS":"` + guest + `"},
		"Action":["aps:QueryMetrics","aps:GetLabels"],"Resource":"` + arn + `"}]}`
}

// get asks for labels as a user of the guest account who may do all.
func get(t *testing.T, e *emulator.Emulator, id string) int {
	t.Helper()
	return status(t, e, guest, "guest", "api/v1/labels", id)
}

// Across accounts both sides must allow: the owner's resource policy and the
// guest's own policies.
func TestResourcePolicy(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer e.Close()
	ctx := t.Context()
	c := client(t, e, "", "admin", emulator.Policy([]string{"aps:*"}))
	ws, err := e.CreateWorkspace(ctx, "shared", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, get(t, e, ws.ID))

	var none *types.ResourceNotFoundException
	_, err = c.DescribeResourcePolicy(ctx, &amp.DescribeResourcePolicyInput{WorkspaceId: &ws.ID})
	require.ErrorAs(t, err, &none)
	put, err := c.PutResourcePolicy(ctx, &amp.PutResourcePolicyInput{WorkspaceId: &ws.ID, PolicyDocument: aws.String(shared(ws.ARN))})
	require.NoError(t, err)
	require.Equal(t, types.WorkspacePolicyStatusCodeCreating, put.PolicyStatus)
	got, err := c.DescribeResourcePolicy(ctx, &amp.DescribeResourcePolicyInput{WorkspaceId: &ws.ID})
	require.NoError(t, err)
	require.Equal(t, shared(ws.ARN), *got.PolicyDocument)
	require.Equal(t, put.RevisionId, got.RevisionId)

	require.Equal(t, http.StatusOK, get(t, e, ws.ID))
	require.Equal(t, http.StatusForbidden, status(t, e, guest, "guest", "api/v1/metadata", ws.ID), "not in the resource policy")
	require.Equal(t, http.StatusForbidden, status(t, e, guest, "poor", "api/v1/labels", ws.ID), "not in the guest's policies")

	var conflict *types.ConflictException
	_, err = c.PutResourcePolicy(ctx, &amp.PutResourcePolicyInput{WorkspaceId: &ws.ID, PolicyDocument: got.PolicyDocument, RevisionId: aws.String("other")})
	require.ErrorAs(t, err, &conflict)
	var invalid *types.ValidationException
	_, err = c.PutResourcePolicy(ctx, &amp.PutResourcePolicyInput{WorkspaceId: &ws.ID, PolicyDocument: aws.String(`{"Version":"2012-10-17"}`)})
	require.ErrorAs(t, err, &invalid)
	_, err = c.DeleteResourcePolicy(ctx, &amp.DeleteResourcePolicyInput{WorkspaceId: &ws.ID, RevisionId: got.RevisionId})
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, get(t, e, ws.ID))
}

// status is what the data plane answers to a role's session of an account. The
// one named poor has no policies.
func status(t *testing.T, e *emulator.Emulator, account, name, path, id string) int {
	t.Helper()
	policy := emulator.Policy([]string{"*"})
	if name == "poor" {
		policy = emulator.Policy([]string{"sts:*"})
	}
	key, err := e.AddUser(account, name, policy)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://aps-workspaces."+e.Region()+".amazonaws.com/workspaces/"+id+"/"+path, http.NoBody)
	require.NoError(t, err)
	signer := v4.NewSigner()
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	who := aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret}
	require.NoError(t, signer.SignHTTP(t.Context(), who, r, empty, "aps", e.Region(), time.Now()))
	resp, err := e.Transport().RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
