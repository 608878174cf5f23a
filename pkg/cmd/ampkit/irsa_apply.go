package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/irsa"
)

type irsaApplyOptions struct {
	irsaOptions
	TokenFile string
}

func newIRSAApplyCmd(s streams) *cobra.Command {
	o := &irsaApplyOptions{}
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make the roles, and print the service accounts for kubectl",
		Long: `Do what plan shows, telling of each step, and print the service accounts with their
roles as kubectl takes them. A second run changes nothing and says so; a run that
was stopped is finished by the next one.

At the end a token of a service account is exchanged for credentials of its role,
where one is at hand: in --token-file, or in the file that
AWS_WEB_IDENTITY_TOKEN_FILE names. Otherwise it says what was not checked.

Beyond what plan needs, credentials need iam:CreateOpenIDConnectProvider,
iam:AddClientIDToOpenIDConnectProvider, iam:TagOpenIDConnectProvider,
iam:CreateRole, iam:TagRole, iam:UpdateAssumeRolePolicy,
iam:PutRolePermissionsBoundary, iam:CreatePolicy, iam:TagPolicy,
iam:CreatePolicyVersion, iam:DeletePolicyVersion and iam:AttachRolePolicy; with
--pod-identity eks:CreatePodIdentityAssociation, eks:UpdatePodIdentityAssociation,
eks:TagResource and iam:PassRole.`,
		Example: `  ampkit irsa apply ` + irsaExample + ` | kubectl apply -f -

  # In a pod's place: exchange a token that kubectl asks for
  kubectl create token --namespace grafana grafana --audience sts.amazonaws.com >token
  ampkit irsa apply … --token-file token`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, true); err != nil {
				return err
			}
			if o.TokenFile != "" && o.PodIdentity {
				return usagef(cmd, "--token-file can't be used with --pod-identity: only a pod gets such credentials")
			}
			return runIRSAApply(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.TokenFile, "token-file", "", "a service account's token, to be exchanged as a check")
	fileCompletion(cmd, "token-file")
	return cmd
}

// irsaApplyView is what apply did, as JSON.
type irsaApplyView struct {
	irsaPlanView
	ServiceAccounts []irsa.Manifest `json:"serviceAccounts"`
	Checked         *irsa.Proof     `json:"checked,omitempty"`
	NotChecked      string          `json:"notChecked,omitempty"`
}

func runIRSAApply(ctx context.Context, s streams, o *irsaApplyOptions) error {
	session, err := o.open(ctx, false)
	if err != nil {
		return err
	}
	defer session.creds.Close()
	plan, planned, err := session.plan(ctx)
	if err != nil {
		return err
	}
	tell(s, planned.Notes)
	if len(planned.Steps) == 0 {
		s.note("nothing to do: everything is as asked for")
	}
	if err := applyIRSA(ctx, s, session, plan); err != nil {
		return err
	}
	view := irsaApplyView{irsaPlanView: planned, ServiceAccounts: session.spec.Manifests(planned.Roles)}
	view.Checked, view.NotChecked, err = session.verify(ctx, o, planned)
	if err != nil {
		return err
	}
	if p := view.Checked; p != nil {
		s.note("checked: a token of service account %s was exchanged for credentials of role %s", p.ServiceAccount, p.Role)
	} else {
		s.note("not checked: %s", view.NotChecked)
	}
	return o.Output.write(s.out, view, func(w io.Writer) error {
		_, err := io.WriteString(w, irsa.YAML(view.ServiceAccounts))
		return err
	})
}

// applyIRSA does what is planned and tells of each step.
func applyIRSA(ctx context.Context, s streams, session *irsaSession, plan *irsa.Plan) error {
	done := 0
	err := plan.Apply(ctx, session.clients, func(step irsa.Step) {
		done++
		planStep{string(step.Op), step.Resource, step.Detail}.done(s)
	})
	if err != nil {
		return fmt.Errorf("%d of %s done, then %w", done, plural(len(plan.Steps), "step"), err)
	}
	return nil
}

// verify makes the real check, or says why it was not made.
func (s *irsaSession) verify(ctx context.Context, o *irsaApplyOptions, view irsaPlanView) (*irsa.Proof, string, error) {
	if o.PodIdentity {
		return nil, "that pods get credentials: run ampkit doctor in one; the cluster needs the add-on eks-pod-identity-agent", nil
	}
	file := cmp.Or(o.TokenFile, os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"))
	if file == "" {
		return nil, "that pods get credentials: give a service account's token with --token-file, or run ampkit doctor in a pod", nil
	}
	proof, err := s.clients.Verify(ctx, s.spec, view.Roles, file, len(view.Steps) > 0)
	switch {
	case errors.Is(err, irsa.ErrOtherToken) && o.TokenFile == "":
		return nil, "that pods get credentials: " + err.Error(), nil
	case err != nil:
		return nil, "", &checkError{err: fmt.Errorf("everything was made, but the check failed: %w", err)}
	}
	return &proof, "", nil
}
