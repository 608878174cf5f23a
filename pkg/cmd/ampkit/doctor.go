package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/doctor"
)

type doctorOptions struct {
	workspaceOptions
	RoleARN, ExternalID string
	ConnectTo           string
	For                 string
	Timeout             time.Duration
	Output              output
}

func newDoctorCmd(s streams) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what keeps the identity at hand from a workspace, and what to do about it",
		Long: `Examine, as the identity at hand, everything between here and a workspace: which
credentials there are and until when, who AWS takes them for, the endpoint's
name and certificate, this machine's clock, the workspace's status, and each
permission on the data plane. Nothing is written: the permission to write is
probed with a body that can't be decoded.

Each failure comes with what to do about it: which action, on which ARN, in
whose policy. What the identity may not look at, or what something else stands
in the way of, is "not checked" (–) and no failure. The data source's "Save &
test" makes the same checks and says the same.

Printed as JSON or YAML, a report has the fields outcome (passed or failed),
for, workspace, region, endpoint, signHost, credentials, and checks: a list with
name, outcome (passed, failed or not checked), detail, remedy, action, kind,
status, requestId and facts. Names and fields stay; others may come.

Exit codes: 0 nothing failed, 3 a check failed.`,
		Example: `  # May this shell, or this pod, query the workspace?
  ampkit doctor --workspace ws-0e1f… --region eu-central-1

  # May the role that Prometheus writes with do so?
  ampkit doctor --workspace ws-0e1f… --region eu-central-1 --for ingest --role-arn arn:aws:iam::123456789012:role/amp-ingest

  # By way of a VPC endpoint without private DNS, as a data source's sigV4Endpoint
  ampkit doctor --workspace ws-0e1f… --region eu-central-1 --connect-to vpce-0a1b….aps-workspaces.eu-central-1.vpce.amazonaws.com

  # For a program
  ampkit doctor --workspace ws-0e1f… --region eu-central-1 --output json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runDoctor(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	o.Output.addTo(cmd)
	f := cmd.Flags()
	f.StringVar(&o.For, "for", string(doctor.ForQuery), "what is needed: "+strings.Join(purposes, ", "))
	f.StringVar(&o.RoleARN, "role-arn", "", "role to assume first")
	f.StringVar(&o.ExternalID, "external-id", "", "external id that the role asks for")
	f.StringVar(&o.ConnectTo, "connect-to", "", "host to connect to in place of the workspace's, such as a VPC endpoint's")
	f.DurationVar(&o.Timeout, "timeout", 10*time.Second, "longest wait for each check")
	completion(cmd, "for", purposes...)
	return cmd
}

var purposes = []string{string(doctor.ForQuery), string(doctor.ForIngest), string(doctor.ForBoth)}

func (o *doctorOptions) check(cmd *cobra.Command) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	switch {
	case !slices.Contains(purposes, o.For):
		return usagef(cmd, "--for %q: give one of %s", o.For, strings.Join(purposes, ", "))
	case o.ExternalID != "" && o.RoleARN == "":
		return usagef(cmd, "--external-id goes with --role-arn")
	case o.Timeout <= 0:
		return usagef(cmd, "--timeout: %s is not a time to wait", o.Timeout)
	}
	return o.Output.check(cmd)
}

func runDoctor(ctx context.Context, s streams, o doctorOptions) error {
	report, err := o.examine(ctx)
	if err != nil {
		return err
	}
	table := func(w io.Writer) error { return report.WriteText(w, useColour(w)) }
	if err := o.Output.write(s.out, report, table); err != nil {
		return err
	}
	failures := report.Failures()
	if len(failures) == 0 {
		return ctx.Err()
	}
	names := make([]string, len(failures))
	for i, c := range failures {
		names[i] = string(c.Name)
	}
	return &checkError{fmt.Errorf("%s failed: %s", plural(len(failures), "check"), strings.Join(names, ", "))}
}

// examine lacks credentials where others would fail for them: the doctor says so.
func (o doctorOptions) examine(ctx context.Context) (doctor.Report, error) {
	endpoint, creds, noCreds, err := o.locateAs(ctx, o.RoleARN, o.ExternalID)
	if err != nil {
		return doctor.Report{}, err
	}
	var signer aws.CredentialsProvider
	if noCreds == nil {
		defer creds.Close()
		signer = creds
	}
	if o.ConnectTo != "" {
		if endpoint, err = endpoint.Connect(o.ConnectTo); err != nil {
			return doctor.Report{}, fmt.Errorf("--connect-to: %w", err)
		}
	}
	transport, err := awscreds.Transport()
	if err != nil {
		return doctor.Report{}, err
	}
	defer transport.CloseIdleConnections()
	return doctor.Run(ctx, doctor.Options{
		Client:      amp.NewClient(amp.Config{Endpoint: endpoint, Transport: transport, Credentials: signer, UserAgent: userAgent()}),
		Credentials: creds, NoCredentials: noCreds, Transport: transport, For: doctor.Purpose(o.For), Limit: o.Timeout,
	}), nil
}
