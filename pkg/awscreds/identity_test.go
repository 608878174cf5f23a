package awscreds

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"
)

func answering(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestIdentity(t *testing.T) {
	bare(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	c, err := Load(t.Context(), CommandLine{Region: "eu-west-1"})
	require.NoError(t, err)
	defer c.Close()
	require.False(t, c.OwnSTS())

	t.Setenv("AWS_ENDPOINT_URL_STS", answering(t, 200, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<Arn>arn:aws:iam::111122223333:user/me</Arn><UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`))
	require.True(t, c.OwnSTS())
	me, err := c.Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, Identity{ARN: "arn:aws:iam::111122223333:user/me", Account: "111122223333"}, me)

	t.Setenv("AWS_ENDPOINT_URL_STS", answering(t, 403, `<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>`))
	_, err = c.Identity(t.Context())
	var failed *Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Remedy, "does not know the access key")
	require.True(t, errors.As(err, new(smithy.APIError)))

	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	_, err = c.Identity(t.Context())
	require.ErrorAs(t, err, &failed)
	require.False(t, errors.As(err, new(smithy.APIError)), "not reached is not refused")
}

func TestRoleOfTheCommandLine(t *testing.T) {
	bare(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	s := newSTS(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1") // --endpoint-url goes first for the role
	c, err := Load(t.Context(), CommandLine{Region: "eu-west-1", EndpointURL: s.URL, RoleARN: roleARN, ExternalID: "x"})
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, roleARN+" assumed with the SDK's default chain", c.Source())
	_, err = c.Retrieve(t.Context())
	require.NoError(t, err)
	require.Len(t, s.seen(), 1)
	require.Equal(t, roleARN, s.seen()[0].form.Get("RoleArn"))
	require.Equal(t, "x", s.seen()[0].form.Get("ExternalId"))
}

func TestPassedOn(t *testing.T) {
	env := func(m map[string]string) func(string) string { return func(k string) string { return m[k] } }
	p := PassedOn(t.Context(), env(nil))
	require.Empty(t, p.Variables)
	require.False(t, p.Section)
	require.False(t, p.Settings)
	require.Contains(t, p.AllowedAuthProviders, "default", "Grafana's defaults are in force")

	p = PassedOn(grafana(t, "AWS_AUTH_AllowedAuthProviders", "keys"), env(map[string]string{
		"AWS_ROLE_ARN": roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "GF_PLUGIN_ROLE_ARN": roleARN, "PATH": "/bin",
	}))
	require.Equal(t, Passed{
		Section: true, Variables: []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"},
		Settings: true, AllowedAuthProviders: []string{"keys"}, AssumeRoleEnabled: p.AssumeRoleEnabled,
	}, p)
}
