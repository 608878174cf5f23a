package main

import (
	"context"

	"github.com/spf13/cobra"
)

func newWorkspaceDescribeCmd(s streams) *cobra.Command {
	var o oneWorkspace
	cmd := &cobra.Command{
		Use:   "describe",
		Short: "Print a workspace's endpoints, ARN and status",
		Long: `Print a workspace: its URL for the data source, where to query and where to write
to, its ARN, its status and its tags.

Credentials need aps:DescribeWorkspace.`,
		Example: `  ampkit workspace describe --workspace ws-0e1f… --region eu-central-1

  # The URL for a Prometheus' remote_write
  ampkit workspace describe --workspace ws-0e1f… --output json | jq -r .remoteWriteUrl`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runWorkspaceDescribe(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

func runWorkspaceDescribe(ctx context.Context, s streams, o oneWorkspace) error {
	w, err := o.find(ctx)
	if err != nil {
		return err
	}
	defer w.creds.Close()
	return w.view().print(s, o.Output)
}
