package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/irsa"
)

func newIRSACheckCmd(s streams) *cobra.Command {
	o := &irsaOptions{}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Look for drift and for the common faults in roles, trust and policies",
		Long: `Compare what is there with what is asked for, and look for what commonly goes wrong
in what others wrote: a trust statement without a condition on :aud or for more
than named service accounts, a statement twice, aps actions on all workspaces, one
role for reading and writing, a policy that is not attached. Nothing is changed.

It exits with 3 when something is wrong.

Beyond what plan needs, credentials need iam:ListRolePolicies, iam:GetRolePolicy,
iam:ListRoles, eks:ListPodIdentityAssociations and
eks:DescribePodIdentityAssociation; what they may not look at is named.`,
		Example: `  ampkit irsa check ` + irsaExample,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, true); err != nil {
				return err
			}
			return runIRSACheck(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	return cmd
}

type irsaCheckView struct {
	Findings []irsa.Finding `json:"findings"`
	Notes    []string       `json:"notes,omitempty"`
}

func runIRSACheck(ctx context.Context, s streams, o *irsaOptions) error {
	session, err := o.open(ctx, false)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	state, err := session.clients.Inspect(ctx, session.spec)
	if err != nil {
		return err
	}
	findings, err := irsa.Audit(session.spec, state)
	if err != nil {
		return withHint(err)
	}
	view := irsaCheckView{Findings: findings, Notes: session.notes}
	for _, unseen := range state.Unseen {
		view.Notes = append(view.Notes, "not checked: "+unseen)
	}
	if o.Output == outputTable {
		tell(s, view.Notes)
	}
	err = o.Output.write(s.out, view, func(w io.Writer) error {
		if len(findings) == 0 {
			fmt.Fprintln(w, "no faults: everything is as asked for")
		}
		for _, f := range findings {
			fmt.Fprintf(w, "%s: %s: %s\n    %s\n", f.Fault, f.Resource, f.Message, f.Remedy)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(findings) > 0 {
		return &checkError{err: fmt.Errorf("%s found", plural(len(findings), "fault"))}
	}
	return nil
}
