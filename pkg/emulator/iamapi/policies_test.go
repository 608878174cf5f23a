package iamapi_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func TestPolicyVersions(t *testing.T) {
	e, key := newEmulator(t, "", "us-east-1")
	c, ctx := client(e, key), t.Context()
	arn := aws.String(policyNS + "amp/query")
	made, err := c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("query"), Path: aws.String("/amp/"), PolicyDocument: aws.String(reading), Description: aws.String("reads")})
	require.NoError(t, err)
	require.Equal(t, *arn, *made.Policy.Arn)
	_, err = c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("Query"), PolicyDocument: aws.String(reading)})
	refused(t, err, "EntityAlreadyExists", "A policy called Query already exists. Duplicate names are not allowed.")

	for i := 2; i <= 5; i++ {
		v, err := c.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(writing), SetAsDefault: i == 3})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("v%d", i), *v.PolicyVersion.VersionId)
	}
	_, err = c.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(writing)})
	var limit *types.LimitExceededException
	require.ErrorAs(t, err, &limit)
	_, err = c.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v3")})
	refused(t, err, "DeleteConflict", "Cannot delete the default version of a policy.")
	_, err = c.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v5")})
	require.NoError(t, err)
	v, err := c.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(reading)})
	require.NoError(t, err)
	require.Equal(t, "v6", *v.PolicyVersion.VersionId, "numbers are not used again")

	list, err := c.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: arn, MaxItems: aws.Int32(2)})
	require.NoError(t, err)
	require.True(t, list.IsTruncated)
	require.Equal(t, "v6", *list.Versions[0].VersionId)
	rest, err := c.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: arn, Marker: list.Marker})
	require.NoError(t, err)
	require.Len(t, rest.Versions, 3)
	require.True(t, rest.Versions[0].IsDefaultVersion)
	_, err = c.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: arn, Marker: aws.String("x")})
	refused(t, err, "ValidationError", "Invalid Marker.")

	one, err := c.GetPolicyVersion(ctx, &sdk.GetPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
	require.NoError(t, err)
	text, err := url.PathUnescape(*one.PolicyVersion.Document)
	require.NoError(t, err)
	require.Equal(t, reading, text)
	_, err = c.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v9")})
	refused(t, err, "NoSuchEntity", "v9")
	_, err = c.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: aws.String("v1")})
	require.NoError(t, err)
	got, err := c.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: arn})
	require.NoError(t, err)
	require.Equal(t, "v1", *got.Policy.DefaultVersionId)
	require.Equal(t, "reads", *got.Policy.Description)

	_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: arn})
	refused(t, err, "DeleteConflict", "This policy has more than one version.")
}

func TestAttachments(t *testing.T) {
	dir := t.TempDir()
	e, key := newEmulator(t, dir, "us-east-1")
	c, ctx, role := client(e, key), t.Context(), aws.String("query")
	_, err := c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: role, AssumeRolePolicyDocument: aws.String(trust)})
	require.NoError(t, err)
	made, err := c.CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("query"), PolicyDocument: aws.String(reading)})
	require.NoError(t, err)
	arn := made.Policy.Arn
	attach := &sdk.AttachRolePolicyInput{RoleName: role, PolicyArn: arn}
	for range 2 {
		_, err = c.AttachRolePolicy(ctx, attach)
		require.NoError(t, err)
	}
	byAWS := aws.String("arn:aws:iam::aws:policy/AmazonPrometheusRemoteWriteAccess")
	_, err = c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: role, PolicyArn: byAWS})
	require.NoError(t, err)
	_, err = c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String(policyNS + "none")})
	refused(t, err, "NoSuchEntity", "Policy "+policyNS+"none does not exist or is not attachable.")
	_, err = c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: role, PolicyArn: aws.String("arn:aws:s3:::bucket/query")})
	refused(t, err, "InvalidInput", "ARN arn:aws:s3:::bucket/query is not valid.")

	require.NoError(t, e.Close()) // all of it outlives a restart
	e, key = newEmulator(t, dir, "us-east-1")
	c = client(e, key)
	var attached []string
	for p := sdk.NewListAttachedRolePoliciesPaginator(c, &sdk.ListAttachedRolePoliciesInput{RoleName: role, MaxItems: aws.Int32(1)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		for _, a := range page.AttachedPolicies {
			attached = append(attached, *a.PolicyArn)
		}
	}
	require.Equal(t, []string{*arn, *byAWS}, attached)
	who, err := c.ListEntitiesForPolicy(ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: arn})
	require.NoError(t, err)
	require.Equal(t, "query", *who.PolicyRoles[0].RoleName)
	used, err := c.ListPolicies(ctx, &sdk.ListPoliciesInput{OnlyAttached: true, Scope: types.PolicyScopeTypeLocal})
	require.NoError(t, err)
	require.Len(t, used.Policies, 1)
	require.Equal(t, int32(1), *used.Policies[0].AttachmentCount)

	_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: arn})
	refused(t, err, "DeleteConflict", "Cannot delete a policy attached to entities.")
	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: role})
	refused(t, err, "DeleteConflict", "must detach all policies first")
	_, err = c.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: role, PolicyArn: arn})
	require.NoError(t, err)
	_, err = c.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: role, PolicyArn: arn})
	refused(t, err, "NoSuchEntity", "was not found")
	_, err = c.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: arn})
	require.NoError(t, err)
	_, err = c.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: arn})
	refused(t, err, "NoSuchEntity", "Policy "+*arn+" was not found.")
}

