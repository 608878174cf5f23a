package main

import (
	"regexp"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/recommender"
)

// dnsLabel is what Kubernetes takes as the name of a namespace or a service account.
var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func newSampleManifestCmd(s streams) *cobra.Command {
	var o recommender.Manifest
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print the Deployment and Service of the walkthrough's application",
		Long: `Print the Kubernetes Deployment and Service of the application that
'ampkit sample serve' runs. Its pods carry the annotations by which the
prometheus-community/prometheus chart finds what to scrape.`,
		Example: `  ampkit sample manifest --image registry.example.com/ampkit:1.0.0 | kubectl apply -f -`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.Image == "":
				return usagef(cmd, "--image is missing: an image whose entry point is ampkit")
			case !dnsLabel.MatchString(o.Namespace):
				return usagef(cmd, "--namespace %q is not a name that Kubernetes takes", o.Namespace)
			case o.Replicas < 1:
				return usagef(cmd, "--replicas %d: at least one is needed", o.Replicas)
			case !(o.Load >= 0 && o.Load <= maxLoad):
				return usagef(cmd, "--load %g is not between 0 and %d requests a second", o.Load, maxLoad)
			}
			return printYAML(s, o.YAML)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Image, "image", "", "image whose entry point is ampkit")
	f.StringVarP(&o.Namespace, "namespace", "n", "default", "namespace of both")
	f.IntVar(&o.Replicas, "replicas", 2, "number of pods")
	f.Float64Var(&o.Load, "load", defaultLoad, "requests a second that each pod sends to itself, 0 for none")
	return cmd
}
