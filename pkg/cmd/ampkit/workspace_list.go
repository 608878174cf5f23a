package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
)

type workspaceListOptions struct {
	awsOptions
	Output output
	Alias  string
}

func newWorkspaceListCmd(s streams) *cobra.Command {
	var o workspaceListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the workspaces of a region",
		Long: `List the workspaces of the account in a region.

Credentials need aps:ListWorkspaces, which can only be allowed on all resources.`,
		Example: `  ampkit workspace list --region eu-central-1

  # Those whose alias begins with prod
  ampkit workspace list --alias prod --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Output.check(cmd); err != nil {
				return err
			}
			return runWorkspaceList(cmd.Context(), s, o)
		},
	}
	o.awsOptions.addTo(cmd, "region of the workspaces (default: the SDK's)")
	o.Output.addTo(cmd)
	cmd.Flags().StringVar(&o.Alias, "alias", "", "only those whose alias begins with this")
	return cmd
}

func runWorkspaceList(ctx context.Context, s streams, o workspaceListOptions) error {
	creds, err := o.load(ctx)
	if err != nil {
		return err
	}
	defer creds.Close()
	list, err := amp.NewControlPlane(creds.Config(), amp.Endpoint{}).List(ctx, o.Alias, 0)
	if err != nil {
		return err
	}
	views := make([]workspaceView, len(list))
	for i, w := range list {
		views[i] = viewOf(w, creds.Config().Region)
	}
	return o.Output.write(s.out, views, tabbed(func(out io.Writer) {
		if len(views) == 0 {
			s.note("no workspaces in %s", creds.Config().Region)
			return
		}
		fmt.Fprintln(out, "WORKSPACE\tALIAS\tSTATUS\tCREATED")
		for _, v := range views {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", v.ID, v.Alias, v.Status, v.Created.Format(time.RFC3339))
		}
	}))
}
