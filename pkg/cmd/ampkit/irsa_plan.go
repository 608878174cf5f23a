package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/irsa"
)

const irsaExample = `--cluster prod --workspace ws-0e1f… --region eu-central-1 \
    --ingest-service-account prometheus/prometheus --query-service-account grafana/grafana`

func newIRSAPlanCmd(s streams) *cobra.Command {
	o := &irsaOptions{}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would add (+), change (~) and remove (-)",
		Long: `Show what apply would do. Nothing is changed.

It exits with 2 when there is something to do and with 0 when there is not.

Credentials need eks:DescribeCluster, iam:GetOpenIDConnectProvider, iam:GetRole,
iam:ListAttachedRolePolicies, iam:GetPolicy, iam:GetPolicyVersion and
iam:ListPolicyVersions; with --pod-identity eks:ListPodIdentityAssociations and
eks:DescribePodIdentityAssociation.`,
		Example: `  ampkit irsa plan ` + irsaExample + `

  # Is everything still as it was made?
  ampkit irsa plan … && echo no changes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, true); err != nil {
				return err
			}
			return runIRSAPlan(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

// irsaPlanView is a plan as JSON.
type irsaPlanView struct {
	Cluster   irsa.Cluster        `json:"cluster"`
	Workspace string              `json:"workspace"`
	Roles     map[irsa.Use]string `json:"roles"`
	planView
}

func (s *irsaSession) view(p *irsa.Plan, roles map[irsa.Use]string) irsaPlanView {
	steps := make([]planStep, len(p.Steps))
	for i, step := range p.Steps {
		steps[i] = planStep{string(step.Op), step.Resource, step.Detail}
	}
	return irsaPlanView{
		Cluster: s.spec.Cluster, Workspace: s.spec.WorkspaceARN, Roles: roles,
		planView: planView{Steps: steps, Notes: append(s.notes, p.Notes...)},
	}
}

// plan compares what is there with what is asked for.
func (s *irsaSession) plan(ctx context.Context) (*irsa.Plan, irsaPlanView, error) {
	state, err := s.clients.Observe(ctx, s.spec)
	if err != nil {
		return nil, irsaPlanView{}, err
	}
	plan, err := irsa.NewPlan(s.spec, state)
	if err != nil {
		return nil, irsaPlanView{}, withHint(err)
	}
	return plan, s.view(plan, s.spec.RoleARNs(state)), nil
}

func runIRSAPlan(ctx context.Context, s streams, o *irsaOptions) error {
	session, err := o.open(ctx, false)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	_, view, err := session.plan(ctx)
	if err != nil {
		return err
	}
	return view.show(s, o.Output, view)
}
