package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// onlyIf lets everything be done under a condition.
func onlyIf(condition string) iam.Document {
	return iam.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"aps:*","Resource":"*","Condition":` + condition + `}]}`)
}

// Every request to AWS carries these keys, so policies may count on them.
func TestPoliciesCanAskForWhatEveryRequestHas(t *testing.T) {
	w := newWorld(t)
	for i, tt := range []struct {
		condition string
		status    int
	}{
		{`{"Bool":{"aws:SecureTransport":"true"}}`, http.StatusOK},
		{`{"Bool":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}`, http.StatusOK},
		{`{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","127.0.0.0/8"]}}`, http.StatusOK},
		{`{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, http.StatusForbidden},
		{`{"StringLike":{"aws:UserAgent":"Go-http-client/*"}}`, http.StatusOK},
		{`{"Null":{"aws:TokenIssueTime":"true"}}`, http.StatusOK}, // a user's key is no session
	} {
		t.Run(tt.condition, func(t *testing.T) {
			a := w.send(w.query(w.userOf("", fmt.Sprint("user", i), onlyIf(tt.condition)), "1"))
			require.Equal(t, tt.status, a.status, a.body)
		})
	}
	t.Run("in a trust policy", func(t *testing.T) {
		role, err := w.AddServiceAccountRole("near", emulator.Policy(emulator.ReadActions), "default/near")
		require.NoError(t, err)
		trust := string(role.Trust)
		token := oidc.TokenRequest{Namespace: "default", ServiceAccount: "near"}
		for network, want := range map[string]string{"127.0.0.0/8": "", "10.0.0.0/8": "AccessDenied"} {
			role.Trust = iam.Document(strings.Replace(trust, `"Condition": {`, `"Condition": {"IpAddress": {"aws:SourceIp": "`+network+`"},`, 1))
			role, err = w.IAM().PutRole(role)
			require.NoError(t, err)
			if _, err = w.assume(role, token); want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, want)
			}
		}
	})
}

// The console's "Revoke active sessions" puts this policy on a role.
func TestOlderSessionsCanBeRevoked(t *testing.T) {
	w := newWorld(t)
	role, err := w.AddServiceAccountRole("reader", emulator.Policy(emulator.ReadActions), "default/reader")
	require.NoError(t, err)
	token := oidc.TokenRequest{Namespace: "default", ServiceAccount: "reader", TTL: time.Hour}
	old, err := w.assume(role, token)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.send(w.query(old, "1")).status)

	w.clock.at = w.clock.at.Add(time.Minute)
	role.Inline["AWSRevokeOlderSessions"] = iam.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],` +
		`"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + w.clock.at.Format(time.RFC3339) + `"}}}]}`)
	role, err = w.IAM().PutRole(role)
	require.NoError(t, err)
	a := w.send(w.query(old, "1"))
	require.Equal(t, http.StatusForbidden, a.status)
	require.Contains(t, a.body, "with an explicit deny in an identity-based policy")
	fresh, err := w.assume(role, token)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.send(w.query(fresh, "1")).status)
}

// Whoever looks for a deny is told in which kind of policy it stands.
func TestAnExplicitDenyIsNamedAfterItsPolicy(t *testing.T) {
	w := newWorld(t)
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"aps:QueryMetrics","Resource":"*"}]}`

	key := w.user("aps:*")
	boundary, err := w.IAM().PutPolicy(iam.Policy{Name: "limit", Default: "v1", Versions: []iam.Version{{ID: "v1", Document: iam.Document(deny)}}})
	require.NoError(t, err)
	limited := w.userOf("", "limited", emulator.Policy([]string{"aps:*"}))
	_, err = w.IAM().PutUser(iam.User{Name: "limited", Permissions: iam.Permissions{
		Inline: map[string]iam.Document{"all": emulator.Policy([]string{"aps:*"})}, Boundary: boundary.ARN,
	}})
	require.NoError(t, err)
	require.Contains(t, w.send(w.query(limited, "1")).body, "with an explicit deny in a permissions boundary")

	require.Equal(t, http.StatusOK, w.send(w.query(key, "1")).status)
	require.NoError(t, w.IAM().PutResourcePolicy(w.workspace.ARN, iam.Document(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"aps:QueryMetrics","Resource":"`+w.workspace.ARN+`"}]}`)))
	require.Contains(t, w.send(w.query(key, "1")).body, "with an explicit deny in a resource-based policy")
}
