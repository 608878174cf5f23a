package main

import (
	"context"

	"github.com/spf13/cobra"
)

type workspaceAliasOptions struct {
	oneWorkspace
	Alias string
}

func newWorkspaceAliasCmd(s streams) *cobra.Command {
	var o workspaceAliasOptions
	cmd := &cobra.Command{
		Use:   "alias ALIAS",
		Short: "Give a workspace another alias",
		Long: `Give a workspace another alias; "" takes it away.

Credentials need aps:UpdateWorkspaceAlias and aps:DescribeWorkspace.`,
		Example: `  ampkit workspace alias --workspace ws-0e1f… --region eu-central-1 prod`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(cmd, "want one alias, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Alias = args[0]
			if err := o.check(cmd); err != nil {
				return err
			}
			return runWorkspaceAlias(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

func runWorkspaceAlias(ctx context.Context, s streams, o workspaceAliasOptions) error {
	w, err := o.find(ctx)
	if err != nil {
		return err
	}
	defer w.creds.Close()
	if w.Alias == o.Alias {
		s.note("workspace %s has that alias already: nothing was changed", w.ID)
	} else if err := w.control.SetAlias(ctx, w.ID, o.Alias); err != nil {
		return err
	}
	w.Alias = o.Alias
	return w.view().print(s, o.Output)
}