func TestProviders(t *testing.T) {
	e, key := newEmulator(t, "", "us-east-1")
	c, ctx := client(e, key), t.Context()
	in := &sdk.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://oidc.eks.us-east-1.amazonaws.com/id/ABC"), ClientIDList: []string{"sts.amazonaws.com"},
		Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("ampkit")}},
	}
	made, err := c.CreateOpenIDConnectProvider(ctx, in)
	require.NoError(t, err)
	arn := made.OpenIDConnectProviderArn
	require.Equal(t, "arn:aws:iam::"+account+":oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABC", *arn)
	_, err = c.CreateOpenIDConnectProvider(ctx, in)
	refused(t, err, "EntityAlreadyExists", "Provider with url https://oidc.eks.us-east-1.amazonaws.com/id/ABC already exists.")
	for range 2 {
		_, err = c.AddClientIDToOpenIDConnectProvider(ctx, &sdk.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: aws.String("other")})
		require.NoError(t, err)
	}
	got, err := c.GetOpenIDConnectProvider(ctx, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	require.NoError(t, err)
	require.Equal(t, "oidc.eks.us-east-1.amazonaws.com/id/ABC", *got.Url, "without its scheme, as IAM answers")
	require.Equal(t, []string{"sts.amazonaws.com", "other"}, got.ClientIDList)
	require.Len(t, got.ThumbprintList[0], 40, "none was given, and one is found")
	require.Equal(t, "ampkit", *got.Tags[0].Value)
	list, err := c.ListOpenIDConnectProviders(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, *arn, *list.OpenIDConnectProviderList[0].Arn)
	for range 2 { // the second finds nothing, which is no error
		_, err = c.DeleteOpenIDConnectProvider(ctx, &sdk.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
		require.NoError(t, err)
	}
	_, err = c.GetOpenIDConnectProvider(ctx, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	refused(t, err, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+*arn)
	in.Url = aws.String("http://oidc.example.com")
	_, err = c.CreateOpenIDConnectProvider(ctx, in)
	refused(t, err, "ValidationError", "Invalid Open ID Connect Provider URL")
}

func TestTagsAndPages(t *testing.T) {
	e, key := newEmulator(t, "", "us-east-1")
	c, ctx := client(e, key), t.Context()
	for i := range 5 {
		_, err := c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String(fmt.Sprintf("r%d", i)), AssumeRolePolicyDocument: aws.String(trust)})
		require.NoError(t, err)
	}
	var names []string
	for p := sdk.NewListRolesPaginator(c, &sdk.ListRolesInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		for _, r := range page.Roles {
			names = append(names, *r.RoleName)
		}
	}
	require.Equal(t, []string{"r0", "r1", "r2", "r3", "r4"}, names)

	role := aws.String("r0")
	_, err := c.TagRole(ctx, &sdk.TagRoleInput{RoleName: role, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("")}}})
	require.NoError(t, err)
	_, err = c.UntagRole(ctx, &sdk.UntagRoleInput{RoleName: role, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err := c.ListRoleTags(ctx, &sdk.ListRoleTagsInput{RoleName: role})
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	require.Equal(t, "b", *tags.Tags[0].Key)
	many := make([]types.Tag, 50)
	for i := range many {
		many[i] = types.Tag{Key: aws.String(fmt.Sprintf("k%d", i)), Value: aws.String("v")}
	}
	_, err = c.TagRole(ctx, &sdk.TagRoleInput{RoleName: role, Tags: many})
	refused(t, err, "LimitExceeded", "The number of tags has reached the maximum limit.")
}

// Who may call IAM is decided by IAM; a boundary limits what policies grant.
func TestCallersAreJudgedByTheirOwnPolicies(t *testing.T) {
	e, admin := newEmulator(t, "", "us-east-1")
	ctx := t.Context()
	_, err := client(e, admin).CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("query"), AssumeRolePolicyDocument: aws.String(trust)})
	require.NoError(t, err)
	clerk, err := e.AddUser("", "clerk", emulator.Policy([]string{"iam:GetRole", "iam:CreateRole"}, "arn:aws:iam::"+account+":role/query"))
	require.NoError(t, err)
	c := client(e, clerk)
	_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("query")})
	require.NoError(t, err)
	_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("other")})
	refused(t, err, "AccessDenied", "User: arn:aws:iam::"+account+":user/clerk is not authorized to perform: iam:GetRole on resource: arn:aws:iam::"+account+":role/other")
	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("query")})
	refused(t, err, "AccessDenied", "iam:DeleteRole")

	_, err = client(e, admin).CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String("fence"), PolicyDocument: aws.String(writing)})
	require.NoError(t, err)
	require.NoError(t, e.IAM().Update(func(st *iam.State) error {
		u := st.Users["arn:aws:iam::"+account+":user/clerk"]
		u.Boundary = policyNS + "fence"
		st.Users[u.ARN] = u
		return nil
	}))
	_, err = c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("query")})
	refused(t, err, "AccessDenied", "iam:GetRole")
	_, err = client(e, admin).DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: aws.String(policyNS + "fence")})
	refused(t, err, "DeleteConflict", "attached")

	me, err := client(e, admin).GetUser(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, "admin", *me.User.UserName)

	// Another account sees nothing of this one.
	guest, err := e.AddUser("210987654321", "guest", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	roles, err := client(e, guest).ListRoles(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, roles.Roles)
	_, err = client(e, guest).GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: aws.String(policyNS + "fence")})
	require.Error(t, err)
}
