package sts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

const workspace = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"

func static(c *types.Credentials) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func assume(t *testing.T, c *awssts.Client, role string, edit func(*awssts.AssumeRoleInput)) (*types.Credentials, error) {
	t.Helper()
	in := &awssts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("s-1")}
	if edit != nil {
		edit(in)
	}
	out, err := c.AssumeRole(t.Context(), in)
	if err != nil {
		return nil, err
	}
	return out.Credentials, nil
}

func TestAssumeRoleWithExternalID(t *testing.T) {
	w := newWorld(t, "")
	role := w.role(trusting("partner", w.user.ARN, `,"Condition":{"StringEquals":{"sts:ExternalId":"secret-handshake"}}`))
	for id, ok := range map[string]bool{"secret-handshake": true, "guess": false, "": false} {
		creds, err := assume(t, w.ann(), role.ARN, func(in *awssts.AssumeRoleInput) {
			if id != "" {
				in.ExternalId = aws.String(id)
			}
		})
		if ok {
			require.NoError(t, err)
			me, err := w.client(static(creds)).GetCallerIdentity(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, "arn:aws:sts::123456789012:assumed-role/partner/s-1", *me.Arn)
			continue
		}
		requireCode(t, err, "AccessDenied", "User: "+w.user.ARN+" is not authorized to perform: sts:AssumeRole on resource: "+role.ARN)
	}
	_, err := assume(t, w.ann(), "arn:aws:iam::123456789012:role/nobody", nil)
	requireCode(t, err, "AccessDenied", "is not authorized to perform: sts:AssumeRole")
}

func TestSessionDuration(t *testing.T) {
	w := newWorld(t, "")
	short := w.role(trusting("short", w.user.ARN, ""))
	r := trusting("long", w.user.ARN, "")
	r.MaxSession = 4 * time.Hour
	long := w.role(r)
	seconds := func(n int32) func(*awssts.AssumeRoleInput) {
		return func(in *awssts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(n) }
	}
	creds, err := assume(t, w.ann(), long.ARN, seconds(4*3600))
	require.NoError(t, err)
	require.Equal(t, w.now.Add(4*time.Hour), *creds.Expiration)
	for role, n := range map[string]int32{short.ARN: 3601, long.ARN: 4*3600 + 1} {
		_, err := assume(t, w.ann(), role, seconds(n))
		requireCode(t, err, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}

	r = trusting("next", long.ARN, "")
	r.MaxSession = 4 * time.Hour
	next := w.role(r)
	chained := w.client(static(creds))
	_, err = assume(t, chained, next.ARN, seconds(3600))
	require.NoError(t, err)
	_, err = assume(t, chained, next.ARN, seconds(3601))
	requireCode(t, err, "ValidationError", "exceeds the 1 hour session limit for roles assumed by role chaining")
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t, "")
	out, err := w.webIdentity(w.token(oidc.TokenRequest{}))
	require.NoError(t, err)
	id, token := *out.Credentials.AccessKeyId, *out.Credentials.SessionToken
	key, err := w.service.Key(id, token)
	require.NoError(t, err)
	short, err := w.service.Issue(key.Principal, time.Second)
	require.NoError(t, err)

	w.now = w.now.Add(time.Second)
	me := w.client(credentials.NewStaticCredentialsProvider(short.AccessKeyID, short.SecretAccessKey, short.SessionToken))
	_, err = me.GetCallerIdentity(t.Context(), nil)
	requireCode(t, err, "ExpiredToken", "The security token included in the request is expired")
	_, err = w.client(static(out.Credentials)).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)

	w.now = w.now.Add(time.Hour - 2*time.Second)
	_, err = w.service.Key(id, token)
	require.NoError(t, err)
	w.now = w.now.Add(time.Second)
	_, err = w.service.Key(id, token)
	require.ErrorIs(t, err, awserr.ExpiredToken)
	require.Equal(t, "[redacted]", short.String())
}

