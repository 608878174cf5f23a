package iamapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

const (
	trust    = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": "sts:AssumeRole"}]}`
	writing  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"aps:RemoteWrite","Resource":"*"}]}`
	reading  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"aps:QueryMetrics","Resource":"*"}]}`
	account  = "123456789012"
	policyNS = "arn:aws:iam::" + account + ":policy/"
)

// newEmulator starts one whose administrator's key is given.
func newEmulator(t *testing.T, dir string, region string) (*emulator.Emulator, iam.AccessKey) {
	t.Helper()
	e, err := emulator.New(emulator.Options{DataDir: dir, Region: region})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	return e, key
}

// client is the unmodified SDK, which finds iam.amazonaws.com by itself.
func client(e *emulator.Emulator, key iam.AccessKey) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: e.Region(), Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
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

func TestRoles(t *testing.T) {
	e, key := newEmulator(t, "", "eu-west-1")
	c, ctx := client(e, key), t.Context()

	_, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("query")})
	var none *types.NoSuchEntityException
	require.ErrorAs(t, err, &none)
	require.Equal(t, "The role with name query cannot be found.", none.ErrorMessage())

	made, err := c.CreateRole(ctx, &sdk.CreateRoleInput{
		RoleName: aws.String("query"), Path: aws.String("/amp/"), AssumeRolePolicyDocument: aws.String(trust),
		Description: aws.String("reads"), MaxSessionDuration: aws.Int32(7200),
		Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("ampkit")}},
	})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::"+account+":role/amp/query", *made.Role.Arn)
	require.Regexp(t, `^AROA[A-Z2-7]{16}$`, *made.Role.RoleId)

	_, err = c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("QUERY"), AssumeRolePolicyDocument: aws.String(trust)})
	var exists *types.EntityAlreadyExistsException
	require.ErrorAs(t, err, &exists)

	got, err := c.GetRole(ctx, &sdk.GetRoleInput{RoleName: aws.String("query")})
	require.NoError(t, err)
	text, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.Equal(t, trust, text, "byte for byte")
	require.Equal(t, "ampkit", *got.Role.Tags[0].Value)
	require.Equal(t, int32(7200), *got.Role.MaxSessionDuration)
	require.WithinDuration(t, time.Now(), *got.Role.CreateDate, time.Minute)

	_, err = c.UpdateAssumeRolePolicy(ctx, &sdk.UpdateAssumeRolePolicyInput{RoleName: aws.String("query"), PolicyDocument: aws.String(`{"Version":"2012-10-17"`)})
	var malformed *types.MalformedPolicyDocumentException
	require.ErrorAs(t, err, &malformed)
	_, err = c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("a b"), AssumeRolePolicyDocument: aws.String(trust)})
	refused(t, err, "ValidationError", `1 validation error detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]+`)

	_, err = c.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: aws.String("query"), PolicyName: aws.String("in"), PolicyDocument: aws.String(reading)})
	require.NoError(t, err)
	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("query")})
	refused(t, err, "DeleteConflict", "must delete policies first")
	_, err = c.DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: aws.String("query"), PolicyName: aws.String("in")})
	require.NoError(t, err)
	_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: aws.String("query")})
	require.NoError(t, err)
}
