package main

import "github.com/spf13/cobra"

func newSampleCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("sample", "Sample data and the application of the getting-started walkthrough")
	cmd.Long = `Data to look at before there is any of your own. Write fills a workspace, without
a cluster and without a Prometheus. Serve is the walkthrough's application, for a
Prometheus to scrape, and manifest runs it in a cluster.`
	cmd.AddCommand(newSampleManifestCmd(s), newSampleServeCmd(s), newSampleWriteCmd(s))
	return cmd
}