func TestSessionTokensOfOthersAreInvalid(t *testing.T) {
	w, other := newWorld(t, ""), newWorld(t, "")
	out, err := w.webIdentity(w.token(oidc.TokenRequest{}))
	require.NoError(t, err)
	id, token := *out.Credentials.AccessKeyId, *out.Credentials.SessionToken
	flipped := []byte(token)
	flipped[len(flipped)/2] ^= 1
	for name, pair := range map[string][2]string{
		"flipped": {id, string(flipped)}, "cut": {id, token[:len(token)-4]}, "another key": {"ASIAOTHER", token},
		"none": {id, ""}, "not base64": {id, "!"}, "empty": {id, "AAAA"}, "long": {id, strings.Repeat("A", 1<<20)},
	} {
		_, err := w.service.Key(pair[0], pair[1])
		require.ErrorIs(t, err, awserr.UnrecognizedClient, name)
	}
	_, err = other.service.Key(id, token)
	require.ErrorIs(t, err, awserr.UnrecognizedClient)
	require.NotContains(t, token, *out.Credentials.SecretAccessKey)
}

func TestSessionsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	first := newWorld(t, dir)
	out, err := first.webIdentity(first.token(oidc.TokenRequest{}))
	require.NoError(t, err)
	second := newWorld(t, dir)
	key, err := second.service.Key(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
	require.NoError(t, err)
	require.Equal(t, *out.AssumedRoleUser.Arn, key.Principal.ARN)
	require.NotContains(t, key.String(), key.Secret)
}

func TestSessionPoliciesAndTags(t *testing.T) {
	w := newWorld(t, "")
	r := trusting("broad", w.user.ARN, "")
	r.Inline = map[string]iam.Document{"all": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"aps:*","Resource":"*"},
		{"Effect":"Deny","Action":"aps:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"banned"}}}]}`}
	role := w.role(r)
	narrow := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"aps:QueryMetrics","Resource":"*"}}`
	principal := func(edit func(*awssts.AssumeRoleInput)) iam.Principal {
		creds, err := assume(t, w.ann(), role.ARN, edit)
		require.NoError(t, err)
		key, err := w.service.Key(*creds.AccessKeyId, *creds.SessionToken)
		require.NoError(t, err)
		return key.Principal
	}
	p := principal(func(in *awssts.AssumeRoleInput) { in.Policy = &narrow })
	require.NoError(t, w.store.Authorize(p, "aps:QueryMetrics", workspace, nil))
	require.ErrorIs(t, w.store.Authorize(p, "aps:GetLabels", workspace, nil), awserr.AccessDenied)

	p = principal(func(in *awssts.AssumeRoleInput) {
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("banned")}}
	})
	require.ErrorContains(t, w.store.Authorize(p, "aps:QueryMetrics", workspace, nil), "explicit deny")

	untaggable := w.role(iam.Role{Name: "plain", Trust: iam.Document(strings.ReplaceAll(string(role.Trust), `,"sts:TagSession"`, ""))})
	_, err := assume(t, w.ann(), untaggable.ARN, func(in *awssts.AssumeRoleInput) {
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("x")}}
	})
	requireCode(t, err, "AccessDenied", "sts:TagSession")
	bad := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"x"}}`
	_, err = assume(t, w.ann(), role.ARN, func(in *awssts.AssumeRoleInput) { in.Policy = &bad })
	requireCode(t, err, "MalformedPolicyDocument", "")
}

// Keys of session tags have no case: two that differ in it only are one too
// many, and one of the session stands in for one of the role.
func TestKeysOfSessionTags(t *testing.T) {
	w := newWorld(t, "")
	r := trusting("tagged", w.user.ARN, "")
	r.Tags = map[string]string{"team": "good"}
	r.Inline = map[string]iam.Document{"all": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"aps:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"good"}}}]}`}
	role := w.role(r)
	with := func(keys ...string) (*types.Credentials, error) {
		return assume(t, w.ann(), role.ARN, func(in *awssts.AssumeRoleInput) {
			for _, k := range keys {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(k), Value: aws.String("other")})
			}
		})
	}
	for _, keys := range [][]string{{"cost", "Cost"}, {"aws:team"}, {"AWS:team"}, {"a{b}"}} {
		_, err := with(keys...)
		requireCode(t, err, "ValidationError", "Invalid session tag")
	}
	creds, err := with("Team", "cost centre/1")
	require.NoError(t, err)
	key, err := w.service.Key(*creds.AccessKeyId, *creds.SessionToken)
	require.NoError(t, err)
	for range 100 { // maps have no order
		require.ErrorIs(t, w.store.Authorize(key.Principal, "aps:QueryMetrics", workspace, nil), awserr.AccessDenied)
	}
}
