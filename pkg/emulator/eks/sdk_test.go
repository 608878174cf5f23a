package eks_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	sdk "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

const (
	region   = "eu-west-1"
	podTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},
		"Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"monitoring"}}}]}`
)

func newEmulator(t *testing.T, dir string) *emulator.Emulator {
	t.Helper()
	e, err := emulator.New(emulator.Options{DataDir: dir, Region: region, Clusters: []string{"prod", "dev"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func client(t *testing.T, e *emulator.Emulator, name string, policy iam.Document) *sdk.Client {
	t.Helper()
	key, err := e.AddUser("", name, policy)
	require.NoError(t, err)
	return sdk.New(sdk.Options{
		Region: region, Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		HTTPClient: &http.Client{Transport: e.Transport()}, RetryMaxAttempts: 1,
	})
}

func refused(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	require.Contains(t, api.ErrorMessage(), message)
}

func TestClusters(t *testing.T) {
	e := newEmulator(t, "")
	c := client(t, e, "admin", emulator.Policy([]string{"eks:*"}))
	list, err := c.ListClusters(t.Context(), &sdk.ListClustersInput{MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Equal(t, []string{"dev"}, list.Clusters)
	list, err = c.ListClusters(t.Context(), &sdk.ListClustersInput{NextToken: list.NextToken})
	require.NoError(t, err)
	require.Equal(t, []string{"prod"}, list.Clusters)
	require.Nil(t, list.NextToken)

	d, err := c.DescribeCluster(t.Context(), &sdk.DescribeClusterInput{Name: aws.String("prod")})
	require.NoError(t, err)
	require.Equal(t, e.Issuer().URL(), *d.Cluster.Identity.Oidc.Issuer)
	require.Equal(t, types.ClusterStatusActive, d.Cluster.Status)

	_, err = c.DescribeCluster(t.Context(), &sdk.DescribeClusterInput{Name: aws.String("none")})
	var none *types.ResourceNotFoundException
	require.ErrorAs(t, err, &none)
	require.Equal(t, "No cluster found for name: none.", none.ErrorMessage())

	_, err = client(t, e, "other", emulator.Policy([]string{"eks:ListClusters"})).DescribeCluster(t.Context(), &sdk.DescribeClusterInput{Name: aws.String("prod")})
	refused(t, err, "AccessDeniedException", "is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:eu-west-1:123456789012:cluster/prod")
}

func TestAssociations(t *testing.T) {
	dir := t.TempDir()
	e := newEmulator(t, dir)
	ctx := t.Context()
	role, err := e.AddRole("", "query", podTrust, "")
	require.NoError(t, err)
	c := client(t, e, "admin", emulator.Policy([]string{"*"}))
	in := &sdk.CreatePodIdentityAssociationInput{
		ClusterName: aws.String("prod"), Namespace: aws.String("monitoring"), ServiceAccount: aws.String("grafana"), RoleArn: &role.ARN,
		ClientRequestToken: aws.String("once"), Tags: map[string]string{"owner": "ampkit"},
	}
	made, err := c.CreatePodIdentityAssociation(ctx, in)
	require.NoError(t, err)
	require.Regexp(t, `^arn:aws:eks:eu-west-1:123456789012:podidentityassociation/prod/a-[a-z0-9]{17}$`, *made.Association.AssociationArn)
	again, err := c.CreatePodIdentityAssociation(ctx, in)
	require.NoError(t, err)
	require.Equal(t, made.Association.AssociationId, again.Association.AssociationId)
	in.ClientRequestToken = nil
	_, err = c.CreatePodIdentityAssociation(ctx, in)
	refused(t, err, "ResourceInUseException", "Association already exists: "+*made.Association.AssociationId)
	in.ServiceAccount, in.RoleArn = aws.String("other"), aws.String("arn:aws:iam::123456789012:role/none")
	_, err = c.CreatePodIdentityAssociation(ctx, in)
	refused(t, err, "InvalidParameterException", "Role provided in the request does not exist")
	in.RoleArn = &role.ARN
	_, err = client(t, e, "no-pass", emulator.Policy([]string{"eks:*"})).CreatePodIdentityAssociation(ctx, in)
	refused(t, err, "AccessDeniedException", "iam:PassRole")

	_, err = c.TagResource(ctx, &sdk.TagResourceInput{ResourceArn: made.Association.AssociationArn, Tags: map[string]string{"a/b": "c"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceArn: made.Association.AssociationArn, TagKeys: []string{"owner"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceArn: made.Association.AssociationArn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a/b": "c"}, tags.Tags)

	up, err := c.UpdatePodIdentityAssociation(ctx, &sdk.UpdatePodIdentityAssociationInput{
		ClusterName: aws.String("prod"), AssociationId: made.Association.AssociationId, DisableSessionTags: aws.Bool(true),
		Policy: aws.String(string(emulator.Policy([]string{"aps:QueryMetrics"}))),
	})
	require.NoError(t, err)
	require.True(t, *up.Association.DisableSessionTags)

	require.NoError(t, e.Close()) // the book outlives a restart
	e = newEmulator(t, dir)
	c = client(t, e, "admin", emulator.Policy([]string{"*"}))
	list, err := c.ListPodIdentityAssociations(ctx, &sdk.ListPodIdentityAssociationsInput{ClusterName: aws.String("prod"), Namespace: aws.String("monitoring")})
	require.NoError(t, err)
	require.Len(t, list.Associations, 1)
	_, err = c.DeletePodIdentityAssociation(ctx, &sdk.DeletePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: made.Association.AssociationId})
	require.NoError(t, err)
	_, err = c.DescribePodIdentityAssociation(ctx, &sdk.DescribePodIdentityAssociationInput{ClusterName: aws.String("prod"), AssociationId: made.Association.AssociationId})
	refused(t, err, "ResourceNotFoundException", "No association found")
}

// A pod has nothing but the two variables that the webhook sets and a token.
func TestPodIdentityThroughTheSDK(t *testing.T) {
	e := newEmulator(t, "")
	server := httptest.NewServer(e)
	defer server.Close()
	ctx := t.Context()
	role, err := e.AddRole("", "query", podTrust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"aps:ListWorkspaces","Resource":"*",
		"Condition":{"StringEquals":{"aws:PrincipalTag/kubernetes-service-account":"grafana","aws:PrincipalTag/eks-cluster-name":"prod"}}}]}`)
	require.NoError(t, err)
	admin := client(t, e, "admin", emulator.Policy([]string{"*"}))
	for _, namespace := range []string{"monitoring", "elsewhere"} {
		_, err = admin.CreatePodIdentityAssociation(ctx, &sdk.CreatePodIdentityAssociationInput{
			ClusterName: aws.String("prod"), Namespace: &namespace, ServiceAccount: aws.String("grafana"), RoleArn: &role.ARN,
		})
		require.NoError(t, err)
	}
	pod := func(namespace, audience string) aws.Config {
		file := filepath.Join(t.TempDir(), "token")
		require.NoError(t, e.MintToken(file, oidc.TokenRequest{Namespace: namespace, ServiceAccount: "grafana", Audiences: []string{audience}}))
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"} {
			t.Setenv(name, "")
			require.NoError(t, os.Unsetenv(name))
		}
		t.Setenv("AWS_CONFIG_FILE", os.DevNull)
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.URL+"/v1/credentials?cluster=prod")
		t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)
		cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(region), config.WithBaseEndpoint(server.URL), config.WithRetryMaxAttempts(1))
		require.NoError(t, err)
		return cfg
	}
	cfg := pod("monitoring", "pods.eks.amazonaws.com")
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	require.NoError(t, err)
	require.Regexp(t, `^arn:aws:sts::123456789012:assumed-role/query/eks-prod-grafana-0-[0-9a-f-]{36}$`, *me.Arn)
	_, err = amp.NewFromConfig(cfg).ListWorkspaces(ctx, nil)
	require.NoError(t, err, "the policy reads the session's tags")
	_, err = amp.NewFromConfig(cfg).CreateWorkspace(ctx, nil)
	refused(t, err, "AccessDeniedException", "aps:CreateWorkspace")

	_, err = pod("monitoring", "sts.amazonaws.com").Credentials.Retrieve(ctx)
	require.ErrorContains(t, err, "Token audience is not pods.eks.amazonaws.com")
	_, err = pod("elsewhere", "pods.eks.amazonaws.com").Credentials.Retrieve(ctx)
	require.ErrorContains(t, err, "EKS does not have permissions to assume the associated role")
	_, err = pod("default", "pods.eks.amazonaws.com").Credentials.Retrieve(ctx)
	require.ErrorContains(t, err, "No association of service account default/grafana in cluster prod")
}
