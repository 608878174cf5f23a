package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/proxy"
)

// proxyListen is an address that only this machine reaches.
const proxyListen = "127.0.0.1:8005"

type proxyOptions struct {
	workspaceOptions
	RoleARN, ExternalID string
	Listen              string
	Allow               []string
	MaxBody             int64
	SignHost, ConnectTo string
	Access              proxy.Access
	Timeouts            proxy.Timeouts
	LogFormat           string
	LogLevel            slog.Level
}

func newProxyCmd(s streams) *cobra.Command {
	var (
		o     proxyOptions
		level string
	)
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "Sign requests to a workspace for programs that cannot sign",
		Long: `Serve one workspace on this machine for programs that cannot sign their
requests: an old Prometheus, an agent, a script. What comes in is held against
AMP's paths and verbs, signed with this command's credentials and sent on;
answers are streamed back. What the caller sends to authenticate itself, cookies
and forwarding headers go no further.

Request bodies are held in memory, because SigV4 signs their hash. Nothing is
retried: 429 and 503 reach the caller as they are. While there are no
credentials the answer is 503, for which a Prometheus keeps its samples.
Credentials are fetched again long before they expire.

Everybody who reaches the address can use the workspace. It is a loopback
address unless --listen says otherwise; then ask for --bearer-token-file or
--tls-client-ca-file. /-/healthy, /-/ready and /metrics are served beside the
workspace; 'ampkit proxy probe' asks for the first two from inside a pod. On
SIGTERM requests under way are finished first.

The proxy's URL is printed on stdout, the log goes to stderr.`,
		Example: `  # For the Prometheus in the same pod, with the pod's role
  ampkit proxy --workspace ws-0e1f… --region eu-central-1 --allow write
  # and in prometheus.yml: remote_write: [{url: http://127.0.0.1:8005/api/v1/remote_write}]

  # For a script, with another role
  ampkit proxy --workspace ws-0e1f… --region eu-central-1 --role-arn arn:aws:iam::123456789012:role/reader --allow read &
  curl --data-urlencode 'query=up' http://127.0.0.1:8005/api/v1/query

  # For other machines, by a token
  ampkit proxy --workspace ws-0e1f… --region eu-central-1 --listen 0.0.0.0:8005 \
    --bearer-token-file token --tls-cert-file tls.crt --tls-key-file tls.key

  # By way of a VPC endpoint
  ampkit proxy --workspace ws-0e1f… --region eu-central-1 \
    --connect-to vpce-0123-abcd.aps-workspaces.eu-central-1.vpce.amazonaws.com`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, level); err != nil {
				return err
			}
			return runProxy(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	f := cmd.Flags()
	f.StringVar(&o.RoleARN, "role-arn", "", "assume this role and sign with it")
	f.StringVar(&o.ExternalID, "external-id", "", "external id that the role's trust policy asks for")
	f.StringVar(&o.Listen, "listen", proxyListen, "address to serve on; port 0 takes a free one")
	f.StringSliceVar(&o.Allow, "allow", []string{"read", "write"}, "what to let through: read, write, rules, alertmanager")
	f.Int64Var(&o.MaxBody, "max-body", proxy.DefaultMaxBody, "largest request body in bytes; 413 beyond it")
	f.StringVar(&o.ConnectTo, "connect-to", "", "host or URL to connect to instead of the workspace's, such as a VPC endpoint's")
	f.StringVar(&o.SignHost, "sign-host", "", "host to sign and send (default: the workspace's)")
	f.StringVar(&o.Access.TokenFile, "bearer-token-file", "", "file with the token that callers must send")
	f.StringVar(&o.Access.CertFile, "tls-cert-file", "", "certificate to serve TLS with")
	f.StringVar(&o.Access.KeyFile, "tls-key-file", "", "key of the certificate")
	f.StringVar(&o.Access.ClientCAFile, "tls-client-ca-file", "", "authorities whose certificates callers must have")
	f.DurationVar(&o.Timeouts.Answer, "answer-timeout", 2*time.Minute, "how long AMP may take to begin an answer")
	f.DurationVar(&o.Timeouts.Stall, "stall-timeout", time.Minute, "how long an answer may stop in its middle, on either side")
	f.DurationVar(&o.Timeouts.Drain, "drain-timeout", 25*time.Second, "how long requests under way are waited for at the end")
	f.StringVar(&o.LogFormat, "log-format", "text", "text or json")
	f.StringVar(&level, "log-level", "info", "debug (each request), info, warn (what went wrong) or error")
	fileCompletion(cmd, "bearer-token-file", "tls-cert-file", "tls-key-file", "tls-client-ca-file")
	completion(cmd, "allow", "read", "write", "rules", "alertmanager")
	completion(cmd, "log-format", "text", "json")
	completion(cmd, "log-level", "debug", "info", "warn", "error")
	cmd.AddCommand(newProxyProbeCmd(s))
	return cmd
}

