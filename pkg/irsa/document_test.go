package irsa

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

func TestSameMeaning(t *testing.T) {
	const base = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aps:GetLabels","aps:GetSeries"],"Resource":"r","Condition":{"StringEquals":{"aws:SourceVpc":"v"}}}]}`
	for name, tt := range map[string]struct {
		doc  string
		same bool
	}{
		"itself":                {base, true},
		"one statement, a Sid":  {`{"Statement":{"Sid":"x","Effect":"Allow","Action":["aps:GetLabels","aps:GetSeries"],"Resource":["r"],"Condition":{"StringEquals":{"aws:SourceVpc":["v"]}}},"Version":"2012-10-17"}`, true},
		"order, case, twice":    {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aps:getseries","aps:GetLabels","aps:GetLabels"],"Resource":"r","Condition":{"stringequals":{"AWS:SourceVPC":"v"}}}]}`, true},
		"another version":       {strings.Replace(base, "2012", "2008", 1), false},
		"another value's case":  {strings.Replace(base, `"v"`, `"V"`, 1), false},
		"another effect":        {strings.Replace(base, "Allow", "Deny", 1), false},
		"NotAction":             {strings.Replace(base, "Action", "NotAction", 1), false},
		"one action less":       {strings.Replace(base, `"aps:GetLabels",`, "", 1), false},
		"a second statement":    {strings.Replace(base, `[{`, `[{"Effect":"Deny","Action":"*","Resource":"*"},{`, 1), false},
		"not a document at all": {"{", false},
	} {
		require.Equal(t, tt.same, same(base, tt.doc), name)
	}
	require.True(t, same(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"a"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["a"]}]}`))
	require.True(t, same(`{"Version":"2012-10-17","Statement":[{"Condition":{"Bool":{"a":true}}}]}`,
		`{"Version":"2012-10-17","Statement":[{"Condition":{"Bool":{"a":"true"}}}]}`))
}

func TestSpecThatContradictsItself(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Spec)
		says   string
	}{
		"one role for both":    {func(s *Spec) { s.Roles[1].Name = s.Roles[0].Name }, "role ampkit-prod-ingest can't be for both ingest and query"},
		"one policy for both":  {func(s *Spec) { s.Roles[1].Policy = s.Roles[0].Policy }, "policy ampkit-prod-ingest can't be for both"},
		"one account for both": {func(s *Spec) { s.Roles[1].ServiceAccounts = s.Roles[0].ServiceAccounts }, "service account prometheus/writer can't take the roles for both"},
		"a name with a slash":  {func(s *Spec) { s.Roles[0].Name = "a/b" }, "not a name that IAM takes"},
		"a long name":          {func(s *Spec) { s.Roles[0].Name = strings.Repeat("a", 65) }, "at most 64"},
		"a path":               {func(s *Spec) { s.Path = "team" }, "must begin and end with a slash"},
		"our own tags":         {func(s *Spec) { s.Tags = map[string]string{TagCluster: "x"} }, "reserved"},
	} {
		s := example()
		tt.change(&s)
		require.ErrorContains(t, s.Check(), tt.says, name)
	}
	s := example()
	s.Path, s.Tags = "/team/a/", map[string]string{"team": "a"}
	require.NoError(t, s.Check())
}

func TestServiceAccountNames(t *testing.T) {
	sa, err := ParseServiceAccount("grafana/grafana.main")
	require.NoError(t, err)
	require.Equal(t, ServiceAccount{"grafana", "grafana.main"}, sa)
	for _, text := range []string{"", "grafana", "/x", "x/", "a/b/c", "*/x", "x/*", "x/?", "A/b", "a:b/c", "a.b/c"} {
		_, err := ParseServiceAccount(text)
		require.Error(t, err, text)
	}
}

// Sids must be found again by every later version.
func TestSidsAreStable(t *testing.T) {
	spec := example()
	require.Equal(t, "Ampkit50bde4d5df4f9b9c", spec.trustor().sid(ServiceAccount{"grafana", "grafana"}))
	other := spec
	other.Cluster.Issuer = "oidc.eks.eu-central-1.amazonaws.com/id/ANOTHER"
	require.Equal(t, spec.trustor().sidPrefix(), other.trustor().sidPrefix(), "a cluster made anew")
	require.Equal(t, spec.trustor().sidPrefix(), podIdentity(spec).trustor().sidPrefix())
	require.NotEqual(t, spec.trustor().sid(ServiceAccount{"a-b", "c"}), spec.trustor().sid(ServiceAccount{"a", "b-c"}))
}

func TestDefaultNames(t *testing.T) {
	require.Equal(t, "ampkit-prod-query", DefaultName("prod", Query))
	long, other := strings.Repeat("c", 99)+"1", strings.Repeat("c", 99)+"2"
	require.Len(t, DefaultName(long, Ingest), 64)
	require.NotEqual(t, DefaultName(long, Ingest), DefaultName(other, Ingest))
	require.Len(t, DefaultName(strings.Repeat("c", 52), Query), 64)
}

func TestOldestVersionGoes(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	v := []Version{{"v9", true, at.Add(-time.Hour)}, {"v12", false, at}, {"v11", false, at.Add(-time.Minute)}, {"v10", false, at}}
	_, full := prune(v)
	require.False(t, full)
	oldest, full := prune(append(v, Version{"v13", false, at}))
	require.True(t, full)
	require.Equal(t, "v11", oldest, "the default is older but in force")
}

// The provider is left while a role trusts it, however its trust policy is written.
func TestWhoTrustsTheProvider(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"
	role := func(doc string) iamtypes.Role {
		return iamtypes.Role{AssumeRolePolicyDocument: aws.String(url.PathEscape(doc))}
	}
	statement := func(text string) string { return `{"Statement":{"Principal":{"Federated":["` + text + `"]}}}` }
	require.True(t, trusts(role(statement(arn)), arn))
	require.True(t, trusts(role(statement(strings.ReplaceAll(arn, "/", `\/`))), arn), "PHP and others escape slashes")
	require.True(t, trusts(role("{"), arn), "what can't be read may hold anything")
	require.False(t, trusts(role(statement(arn+"B")), arn))
}
