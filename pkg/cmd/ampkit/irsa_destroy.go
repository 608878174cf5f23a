package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/irsa"
)

type irsaDestroyOptions struct {
	irsaOptions
	confirmOptions
}

func newIRSADestroyCmd(s streams) *cobra.Command {
	o := &irsaDestroyOptions{}
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "Remove what apply made, and nothing else",
		Long: `Remove what carries the tags of this cluster and workspace: associations, roles,
policies, whatever their names. From a role that was there before, only the
statements that apply added are taken back. The oidc-provider goes only when no
other role trusts it. It shows what it will do, and asks.

With --ingest-role or --query-role only these two roles are removed (the other one
under its usual name). Names must be given for roles that were there before, or
when the cluster is gone, and --path as to apply. The workspace may be gone, too.

Beyond what check needs, credentials need iam:DetachRolePolicy,
iam:DeleteRolePolicy, iam:DeleteRole, iam:DeletePolicyVersion, iam:DeletePolicy,
iam:UpdateAssumeRolePolicy, iam:DeleteOpenIDConnectProvider and
eks:DeletePodIdentityAssociation.`,
		Example: `  ampkit irsa destroy --cluster prod --workspace ws-0e1f… --region eu-central-1`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, false); err != nil {
				return err
			}
			return runIRSADestroy(cmd.Context(), s, o)
		},
	}
	o.irsaOptions.addTo(cmd)
	o.confirmOptions.addTo(cmd)
	return cmd
}

func runIRSADestroy(ctx context.Context, s streams, o *irsaDestroyOptions) error {
	session, err := o.open(ctx, true)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	state, err := session.clients.Inspect(ctx, session.spec)
	if err != nil {
		return err
	}
	plan, err := irsa.NewDestroy(session.spec, state)
	if err != nil {
		return err
	}
	view := session.view(plan, map[irsa.Use]string{})
	if err := view.confirm(s, o.confirmOptions, "remove"); err != nil {
		return err
	}
	if err := applyIRSA(ctx, s, session, plan); err != nil {
		return err
	}
	return o.Output.write(s.out, view, nil)
}
