package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
)

type workspaceCreateOptions struct {
	awsOptions
	waitOptions
	Output      output
	Alias       string
	KMSKeyARN   string
	Tags        map[string]string
	ClientToken string
}

func newWorkspaceCreateCmd(s streams) *cobra.Command {
	var o workspaceCreateOptions
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a workspace and wait until it is active",
		Long: `Create a workspace, wait until it is ACTIVE, and print its endpoints.

It can be run again: where a workspace has the alias already, that one is
printed and none is created. (AMP itself takes an alias twice.) With
--client-token it is the service that makes one workspace of all requests with
the same token, and aliases are not looked at.

Credentials need aps:CreateWorkspace, aps:DescribeWorkspace, aps:ListWorkspaces
and, with --tag, aps:TagResource.`,
		Example: `  ampkit workspace create --alias prod --region eu-central-1 --tag team=observability

  # The workspace's id, for a script
  ampkit workspace create --alias prod --output json | jq -r .id

  # In a local emulator
  ampkit workspace create --alias demo --region us-east-1 --endpoint-url http://127.0.0.1:9099`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Output.check(cmd); err != nil {
				return err
			}
			return runWorkspaceCreate(cmd.Context(), s, o)
		},
	}
	o.awsOptions.addTo(cmd, "region of the workspace (default: the SDK's)")
	o.Output.addTo(cmd)
	o.waitOptions.addTo(cmd, "it is active")
	f := cmd.Flags()
	f.StringVar(&o.Alias, "alias", "", "a name for people")
	f.StringVar(&o.KMSKeyARN, "kms-key-arn", "", "a key of your own to encrypt the data with")
	f.StringVar(&o.ClientToken, "client-token", "", "makes one workspace of all requests with this token")
	tagFlag(cmd, &o.Tags, "tag of the workspace, as key=value; may be repeated")
	return cmd
}

func runWorkspaceCreate(ctx context.Context, s streams, o workspaceCreateOptions) error {
	creds, err := o.load(ctx)
	if err != nil {
		return err
	}
	defer creds.Close()
	control := amp.NewControlPlane(creds.Config(), amp.Endpoint{})
	w, err := o.create(ctx, s, control)
	if err != nil {
		return err
	}
	if !o.NoWait {
		waiting, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		p := &progress{s: s}
		w, err = control.Wait(waiting, w.ID, pollEvery, p.workspace)
		p.end()
		if err != nil {
			return err
		}
	}
	return viewOf(w, creds.Config().Region).print(s, o.Output)
}

// create makes the workspace, or finds the one that has the alias.
func (o workspaceCreateOptions) create(ctx context.Context, s streams, control *amp.ControlPlane) (amp.Workspace, error) {
	if o.Alias != "" && o.ClientToken == "" {
		list, err := control.List(ctx, o.Alias, 0)
		switch {
		case amp.IsKind(err, amp.KindAccessDenied):
			s.note("not checked: whether a workspace has that alias already: %v", err)
		case err != nil:
			return amp.Workspace{}, err
		}
		for _, w := range list {
			if w.Alias == o.Alias && w.Status != "DELETING" && w.Status != "CREATION_FAILED" {
				s.note("workspace %s has the alias %s already: none was created", w.ID, w.Alias)
				return w, nil
			}
		}
	}
	w, err := control.Create(ctx, amp.NewWorkspace{Alias: o.Alias, KMSKeyARN: o.KMSKeyARN, Tags: o.Tags, ClientToken: o.ClientToken})
	if err != nil {
		return amp.Workspace{}, fmt.Errorf("create a workspace: %w", err)
	}
	return w, nil
}
