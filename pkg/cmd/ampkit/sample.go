package main

import "github.com/spf13/cobra"

func newSampleCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("sample", "Sample data and the application of the getting-started walkthrough")
	cmd.AddCommand(newSampleManifestCmd(s), newSampleServeCmd(s), newSampleWriteCmd(s))
	return cmd
}
