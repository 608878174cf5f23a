package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type probeOptions struct {
	What    string // ready or healthy
	URL     string
	Timeout time.Duration
}

func newProxyProbeCmd(s streams) *cobra.Command {
	var o probeOptions
	cmd := &cobra.Command{
		Use:   "probe [ready|healthy]",
		Short: "Ask a proxy on this machine whether it is ready",
		Long: `Ask a proxy whether it is ready, which is when it has credentials and is not told
to end, or only whether it is healthy, which is when it serves. Exit code 0 means
yes, 3 no, 1 that it did not answer.

This is for an exec probe of Kubernetes: the kubelet's HTTP probes do not reach a
proxy that listens inside its pod only.`,
		Example: `  ampkit proxy probe
  ampkit proxy probe healthy --url http://127.0.0.1:8005`,
		ValidArgs: []string{"ready", "healthy"},
		Args: func(cmd *cobra.Command, args []string) error {
			o.What = "ready"
			if len(args) > 0 {
				o.What = args[0]
			}
			if len(args) > 1 || o.What != "ready" && o.What != "healthy" {
				return usagef(cmd, "%q is neither ready nor healthy", strings.Join(args, " "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
				return usagef(cmd, "--url %q is not one such as http://127.0.0.1:8005", o.URL)
			}
			return runProxyProbe(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.URL, "url", "http://"+proxyListen, "the proxy's URL")
	f.DurationVar(&o.Timeout, "timeout", 3*time.Second, "how long to wait for its answer")
	return cmd
}

func runProxyProbe(ctx context.Context, s streams, o probeOptions) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.URL, "/")+"/-/"+o.What, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("the proxy does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("the proxy does not answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return &checkError{fmt.Errorf("not %s: %s; the proxy's log says more", o.What, strings.TrimSpace(string(body)))}
	}
	_, err = fmt.Fprintln(s.out, o.What)
	return err
}
