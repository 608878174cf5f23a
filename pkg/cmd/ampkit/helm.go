package main

import (
	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/helm"
)

// helmOptions are the flags that the values of both charts depend on.
type helmOptions struct {
	Workspace string
	Region    string
	Identity  helm.Identity
	Proxy     bool   // of Prometheus
	Image     string // of Prometheus' proxy
	PluginURL string // of Grafana
}

func newHelmCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("helm", "Write values for the charts of Prometheus and Grafana")
	cmd.Long = `Write values for the charts of Prometheus and Grafana, with all that it takes to
write into a workspace and to query it by a role each. 'ampkit irsa apply' makes
the roles and prints their ARNs.`
	cmd.AddCommand(newHelmGrafanaCmd(s), newHelmPrometheusCmd(s))
	return cmd
}

func newHelmPrometheusCmd(s streams) *cobra.Command {
	var o helmOptions
	cmd := &cobra.Command{
		Use:   "prometheus",
		Short: "Write values for the chart prometheus-community/prometheus",
		Long: `Write values for the chart prometheus-community/prometheus, which need no further
editing: the service account and its role, and a remote write into the workspace
that Prometheus signs itself, or with --proxy 'ampkit proxy' in a sidecar. The
sidecar is a native one, which takes Kubernetes 1.29 or newer: it runs before
Prometheus does and ends after it. Its probes are 'ampkit proxy probe'.

Nothing is asked of AWS: workspace and role are taken as they are given.`,
		Example: `  ampkit helm prometheus --workspace ws-0e1f… --region eu-central-1 \
    --role-arn arn:aws:iam::123456789012:role/prometheus-writes > prometheus.yaml

  # An old Prometheus, with the role of a Pod Identity association
  ampkit helm prometheus --workspace ws-0e1f… --region eu-central-1 --pod-identity \
    --proxy --image registry.example.com/ampkit:1.0.0 > prometheus.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			return runHelmPrometheus(s, o)
		},
	}
	o.addTo(cmd, "amp-iamproxy-ingest")
	f := cmd.Flags()
	f.BoolVar(&o.Proxy, "proxy", false, "sign in a sidecar instead of in Prometheus")
	f.StringVar(&o.Image, "image", "", "image of the sidecar, whose entry point is /ampkit, as of this project's Dockerfile")
	return cmd
}

func newHelmGrafanaCmd(s streams) *cobra.Command {
	var o helmOptions
	cmd := &cobra.Command{
		Use:   "grafana",
		Short: "Write values for the chart grafana/grafana",
		Long: `Write values for the chart grafana/grafana, which need no further editing: the
service account and its role, this plugin installed and allowed although it is
not signed, what Grafana must pass on for it to find the role, and the data
source and two dashboards.

Nothing is asked of AWS: workspace and role are taken as they are given.`,
		Example: `  ampkit helm grafana --workspace ws-0e1f… --region eu-central-1 \
    --role-arn arn:aws:iam::123456789012:role/grafana-reads \
    --plugin-url https://example.com/grafana-ampkitprometheus-datasource-1.0.0.zip > grafana.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd); err != nil {
				return err
			}
			if o.PluginURL == "" {
				return usagef(cmd, "--plugin-url is missing: where Grafana finds the plugin's zip file")
			}
			return runHelmGrafana(s, o)
		},
	}
	o.addTo(cmd, "amp-iamproxy-query")
	cmd.Flags().StringVar(&o.PluginURL, "plugin-url", "", "URL of the plugin's zip file")
	return cmd
}

func (o *helmOptions) addTo(cmd *cobra.Command, account string) {
	f := cmd.Flags()
	f.StringVarP(&o.Workspace, "workspace", "w", "", "workspace: its URL as the console shows it, its ARN, or its id")
	f.StringVar(&o.Region, "region", "", "region of the workspace (default: the URL's)")
	f.StringVar(&o.Identity.ServiceAccount, "service-account", account, "name of the service account")
	f.StringVar(&o.Identity.RoleARN, "role-arn", "", "role that the service account assumes (IRSA)")
	f.BoolVar(&o.Identity.PodIdentity, "pod-identity", false, "the service account has a Pod Identity association instead")
	completion(cmd, "region", amp.Regions()...)
}

func (o *helmOptions) check(cmd *cobra.Command) error {
	switch {
	case o.Workspace == "":
		return usagef(cmd, "--workspace is missing: the workspace's URL, ARN or id")
	case o.Identity.RoleARN == "" && !o.Identity.PodIdentity:
		return usagef(cmd, "--role-arn is missing, or --pod-identity: 'ampkit irsa apply' makes roles")
	}
	return nil
}

func runHelmPrometheus(s streams, o helmOptions) error {
	e, err := amp.ParseEndpoint(o.Workspace, o.Region)
	if err != nil {
		return err
	}
	return printYAML(s, helm.Prometheus{Endpoint: e, Identity: o.Identity, Proxy: o.Proxy, Image: o.Image}.YAML)
}

func runHelmGrafana(s streams, o helmOptions) error {
	e, err := amp.ParseEndpoint(o.Workspace, o.Region)
	if err != nil {
		return err
	}
	return printYAML(s, helm.Grafana{Endpoint: e, Identity: o.Identity, PluginURL: o.PluginURL}.YAML)
}
