package irsa

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
)

func TestApplyTwiceChangesNothing(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"irsa":         func(*Spec) {},
		"pod identity": withPodIdentity,
		"everything": func(s *Spec) {
			s.Path, s.Alerting, s.Picker, s.Tags = "/team/a/", true, true, map[string]string{"team": "a"}
			s.Boundary = "arn:aws:iam::aws:policy/AmazonPrometheusFullAccess"
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, change)
			first := w.mustApply()
			require.NotEmpty(t, first.Steps)
			second := w.mustApply()
			require.Empty(t, second.Steps)
			require.Empty(t, w.audit())
			require.Equal(t, 2, w.has()["roles"])
		})
	}
}

// Killed at any request, before it is sent or with its answer lost, the next
// run ends where one run would have.
func TestEveryCutConverges(t *testing.T) {
	for name, change := range map[string]func(*Spec){"irsa": func(*Spec) {}, "pod identity": withPodIdentity} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/late=%t", name, late), func(t *testing.T) {
				whole := newWorld(t, change)
				whole.wire.cut(-1, late)
				whole.mustApply()
				requests := whole.wire.count.Load()
				for at := range requests {
					w := newWorld(t, change)
					w.wire.cut(at, late)
					_, err := w.apply()
					require.ErrorIs(t, err, errCut, "request %d of %d", at, requests)
					w.wire.cut(-1, false)
					w.mustApply()
					require.Equal(t, whole.has(), w.has(), "request %d", at)
					require.Empty(t, w.mustApply().Steps, "request %d", at)
					require.Empty(t, w.audit(), "request %d", at)
				}
			})
		}
	}
}

func TestEveryCutOfDestroyConverges(t *testing.T) {
	for _, late := range []bool{false, true} {
		for at := int64(0); ; at++ {
			w := newWorld(t, withPodIdentity)
			w.spec.PodIdentity = false // both kinds: provider and associations
			w.mustApply()
			w.spec.PodIdentity = true
			w.mustApply()
			w.wire.cut(at, late)
			_, err := w.destroy()
			if err == nil {
				require.Greater(t, at, int64(6))
				break
			}
			require.ErrorIs(t, err, errCut)
			w.wire.cut(-1, false)
			_, err = w.destroy()
			require.NoError(t, err)
			require.Equal(t, map[string]int{"roles": 0, "policies": 0, "providers": 0}, w.has(), "request %d", at)
			state, err := w.clients.Inspect(t.Context(), w.spec)
			require.NoError(t, err)
			require.Empty(t, state.Associations)
		}
	}
}

// Roles under names that are not given again are found by their tags, also after
// a cut; those of a run that is named leave the others alone.
func TestDestroyFindsRolesByTheirTags(t *testing.T) {
	for name, change := range map[string]func(*Spec){"irsa": func(*Spec) {}, "pod identity": withPodIdentity} {
		t.Run(name, func(t *testing.T) {
			world := func(policyOf string) *world {
				w := newWorld(t, change)
				usual := w.spec.Roles
				w.mustApply()
				w.spec.Roles = nil
				for _, r := range usual {
					r.Name, r.Policy = "other-"+r.Name, policyOf+"other-"+r.Name
					r.ServiceAccounts = []ServiceAccount{{"other", string(r.Use)}}
					w.spec.Roles = append(w.spec.Roles, r)
				}
				w.mustApply()
				w.spec.Roles = usual
				require.Equal(t, 4, w.has()["roles"])
				return w
			}
			for at := int64(0); ; at++ {
				w := world("")
				w.wire.cut(at, true)
				_, cut := w.destroy()
				w.wire.cut(-1, false)
				_, err := w.destroy()
				require.NoError(t, err)
				if cut == nil {
					require.Greater(t, at, int64(12))
					break
				}
				require.ErrorIs(t, cut, errCut)
				require.Equal(t, map[string]int{"roles": 0, "policies": 0, "providers": 0}, w.has(), "request %d", at)
				state, err := w.clients.Inspect(t.Context(), w.spec)
				require.NoError(t, err)
				require.Empty(t, state.Associations)
			}
			w := world("policy-of-")
			_, err := w.destroy()
			require.NoError(t, err)
			require.Equal(t, 0, w.has()["policies"], "whatever the policy's name")

			w = world("")
			w.spec.Named = true
			_, err = w.destroy()
			require.NoError(t, err)
			require.Equal(t, 2, w.has()["roles"])
			require.Equal(t, 2, w.has()["policies"])
			state, err := w.clients.Inspect(t.Context(), w.spec)
			require.NoError(t, err)
			for _, a := range state.Associations {
				require.Equal(t, "other", a.ServiceAccount.Namespace)
			}
			require.Len(t, state.Associations, map[bool]int{true: 2}[w.spec.PodIdentity])
		})
	}
}

