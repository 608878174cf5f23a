package doctor

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// TestServiceAccount: a pod with IRSA.
func TestServiceAccount(t *testing.T) {
	w := newWorld(t)
	role, err := w.AddServiceAccountRole("amp-query", emulator.Policy(emulator.ReadActions), "monitoring/grafana")
	require.NoError(t, err)
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, w.MintToken(token, oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "grafana"}))
	t.Setenv("AWS_ROLE_ARN", role.ARN)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_SESSION_NAME", "pod")
	t.Setenv("AWS_ENDPOINT_URL_STS", w.server.URL)
	o := w.options(t)
	o.For = ForQuery
	r := Run(t.Context(), o)
	require.Equal(t, Passed, r.Outcome, text(t, r, false))
	c, _ := r.Check(Credentials)
	require.Regexp(t, `: web identity, as IRSA gives; renewed by \d\d:\d\d:\d\d UTC, in 5[89]m\d+s$`, c.Detail)
	require.WithinDuration(t, time.Now().Add(time.Hour), c.Facts.Expires, 5*time.Minute)
	c, _ = r.Check(Identity)
	require.Equal(t, Facts{ARN: "arn:aws:sts::123456789012:assumed-role/amp-query/pod", Account: "123456789012"}, c.Facts)
	require.Equal(t, 1, w.Counts().STS("AssumeRoleWithWebIdentity"), "however many checks there are")
}

// TestRole: --role-arn, with an external id.
func TestRole(t *testing.T) {
	w := newWorld(t)
	trust := iam.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
		"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"between-us"}}}]}`)
	role, err := w.AddRole("", "amp-ingest", trust, emulator.Policy(emulator.WriteActions))
	require.NoError(t, err)
	w.asOn(t, "*", "sts:AssumeRole")
	for id, want := range map[string]string{
		"between-us": "✓credentials ✓identity ✓dns ✓tls ✓clock –workspace ✓write",
		"guessed":    "✗credentials –identity ✓dns ✓tls ✓clock –workspace –write",
	} {
		o := w.options(t)
		creds, err := awscreds.Load(t.Context(), awscreds.CommandLine{Region: w.Region(), EndpointURL: w.server.URL, RoleARN: role.ARN, ExternalID: id})
		require.NoError(t, err)
		defer creds.Close()
		o.Client = amp.NewClient(amp.Config{Endpoint: o.Client.Endpoint(), Transport: o.Transport, Credentials: creds})
		o.Credentials, o.For = creds, ForIngest
		r := Run(t.Context(), o)
		require.Equal(t, want, outcomes(r), text(t, r, false))
		require.Equal(t, role.ARN+" assumed with the SDK's default chain", r.Credentials)
	}
}
