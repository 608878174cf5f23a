package main

import "github.com/spf13/cobra"

func newSampleCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("sample", "Write sample data: the series of the getting-started walkthrough")
	cmd.AddCommand(newSampleWriteCmd(s, nil))
	return cmd
}
