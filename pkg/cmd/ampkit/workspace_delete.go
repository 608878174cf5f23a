package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
)

type workspaceDeleteOptions struct {
	oneWorkspace
	confirmOptions
	NoWait  bool
	Timeout time.Duration
}

func newWorkspaceDeleteCmd(s streams, run func(context.Context, streams, workspaceDeleteOptions) error) *cobra.Command {
	if run == nil {
		run = runWorkspaceDelete
	}
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
			return run(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	o.confirmOptions.addTo(cmd)
	cmd.Flags().BoolVar(&o.NoWait, "no-wait", false, "do not wait until it is gone")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 10*time.Minute, "how long to wait")
	noFileCompletion(cmd, "timeout")
	return cmd
}

func (o *workspaceDeleteOptions) addTo(cmd *cobra.Command) { o.oneWorkspace.addTo(cmd) }

func runWorkspaceDelete(ctx context.Context, s streams, o workspaceDeleteOptions) error {
	control, id, creds, err := o.controlPlane(ctx)
	if err != nil {
		return err
	}
	defer creds.Close()
	w, err := control.Describe(ctx, id)
	if err != nil {
		return err
	}
	if err := o.ask(s, "Delete workspace %s with all its data?", named(w)); err != nil {
		return err
	}
	if err := control.Delete(ctx, id); err != nil {
		return err
	}
	w.Status = "DELETING"
	if !o.NoWait {
		waiting, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		p := &progress{s: s}
		err := control.WaitGone(waiting, id, pollEvery, func(w amp.Workspace) { p.show("workspace " + w.ID + " is " + w.Status) })
		p.end()
		if err != nil {
			return err
		}
		w.Status = "DELETED"
	}
	v := viewOf(w, creds.Config().Region)
	v.URL, v.QueryURL, v.RemoteWriteURL = "", "", ""
	return o.Output.write(s.out, v, tabbed(v.table))
}
