package main

import (
	"context"
	"time"

	smithytime "github.com/aws/smithy-go/time"
	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

type sampleWriteOptions struct {
	workspaceOptions
	Since    time.Duration
	Until    time.Time // zero for now
	Interval time.Duration
	Follow   bool
	Seed     uint64
}

func newSampleWriteCmd(s streams) *cobra.Command {
	var (
		o     sampleWriteOptions
		until string
	)
	cmd := &cobra.Command{
		Use:   "write",
		Short: "Write the walkthrough's series into a workspace by a signed remote write",
		Long: `Write the series of the getting-started walkthrough into a workspace: request
counters of a recommender by path, bytes sent by node, a latency histogram
(classic and native) and a few gauges, counter resets included.

The values depend on the seed and on time only, so that writing can stop and go
on: --follow writes what is missing and then each new sample as its time comes,
until Ctrl-C. AMP takes samples of the last hour, in order; without --follow, a
second run into the same workspace is refused for the time it already holds.

Following ends when the first write fails, so that a wrong setting is seen, and
when the workspace is gone. What fails later and may heal, such as a session that
is being renewed, is told once and tried again, in five minutes at the latest;
what is missing of the last hour is written then.

Credentials need the action aps:RemoteWrite.`,
		Example: `  # The last 55 minutes, with the role of the pod or of the shell
  ampkit sample write --workspace ws-0e1f… --region eu-central-1

  # A pasted URL works in every form the console shows
  ampkit sample write --url https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-0e1f…/api/v1/remote_write

  # Go on writing until Ctrl-C
  ampkit sample write --workspace ws-0e1f… --region eu-central-1 --follow

  # Into a local emulator
  ampkit sample write --workspace ws-0e1f… --region us-east-1 --endpoint-url http://127.0.0.1:9099`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, until); err != nil {
				return err
			}
			return runSampleWrite(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	f := cmd.Flags()
	f.DurationVar(&o.Since, "since", 55*time.Minute, "how far back to begin; AMP refuses samples older than an hour")
	f.StringVar(&until, "until", "", "where to end, as 2026-03-01T12:00:00Z (default: now)")
	f.DurationVar(&o.Interval, "interval", sampledata.Step, "time between samples, a multiple of 15s")
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on writing live, until Ctrl-C")
	f.Uint64Var(&o.Seed, "seed", sampledata.DefaultSeed, "another seed makes other values")
	return cmd
}

func (o *sampleWriteOptions) check(cmd *cobra.Command, until string) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	if err := sampledata.CheckInterval(o.Interval); err != nil {
		return usagef(cmd, "--interval: %w", err)
	}
	if o.Since <= 0 {
		return usagef(cmd, "--since: %s is not a time to look back", o.Since)
	}
	if until != "" {
		if o.Follow {
			return usagef(cmd, "--follow has no end: leave out --until")
		}
		at, err := time.Parse(time.RFC3339, until)
		if err != nil {
			return usagef(cmd, "--until: %w", err)
		}
		o.Until = at
	}
	return nil
}

func runSampleWrite(ctx context.Context, s streams, o sampleWriteOptions) error {
	t, err := o.connect(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	set := sampledata.Walkthrough(o.Seed)
	sender := remotewrite.New(remotewrite.Config{URL: t.endpoint.RemoteWriteURL(), HTTPClient: t.client, UserAgent: userAgent()})
	w := &sampleWriter{
		set:      set,
		describe: sender.Describe,
		send:     sender.Send,
		interval: o.Interval,
		now:      time.Now,
		wait:     smithytime.SleepWithContext,
		streams:  s,
	}
	return w.run(ctx, o)
}
