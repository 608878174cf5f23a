package iamapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/iamapi"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// made are identifiers that are new each time.
var made = regexp.MustCompile(`(AROA|ANPA|AIDA)[A-Z2-7]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// newHandler takes everybody for an administrator.
func newHandler(t *testing.T) *iamapi.Handler {
	t.Helper()
	clock := func() time.Time { return time.Date(2026, time.March, 14, 9, 26, 53, 0, time.UTC) }
	store, err := iam.Open(iam.Options{Clock: clock})
	require.NoError(t, err)
	u, err := store.PutUser(iam.User{Name: "admin", Permissions: iam.Permissions{Inline: map[string]iam.Document{
		"all": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	}}})
	require.NoError(t, err)
	who := iam.Principal{Kind: iam.KindUser, Account: u.Account, ARN: u.ARN, ID: u.ID, Entity: u.ARN}
	return &iamapi.Handler{Store: store, Clock: clock, Verify: func(*http.Request, sigv4auth.Scope) (iam.Principal, error) { return who, nil }}
}

func ask(t *testing.T, h http.Handler, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	form.Set("Version", iamapi.Version)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	require.Equal(t, "text/xml", rec.Header().Get("Content-Type"))
	return rec
}

// The answers, byte for byte but for identifiers that are made up. They follow
// one another on one store.
func TestAnswersAreAsWritten(t *testing.T) {
	h := newHandler(t)
	arn, role := policyNS+"query", "RoleName=query"
	for _, step := range []struct {
		name, form string
		status     int
	}{
		{"CreateRole", role + "&Tags.member.1.Key=owner&Tags.member.1.Value=ampkit&Description=reads&AssumeRolePolicyDocument=" + url.QueryEscape(trust), 200},
		{"CreateRole-again", role + "&AssumeRolePolicyDocument=" + url.QueryEscape(trust), 409},
		{"CreatePolicy", "PolicyName=query&Description=reads&PolicyDocument=" + url.QueryEscape(reading), 200},
		{"AttachRolePolicy", role + "&PolicyArn=" + arn, 200},
		{"PutRolePermissionsBoundary", role + "&PermissionsBoundary=" + arn, 200},
		{"GetRole", role, 200},
		{"GetRole-unknown", "RoleName=none", 404},
		{"GetRole-invalid", "RoleName=" + url.QueryEscape("a/b"), 400},
		{"ListRoles", "", 200},
		{"ListRolePolicies", role, 200},
		{"ListAttachedRolePolicies", role, 200},
		{"CreatePolicyVersion", "SetAsDefault=true&PolicyArn=" + arn + "&PolicyDocument=" + url.QueryEscape(writing), 200},
		{"GetPolicy", "PolicyArn=" + arn, 200},
		{"GetPolicyVersion", "VersionId=v2&PolicyArn=" + arn, 200},
		{"ListPolicyVersions", "MaxItems=1&PolicyArn=" + arn, 200},
		{"ListPolicies", "Scope=Local", 200},
		{"ListEntitiesForPolicy", "PolicyArn=" + arn, 200},
		{"UpdateAssumeRolePolicy-malformed", role + "&PolicyDocument=" + url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}`), 400},
		{"DeleteRole-conflict", role, 409},
		{"CreateOpenIDConnectProvider", "ClientIDList.member.1=sts.amazonaws.com&Url=" + url.QueryEscape("https://oidc.example.com/id/A"), 200},
		{"GetOpenIDConnectProvider", "OpenIDConnectProviderArn=arn:aws:iam::" + account + ":oidc-provider/oidc.example.com/id/A", 200},
		{"ListOpenIDConnectProviders", "", 200},
		{"Unknown", "", 400},
	} {
		t.Run(step.name, func(t *testing.T) {
			form, err := url.ParseQuery(step.form)
			require.NoError(t, err)
			action, _, _ := strings.Cut(step.name, "-")
			form.Set("Action", action)
			rec := ask(t, h, form)
			require.Equal(t, step.status, rec.Code, rec.Body.String())
			golden.Assert(t, made.ReplaceAllString(rec.Body.String(), "${1}MADE"), step.name+".xml")
		})
	}
}

// The SDK ships the request that it sends for each operation: every parameter
// that an operation here requires must be in it by that name.
func TestParametersAreNamedAsTheSDKNamesThem(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/iam").Output()
	if err != nil {
		t.Skip("the module's source is not at hand")
	}
	h, held := newHandler(t), 0
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "request_snapshot", "*.request.snap"))
	require.NoError(t, err)
	for _, file := range files {
		operation := strings.TrimSuffix(filepath.Base(file), ".request.snap")
		if !iamapi.Offers(operation) {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		form, err := url.ParseQuery(strings.TrimSpace(string(text[strings.LastIndex(string(text), "\n\n"):])))
		require.NoError(t, err)
		require.Equal(t, operation, form.Get("Action"))
		body := ask(t, h, form).Body.String()
		require.NotContains(t, body, "must not be null", operation)
		require.NotContains(t, body, "InvalidAction", operation)
		held++
	}
	require.Greater(t, held, 40)
}
