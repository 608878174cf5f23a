package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/vpcendpoint"
)

type vpcDeleteOptions struct {
	vpcOptions
	confirmOptions
}

func newVPCEndpointDeleteCmd(s streams) *cobra.Command {
	o := &vpcDeleteOptions{}
	cmd := &cobra.Command{
		Use:   "delete",
		Short: "Delete the endpoints that apply made, and nothing else",
		Long: `Delete the endpoints of a VPC that carry our tag. It shows what it will do, and asks.

Credentials need ec2:DescribeVpcEndpoints and ec2:DeleteVpcEndpoints.`,
		Example: `  ampkit vpc-endpoint delete --vpc vpc-0a1b… --region eu-central-1`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runVPCEndpointDelete(cmd.Context(), s, o)
		},
	}
	o.vpcOptions.addTo(cmd)
	o.addServices(cmd)
	o.confirmOptions.addTo(cmd)
	return cmd
}

func runVPCEndpointDelete(ctx context.Context, s streams, o *vpcDeleteOptions) error {
	creds, err := o.load(ctx)
	if err != nil {
		return err
	}
	defer creds.Close()
	services, err := o.services()
	if err != nil {
		return err
	}
	client := vpcendpoint.New(creds.Config())
	list, err := client.List(ctx, o.VPC)
	if err != nil {
		return err
	}
	plan := vpcendpoint.NewDelete(vpcendpoint.Spec{VPC: o.VPC, Services: services}, vpcendpoint.State{Endpoints: list})
	view := vpcView(o.VPC, plan)
	if err := view.confirm(s, o.confirmOptions, "delete"); err != nil {
		return err
	}
	if err := applyVPC(ctx, s, client, plan); err != nil {
		return err
	}
	return o.Output.write(s.out, view, nil)
}
