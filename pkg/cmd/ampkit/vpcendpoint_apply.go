package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/vpcendpoint"
)

type vpcApplyOptions struct {
	vpcPlanOptions
	waitOptions
}

func newVPCEndpointApplyCmd(s streams) *cobra.Command {
	o := &vpcApplyOptions{}
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make the endpoints and wait until they are available",
		Long: `Do what plan shows, telling of each step, wait until the endpoints are available,
and list them. A second run changes nothing and says so.

With --workspace the policies of the endpoints for aps-workspaces and aps allow
those workspaces only. Where private DNS is off, the sigV4Endpoint that the data
source then needs is printed.

Beyond what plan needs, credentials need ec2:CreateVpcEndpoint,
ec2:ModifyVpcEndpoint, ec2:CreateTags and, for private DNS,
route53:AssociateVPCWithHostedZone.`,
		Example: `  ampkit vpc-endpoint apply ` + vpcExample + `

  # Where the VPC can't have private DNS names
  ampkit vpc-endpoint apply … --private-dns=false`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runVPCEndpointApply(cmd.Context(), s, o)
		},
	}
	o.vpcPlanOptions.addTo(cmd)
	o.waitOptions.addTo(cmd, "they are available")
	return cmd
}

func runVPCEndpointApply(ctx context.Context, s streams, o *vpcApplyOptions) error {
	session, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	view := vpcView(o.VPC, session.plan)
	tell(s, view.Notes)
	if len(view.Steps) == 0 {
		s.note("nothing to do: everything is as asked for")
	}
	if err := applyVPC(ctx, s, session.client, session.plan); err != nil {
		return err
	}
	if o.NoWait {
		view.Endpoints, err = session.client.List(ctx, o.VPC)
	} else {
		waiting, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		p := &progress{s: s}
		view.Endpoints, err = session.client.Wait(waiting, o.VPC, pollEvery, func(e vpcendpoint.Endpoint) {
			p.show("endpoint " + e.ID + " for " + string(e.Service) + " is " + e.State)
		})
		p.end()
	}
	if err != nil {
		return err
	}
	return o.Output.write(s.out, view, endpointTable(view.Endpoints))
}