func (o *proxyOptions) check(cmd *cobra.Command, level string) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return usagef(cmd, "--listen: %w", err)
	}
	if _, err := proxy.ParseGroups(o.Allow); err != nil {
		return usagef(cmd, "--allow: %w", err)
	}
	if err := o.LogLevel.UnmarshalText([]byte(level)); err != nil {
		return usagef(cmd, "--log-level: %q is none of debug, info, warn, error", level)
	}
	switch {
	case o.LogFormat != "text" && o.LogFormat != "json":
		return usagef(cmd, "--log-format: %q is neither text nor json", o.LogFormat)
	case o.MaxBody <= 0:
		return usagef(cmd, "--max-body: %d bytes are no limit", o.MaxBody)
	case o.Timeouts.Answer <= 0 || o.Timeouts.Stall <= 0 || o.Timeouts.Drain <= 0:
		return usagef(cmd, "--answer-timeout, --stall-timeout and --drain-timeout must be more than zero")
	case strings.ContainsAny(o.SignHost, "/@? "):
		return usagef(cmd, "--sign-host: %q is not a host such as aps-workspaces.eu-central-1.amazonaws.com", o.SignHost)
	case o.ExternalID != "" && o.RoleARN == "":
		return usagef(cmd, "--external-id goes with --role-arn, which is missing")
	case (o.Access.CertFile == "") != (o.Access.KeyFile == ""):
		return usagef(cmd, "--tls-cert-file and --tls-key-file belong together: give both")
	case o.Access.ClientCAFile != "" && o.Access.CertFile == "":
		return usagef(cmd, "--tls-client-ca-file needs --tls-cert-file and --tls-key-file")
	}
	return nil
}

func runProxy(ctx context.Context, s streams, o proxyOptions) error {
	config, err := o.config(ctx)
	if err != nil {
		return err
	}
	config.Logger = o.logger(s)
	p, err := proxy.New(config)
	if err != nil {
		return err
	}
	l, err := listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	here := url.URL{Scheme: "http", Host: l.Addr().String()}
	if o.Access.CertFile != "" {
		here.Scheme = "https"
	}
	config.Logger.InfoContext(ctx, "signing", "listen", here.String(), "workspace", config.Endpoint.Base.String(), "host", config.Endpoint.SignHost, "region", config.Endpoint.Region, "allow", strings.Join(o.Allow, ","))
	if _, err := fmt.Fprintln(s.out, here.String()); err != nil {
		_ = l.Close()
		return err
	}
	// The heap of an idle proxy is so small that the collector would run after
	// every few hundred queries and cost a tenth of their CPU. Memory that is never
	// touched makes it wait for some 20 MB of garbage, and is not there.
	ballast := make([]byte, 16<<20)
	defer runtime.KeepAlive(ballast)
	return p.Serve(ctx, l)
}

func (o *proxyOptions) config(ctx context.Context) (proxy.Config, error) {
	endpoint, creds, err := o.locate(ctx)
	if err != nil {
		return proxy.Config{}, err
	}
	creds.Close() // the proxy fetches its own
	if o.ConnectTo != "" {
		if endpoint, err = endpoint.Connect(o.ConnectTo); err != nil {
			return proxy.Config{}, fmt.Errorf("--connect-to: %w", err)
		}
	}
	if o.SignHost != "" {
		endpoint.SignHost = o.SignHost
	}
	transport, err := awscreds.Transport()
	if err != nil {
		return proxy.Config{}, err
	}
	allow, err := proxy.ParseGroups(o.Allow)
	if err != nil {
		return proxy.Config{}, fmt.Errorf("--allow: %w", err)
	}
	return proxy.Config{
		Endpoint: endpoint, Allow: allow, MaxBody: o.MaxBody, Transport: transport, Timeouts: o.Timeouts, Access: o.Access,
		Credentials: freshCredentials{awscreds.CommandLine{
			Region: endpoint.Region, Profile: o.Profile, EndpointURL: o.EndpointURL, RoleARN: o.RoleARN, ExternalID: o.ExternalID,
		}},
	}, nil
}

func (o *proxyOptions) logger(s streams) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.LogLevel}
	if o.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.err, options))
	}
	return slog.New(slog.NewTextHandler(s.err, options))
}

// freshCredentials builds the chain anew each time it is asked, as the proxy
// wants it: no cache gives back what is about to expire, and a token file or a
// shared file that was changed is read as it is now.
type freshCredentials struct{ from awscreds.CommandLine }

func (f freshCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	c, err := awscreds.Load(ctx, f.from)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer c.Close()
	return c.Retrieve(ctx)
}
