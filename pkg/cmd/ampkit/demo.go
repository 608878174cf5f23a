package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/demo"
)

type demoOptions struct {
	Plugin string
	Listen string
	Keep   bool
}

func newDemoCmd(s streams) *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See the whole walkthrough work on this machine, without an AWS account",
		Long: `Run the getting-started walkthrough on this machine: a local AMP with STS and
IAM, a writer and the Grafana plugin with a role each, samples written by a
signed remote write, and the walkthrough's two queries through the real plugin
process, as a panel and as an alert rule ask them. Every value is checked
against what was written. Nothing leaves the machine, and nothing stays on it.`,
		Example: `  # Once: build the plugin; go tool mage demo does this too
  go tool mage build

  ampkit demo

  # Leave it running and see how to point a Grafana at it
  ampkit demo --keep --listen 127.0.0.1:9099`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runDemo(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Plugin, "plugin", filepath.Join("dist", "gpx_ampkit_<os>_<arch>"), "the built plugin")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "address of the local AMP; port 0 takes a free one")
	f.BoolVar(&o.Keep, "keep", false, "leave it running until Ctrl-C, writing new samples")
	fileCompletion(cmd, "plugin")
	return cmd
}

func (o *demoOptions) check(cmd *cobra.Command) error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return usagef(cmd, "--listen: %w", err)
	}
	if !isLoopback(host) {
		return usagef(cmd, "--listen: %s can be reached by other machines; the demo is for this one", o.Listen)
	}
	return nil
}

func runDemo(ctx context.Context, s streams, o demoOptions) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return demo.Run(ctx, demo.Options{
		Plugin: pluginPath(o.Plugin), Ampkit: self, Listen: o.Listen, Keep: o.Keep,
		Out: s.out, Colour: useColour(s.out),
	})
}

// pluginPath fills in this machine's platform, as the plugin's build names it.
func pluginPath(path string) string {
	name := "gpx_ampkit_" + runtime.GOOS + "_" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if filepath.Base(path) == "gpx_ampkit_<os>_<arch>" {
		return filepath.Join(filepath.Dir(path), name)
	}
	return path
}
