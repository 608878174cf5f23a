package main

import (
	"context"

	"github.com/spf13/cobra"
)

const vpcExample = `--vpc vpc-0a1b… --subnet subnet-0a… --subnet subnet-0b… \
    --security-group sg-0a… --workspace ws-0e1f… --region eu-central-1`

func newVPCEndpointPlanCmd(s streams) *cobra.Command {
	o := &vpcPlanOptions{}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would add (+) and change (~)",
		Long: `Show what apply would do. Nothing is changed.

It exits with 2 when there is something to do and with 0 when there is not.

Credentials need ec2:DescribeVpcEndpoints and ec2:DescribeVpcAttribute.`,
		Example: `  ampkit vpc-endpoint plan ` + vpcExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runVPCEndpointPlan(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

func runVPCEndpointPlan(ctx context.Context, s streams, o *vpcPlanOptions) error {
	session, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	view := vpcView(o.VPC, session.plan)
	return view.show(s, o.Output, view)
}
