package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
)

type emulatorOptions struct {
	Listen          string
	AllowRemote     bool
	DataDir         string
	Region          string
	Account         string
	Workspace       string
	ServiceAccounts []string
	Clusters        []string
	Faults          bool
	Quiet           bool
}

func newEmulatorCmd(s streams) *cobra.Command {
	var o emulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run a local AMP with strict request signing, STS and IAM",
		Long: `Run Amazon Managed Service for Prometheus on this machine, until Ctrl-C: the
workspaces' Prometheus API on Prometheus' own storage and engine, the control
plane, STS and IAM on one port. Signatures, policies and the service's limits
are enforced as AWS enforces them, and refusals read as AWS words them.

What to export and to type is printed on stderr at the start, the workspace's URL
on stdout. The keys it prints are good for this emulator only.

--service-account stands for a pod under IRSA: it makes a role that trusts this
one service account, and keeps a token for it fresh in a file, as the kubelet
does. ACCESS is read, browse, write or admin (default: read); browse is read and
listing the workspaces, as Grafana's settings do.

--faults is for seeing what your dashboards and alert rules do on a bad day:
whoever reaches the port may then order one, without a signature. The third
example's answer is given to all queries and writes until it is taken back. A
fault may also name "plane" (data, control, sts, iam, …), "path" (its end),
"headers", "delay" and "times".`,
		Example: `  # A workspace that is gone when the emulator stops
  ampkit emulator

  # One that stays, for a writer and a reader that each assume their own role
  ampkit emulator --data-dir ./amp \
    --service-account prometheus/server=write --service-account grafana/grafana=browse

  # One that can be told to fail
  ampkit emulator --faults
  curl -X PUT http://127.0.0.1:9099/faults -d '{"status": 503, "body": "{\"message\": \"Service unavailable\"}"}'
  curl -X DELETE http://127.0.0.1:9099/faults`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runEmulator(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:9099", "address to serve on; port 0 takes a free one")
	f.BoolVar(&o.AllowRemote, "allow-remote", false, "listen on an address that other machines can reach, without TLS")
	f.StringVar(&o.DataDir, "data-dir", "", "keep samples, identities and keys here (default: a temporary directory)")
	f.StringVar(&o.Region, "region", "us-east-1", "region of the workspaces")
	f.StringVar(&o.Account, "account", "123456789012", "AWS account of the workspaces")
	f.StringVar(&o.Workspace, "workspace", "demo", "alias of a workspace to have at the start")
	f.StringArrayVar(&o.ServiceAccounts, "service-account", nil, "role and token file for a pod, as NAMESPACE/NAME[=ACCESS] (repeatable)")
	f.StringArrayVar(&o.Clusters, "cluster", []string{"demo"}, "EKS cluster to have, whose issuer is the emulator's (repeatable)")
	f.BoolVar(&o.Faults, "faults", false, "let anybody who reaches the port order faults at /faults")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no line for each request")
	_ = cmd.MarkFlagDirname("data-dir")
	completion(cmd, "region", amp.Regions()...)
	return cmd
}

func (o *emulatorOptions) check(cmd *cobra.Command) error {
	if err := checkListen(cmd, o.Listen, o.AllowRemote); err != nil {
		return err
	}
	if !accountID.MatchString(o.Account) {
		return usagef(cmd, "--account: %q is not twelve digits", o.Account)
	}
	for _, sa := range o.ServiceAccounts {
		if _, err := parsePod(sa); err != nil {
			return usagef(cmd, "--service-account: %w", err)
		}
	}
	return nil
}

func runEmulator(ctx context.Context, s streams, o emulatorOptions) (err error) {
	began := time.Now()
	logger := slog.New(slog.DiscardHandler)
	if !o.Quiet {
		logger = slog.New(slog.NewTextHandler(s.err, nil))
	}
	listener, err := listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // for an early return; after serving it is closed, and says so by an error
	e, err := emulator.New(emulator.Options{
		Region: o.Region, AccountID: o.Account, DataDir: o.DataDir, Logger: logger, Clusters: o.Clusters, ActivateAfter: 2 * time.Second,
		FaultAPI: o.Faults,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()

	tokens, remove, err := o.tokenDir()
	if err != nil {
		return err
	}
	defer remove()
	g := &greeting{endpoint: "http://" + listener.Addr().String(), options: o}
	if err := g.prepare(ctx, e, tokens); err != nil {
		return err
	}

	group, ctx := errgroup.WithContext(ctx)
	for _, p := range g.pods {
		// The first token is there before anybody is told where to find it.
		if _, err := p.projector.Refresh(); err != nil {
			return fmt.Errorf("token of %s: %w", p.name, err)
		}
		p.projector.Logger = logger
		group.Go(func() error { return p.projector.Run(ctx) })
	}
	server := &http.Server{
		Handler: e, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	// A query that takes a minute does not hold up Ctrl-C.
	group.Go(func() error { return serve(ctx, server, listener, 3*time.Second) })
	if err := g.print(s, time.Since(began)); err != nil {
		return err
	}
	return group.Wait()
}

// tokenDir is where the pods' tokens live, and how to leave it.
func (o *emulatorOptions) tokenDir() (dir string, remove func(), err error) {
	if o.DataDir != "" {
		dir, err = filepath.Abs(filepath.Join(o.DataDir, "tokens"))
		return dir, func() {}, err
	}
	dir, err = os.MkdirTemp("", "ampkit-tokens-")
	if err != nil {
		return "", nil, fmt.Errorf("directory for tokens: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}