// AWS's own script appends a statement without :aud at each run, allows
// everything, and others have their own statements in the same role.
func TestScriptsFaultsAreRepaired(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	var err error
	w.spec.Cluster, err = w.clients.Describe(ctx, "prod")
	require.NoError(t, err)
	_, err = w.clients.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + w.spec.Cluster.Issuer), ClientIDList: []string{"other"}})
	require.NoError(t, err)
	const foreign = `{ "Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},   "Action":"sts:AssumeRole"}`
	script := `{"Effect":"Allow","Principal":{"Federated":"` + w.spec.ProviderARN() + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + w.spec.Cluster.Issuer + `:sub":"system:serviceaccount:grafana:grafana"}}}`
	query := w.spec.Roles[1]
	_, err = w.clients.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &query.Name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + script + `,` + foreign + `,` + script + `]}`)})
	require.NoError(t, err)
	_, err = w.clients.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &query.Policy, PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aps:QueryMetrics","aps:RemoteWrite"],"Resource":"*"}]}`)})
	require.NoError(t, err)
	_, err = w.clients.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &query.Name, PolicyArn: aws.String(w.spec.policyARN(query.Policy))})
	require.NoError(t, err)

	faults := map[Fault]bool{}
	for _, f := range w.audit() {
		faults[f.Fault] = true
		require.NotEmpty(t, f.Remedy)
	}
	for _, want := range []Fault{FaultDrift, FaultAudience, FaultDuplicate, FaultWildcard, FaultBoth} {
		require.True(t, faults[want], want)
	}

	plan := w.mustApply()
	require.NotEmpty(t, plan.Notes)
	golden.Assert(t, text(plan), "plan/after_script.txt")
	require.Empty(t, w.audit())
	role, err := w.clients.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &query.Name})
	require.NoError(t, err)
	doc, err := decoded(role.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.Contains(t, doc, foreign)
	_, statements, err := statementsOf(doc)
	require.NoError(t, err)
	require.Len(t, statements, 2)

	// It was there before, so it stays; what was added goes.
	plan, err = w.destroy()
	require.NoError(t, err)
	golden.Assert(t, text(plan), "plan/destroy_after_script.txt")
	require.Equal(t, map[string]int{"roles": 1, "policies": 1, "providers": 1}, w.has())
	role, err = w.clients.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &query.Name})
	require.NoError(t, err)
	doc, err = decoded(role.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	require.NotContains(t, doc, "Ampkit")
	require.Contains(t, doc, foreign)
}

func text(p *Plan) string {
	out := ""
	for _, s := range p.Steps {
		out += s.String() + "\n"
		for _, d := range s.Detail {
			out += "    " + d + "\n"
		}
	}
	for _, n := range p.Notes {
		out += "note: " + n + "\n"
	}
	return workspaceIDs.ReplaceAllString(out, "ws-ID")
}

func TestOldestVersionIsPrunedAtFive(t *testing.T) {
	w := newWorld(t)
	w.mustApply()
	policy := w.spec.policyARN(w.spec.Roles[1].Policy)
	for i := range 7 {
		w.spec.Alerting = i%2 == 0
		plan := w.mustApply()
		require.Len(t, plan.Steps, map[bool]int{false: 1, true: 2}[i >= 4], "version %d", i+2)
		require.Empty(t, w.mustApply().Steps)
	}
	out, err := w.clients.iam.ListPolicyVersions(t.Context(), &iam.ListPolicyVersionsInput{PolicyArn: &policy})
	require.NoError(t, err)
	require.Len(t, out.Versions, 5)
}

func TestAnothersRoleIsNotTaken(t *testing.T) {
	w := newWorld(t)
	w.mustApply()
	other, err := w.amp.CreateWorkspace(t.Context(), "other", "")
	require.NoError(t, err)
	w.spec.WorkspaceARN = other.ARN
	_, err = w.apply()
	var taken *TakenError
	require.ErrorAs(t, err, &taken)
	require.Equal(t, "--ingest-role", taken.Flag)
	plan, err := w.destroy()
	require.NoError(t, err)
	for _, s := range plan.Steps {
		require.NotEqual(t, "role ampkit-prod-query", s.Resource, "it is the other workspace's")
	}
	require.Equal(t, 2, w.has()["roles"])
}

func TestTokenIsExchanged(t *testing.T) {
	w := newWorld(t)
	w.mustApply()
	arns := w.spec.RoleARNs(State{})
	proof, err := w.clients.Verify(t.Context(), w.spec, arns, w.token(ServiceAccount{"grafana", "grafana"}), false)
	require.NoError(t, err)
	require.Equal(t, "ampkit-prod-query", proof.Role)
	require.False(t, proof.Expires.IsZero())

	_, err = w.clients.Verify(t.Context(), w.spec, arns, w.token(ServiceAccount{"grafana", "other"}), false)
	require.ErrorIs(t, err, ErrOtherToken)
	swapped := map[Use]string{Query: arns[Ingest]}
	_, err = w.clients.Verify(t.Context(), w.spec, swapped, w.token(ServiceAccount{"grafana", "grafana"}), false)
	require.True(t, amp.IsKind(err, amp.KindAccessDenied), "%v", err)
	var e *amp.Error
	require.True(t, errors.As(err, &e))
}

func TestMissingAttachmentIsFoundAndMade(t *testing.T) {
	w := newWorld(t)
	w.mustApply()
	role := w.spec.Roles[0]
	_, err := w.clients.iam.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: &role.Name, PolicyArn: aws.String(w.spec.policyARN(role.Policy))})
	require.NoError(t, err)
	findings := w.audit()
	require.Len(t, findings, 1)
	require.Equal(t, FaultAttachment, findings[0].Fault)
	require.Len(t, w.mustApply().Steps, 1)
}
