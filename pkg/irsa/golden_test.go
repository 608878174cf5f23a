package irsa

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

var workspaceIDs = regexp.MustCompile(`ws-[0-9a-f-]{36}`)

// example is the cluster and the workspace of most tests.
func example() Spec {
	return Spec{
		Cluster: Cluster{
			Name: "prod", ARN: "arn:aws:eks:eu-central-1:123456789012:cluster/prod",
			Issuer: "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E",
		},
		WorkspaceARN: "arn:aws:aps:eu-central-1:123456789012:workspace/ws-0e1f2a3b-4c5d-6e7f-8a9b-0c1d2e3f4a5b",
		Roles: []Role{
			{Use: Ingest, Name: "ampkit-prod-ingest", Policy: "ampkit-prod-ingest", ServiceAccounts: []ServiceAccount{{"prometheus", "writer"}}},
			{Use: Query, Name: "ampkit-prod-query", Policy: "ampkit-prod-query", ServiceAccounts: []ServiceAccount{{"grafana", "grafana"}}},
		},
	}
}

func china(s Spec) Spec {
	s.Cluster.ARN = "arn:aws-cn:eks:cn-north-1:123456789012:cluster/prod"
	s.Cluster.Issuer = "oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLED539D4633E53DE1B716D3041E"
	s.WorkspaceARN = "arn:aws-cn:aps:cn-north-1:123456789012:workspace/ws-0e1f2a3b-4c5d-6e7f-8a9b-0c1d2e3f4a5b"
	return s
}

func podIdentity(s Spec) Spec {
	s.PodIdentity = true
	return s
}

// Every document that this package can write, whole.
func TestDocuments(t *testing.T) {
	full := example()
	full.Alerting, full.Picker = true, true
	golden.Assert(t, example().PolicyDocument(Ingest), "policy/ingest.json")
	golden.Assert(t, example().PolicyDocument(Query), "policy/query.json")
	golden.Assert(t, full.PolicyDocument(Query), "policy/query_alerting_picker.json")
	golden.Assert(t, full.PolicyDocument(Ingest), "policy/ingest_alerting_picker.json")
	golden.Assert(t, china(example()).PolicyDocument(Query), "policy/query_china.json")
	for name, spec := range map[string]Spec{
		"irsa": example(), "irsa_china": china(example()),
		"pod_identity": podIdentity(example()), "pod_identity_china": podIdentity(china(example())),
	} {
		doc, _, err := spec.trustor().merge("", spec.Roles[1].ServiceAccounts)
		require.NoError(t, err)
		golden.Assert(t, doc, "trust/"+name+".json")
	}
	spec := example()
	golden.Assert(t, YAML(spec.Manifests(spec.RoleARNs(State{}))), "manifests.yaml")
	spec = podIdentity(spec)
	golden.Assert(t, YAML(spec.Manifests(spec.RoleARNs(State{}))), "manifests_pod_identity.yaml")
}

// Trust policies as people have them (testdata/merge/<name>.json), and what
// becomes of them. Everything that is not ours is the same text afterwards.
func TestTrustIsMergedIntoWhatIsThere(t *testing.T) {
	inputs, err := filepath.Glob("testdata/merge/*.in.json")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	spec := example()
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".in.json")
		t.Run(name, func(t *testing.T) {
			doc, err := os.ReadFile(input)
			require.NoError(t, err)
			merged, changes, err := spec.trustor().merge(string(doc), spec.Roles[1].ServiceAccounts)
			require.NoError(t, err)
			golden.Assert(t, merged, "merge/"+name+".out.json")
			golden.Assert(t, strings.Join(changes, "\n")+"\n", "merge/"+name+".changes")

			again, changes, err := spec.trustor().merge(merged, spec.Roles[1].ServiceAccounts)
			require.NoError(t, err)
			require.Empty(t, changes, "a second time there is nothing to do")
			require.Equal(t, merged, again)

			others, _, err := spec.trustor().remove(merged)
			if err == nil {
				require.NotContains(t, others, spec.trustor().sidPrefix())
			}
		})
	}
}

func TestTrustThatIsNoDocument(t *testing.T) {
	for _, doc := range []string{"null", "[]", "{", `{"Statement":{"a":}}`, `"x"`} {
		_, _, err := example().trustor().merge(doc, example().Roles[0].ServiceAccounts)
		require.ErrorContains(t, err, "trust policy is not what IAM writes", doc)
	}
}

func FuzzTrustKeepsOthersByteForByte(f *testing.F) {
	for _, name := range []string{"list", "object", "script_twice"} {
		doc, err := os.ReadFile("testdata/merge/" + name + ".in.json")
		require.NoError(f, err)
		f.Add(string(doc))
	}
	spec := example()
	f.Fuzz(func(t *testing.T, doc string) {
		merged, _, err := spec.trustor().merge(doc, spec.Roles[1].ServiceAccounts)
		if err != nil {
			return
		}
		before, err := parseTrust(doc)
		require.NoError(t, err)
		for _, raw := range before.statements {
			if _, ours, _ := spec.trustor().claim(raw, spec.Roles[1].ServiceAccounts); !ours {
				require.Contains(t, merged, string(raw))
			}
		}
		_, changes, err := spec.trustor().merge(merged, spec.Roles[1].ServiceAccounts)
		require.NoError(t, err)
		require.Empty(t, changes)
	})
}
