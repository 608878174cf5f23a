package main

import (
	"context"

	"github.com/spf13/cobra"
)

type workspaceDeleteOptions struct {
	oneWorkspace
	confirmOptions
	waitOptions
}

func newWorkspaceDeleteCmd(s streams) *cobra.Command {
	var o workspaceDeleteOptions
	cmd := &cobra.Command{
		Use:   "delete",
		Short: "Delete a workspace with all its data",
		Long: `Delete a workspace with all its data, rules and alert manager definition, and wait
until it is gone. It can't be undone, so it asks first. A workspace that is not
there is an error.

Credentials need aps:DeleteWorkspace and aps:DescribeWorkspace.`,
		Example: `  ampkit workspace delete --workspace ws-0e1f… --region eu-central-1

  # In a script
  ampkit workspace delete --workspace ws-0e1f… --region eu-central-1 --yes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runWorkspaceDelete(cmd.Context(), s, o)
		},
	}
	o.oneWorkspace.addTo(cmd)
	o.confirmOptions.addTo(cmd)
	o.waitOptions.addTo(cmd, "it is gone")
	return cmd
}

func runWorkspaceDelete(ctx context.Context, s streams, o workspaceDeleteOptions) error {
	w, err := o.find(ctx)
	if err != nil {
		return err
	}
	defer w.creds.Close()
	if err := o.ask(s, "Delete workspace %s with all its data?", named(w.Workspace)); err != nil {
		return err
	}
	if err := w.control.Delete(ctx, w.ID); err != nil {
		return err
	}
	w.Status = "DELETING"
	if !o.NoWait {
		waiting, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		p := &progress{s: s}
		err := w.control.WaitGone(waiting, w.ID, pollEvery, p.workspace)
		p.end()
		if err != nil {
			return err
		}
		w.Status = "DELETED"
	}
	w.Endpoint = "" // nothing answers there any more
	return w.view().print(s, o.Output)
}
