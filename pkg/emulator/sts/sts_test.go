package sts_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/emulator/sts"
)

const (
	region    = "eu-west-1"
	account   = "123456789012"
	issuerURL = "https://oidc.eks.eu-west-1.amazonaws.com/id/A1"
	host      = "oidc.eks.eu-west-1.amazonaws.com/id/A1"
	readerARN = "arn:aws:iam::123456789012:role/eks/reader"
	subject   = "system:serviceaccount:monitoring:grafana"
)

// keyDir holds one issuer's key for all tests; making one takes a while.
var keyDir string

func TestMain(m *testing.M) {
	var err error
	if keyDir, err = os.MkdirTemp("", "sts"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(keyDir)
	os.Exit(code)
}

// world is an STS with a user, an issuer and a role that trusts its service
// account; the clock stands still until a test moves it.
type world struct {
	t       *testing.T
	now     time.Time
	store   *iam.Store
	issuer  *oidc.Issuer
	service *sts.Service
	user    iam.User
	key     iam.AccessKey
}

func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{t: t, now: time.Now().UTC().Truncate(time.Second)} // the SDK signs with the machine's time
	clock := func() time.Time { return w.now }
	var err error
	w.store, err = iam.Open(iam.Options{Account: account, Dir: dir, Clock: clock})
	require.NoError(t, err)
	w.issuer, err = oidc.Open(oidc.Options{URL: issuerURL, Dir: keyDir, Clock: clock})
	require.NoError(t, err)
	w.service, err = sts.New(sts.Options{Store: w.store, Region: region, Issuers: []sts.Issuer{w.issuer}, Dir: dir, Clock: clock})
	require.NoError(t, err)
	w.user, err = w.store.PutUser(iam.User{Name: "ann"})
	require.NoError(t, err)
	w.key, err = w.store.PutAccessKey(iam.AccessKey{User: w.user.ARN})
	require.NoError(t, err)
	provider, err := w.store.PutProvider(iam.Provider{URL: issuerURL, ClientIDs: []string{"sts.amazonaws.com"}})
	require.NoError(t, err)
	w.role(iam.Role{Name: "reader", Path: "/eks/", Trust: iam.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Federated":"` + provider.ARN + `"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"` + host + `:sub":"` + subject + `","` + host + `:aud":"sts.amazonaws.com"}}}]}`)})
	return w
}

func (w *world) role(r iam.Role) iam.Role {
	w.t.Helper()
	r, err := w.store.PutRole(r)
	require.NoError(w.t, err)
	return r
}

// trusting is a role that ann, or whoever is named, may assume.
func trusting(name, principal, more string) iam.Role {
	return iam.Role{Name: name, Trust: iam.Document(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` +
		principal + `"},"Action":["sts:AssumeRole","sts:TagSession"]` + more + `}}`)}
}

// Do makes the service an aws.HTTPClient.
func (w *world) Do(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	w.service.ServeHTTP(rec, r)
	answer := rec.Result()
	answer.Request = r
	return answer, nil
}

// client is the unmodified SDK, with these credentials.
func (w *world) client(p aws.CredentialsProvider) *awssts.Client {
	return awssts.New(awssts.Options{Region: region, Credentials: p, HTTPClient: w, Retryer: aws.NopRetryer{}})
}

func (w *world) ann() *awssts.Client {
	return w.client(credentials.NewStaticCredentialsProvider(w.key.ID, w.key.Secret, ""))
}

func (w *world) token(r oidc.TokenRequest) string {
	w.t.Helper()
	if r.Namespace == "" {
		r.Namespace, r.ServiceAccount = "monitoring", "grafana"
	}
	token, err := w.issuer.Mint(r)
	require.NoError(w.t, err)
	return token.Raw
}

// webIdentity exchanges a token, as the SDK does for a pod.
func (w *world) webIdentity(token string) (*awssts.AssumeRoleWithWebIdentityOutput, error) {
	return w.client(nil).AssumeRoleWithWebIdentity(w.t.Context(), &awssts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(readerARN), RoleSessionName: aws.String("pod-1"), WebIdentityToken: aws.String(token),
	})
}

func requireCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.ErrorCode())
	require.Contains(t, e.ErrorMessage(), message)
}

func TestWebIdentity(t *testing.T) {
	w := newWorld(t, "")
	out, err := w.webIdentity(w.token(oidc.TokenRequest{}))
	require.NoError(t, err)
	require.Equal(t, subject, *out.SubjectFromWebIdentityToken)
	require.Equal(t, "sts.amazonaws.com", *out.Audience)
	require.Equal(t, "arn:aws:iam::123456789012:oidc-provider/"+host, *out.Provider)
	require.Equal(t, w.now.Add(time.Hour), *out.Credentials.Expiration)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/reader/pod-1", *out.AssumedRoleUser.Arn, "a session has no path")

	me, err := w.client(static(out.Credentials)).GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, *out.AssumedRoleUser.Arn, *me.Arn)
	require.Equal(t, *out.AssumedRoleUser.AssumedRoleId, *me.UserId)
	require.Equal(t, account, *me.Account)
}

func TestCallerIdentityOfAUser(t *testing.T) {
	w := newWorld(t, "")
	me, err := w.ann().GetCallerIdentity(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, w.user.ARN, *me.Arn)
	require.Equal(t, w.user.ID, *me.UserId)

	global := func(o *awssts.Options) { o.Region = "us-east-1" }
	_, err = w.ann().GetCallerIdentity(t.Context(), nil, global)
	require.NoError(t, err, "the global endpoint signs for us-east-1")
	elsewhere := func(o *awssts.Options) { o.Region = "ap-south-1" }
	_, err = w.ann().GetCallerIdentity(t.Context(), nil, elsewhere)
	requireCode(t, err, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
}

func TestWrongSignatures(t *testing.T) {
	w := newWorld(t, "")
	for name, c := range map[string]struct {
		id, secret, token string
		code, message     string
	}{
		"wrong secret":  {w.key.ID, "guess", "", "SignatureDoesNotMatch", "The request signature we calculated does not match"},
		"unknown key":   {"AKIANOBODY", "guess", "", "InvalidClientTokenId", "The security token included in the request is invalid."},
		"unknown token": {w.key.ID, w.key.Secret, "rubbish", "InvalidClientTokenId", "The security token included in the request is invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.client(credentials.NewStaticCredentialsProvider(c.id, c.secret, c.token)).GetCallerIdentity(t.Context(), nil)
			requireCode(t, err, c.code, c.message)
		})
	}
}
