package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/vpcendpoint"
)

func newVPCEndpointListCmd(s streams) *cobra.Command {
	o := &vpcOptions{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the endpoints for AMP and STS, whoever made them",
		Long: `List the endpoints of a VPC, or of the region, for aps-workspaces, aps and sts. Under
the table stands what clients must be told of those without private DNS.

Credentials need ec2:DescribeVpcEndpoints.`,
		Example: `  ampkit vpc-endpoint list --vpc vpc-0a1b… --region eu-central-1`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Output.check(cmd); err != nil {
				return err
			}
			return runVPCEndpointList(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

func runVPCEndpointList(ctx context.Context, s streams, o *vpcOptions) error {
	creds, err := o.load(ctx)
	if err != nil {
		return err
	}
	defer creds.Close()
	list, err := vpcendpoint.New(creds.Config()).List(ctx, o.VPC)
	if err != nil {
		return err
	}
	return o.Output.write(s.out, list, func(w io.Writer) error {
		if len(list) == 0 {
			s.note("no endpoints for aps-workspaces, aps or sts")
			return nil
		}
		return endpointTable(list)(w)
	})
}
