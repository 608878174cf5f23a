package main

import "github.com/spf13/cobra"

func newSampleCmd(_ streams) *cobra.Command {
	cmd := newGroupCmd("sample", "Sample data: the series of the getting-started walkthrough")
	cmd.Example = "  ampkit sample write --workspace ws-0e1f… --region eu-central-1"
	return cmd
}
