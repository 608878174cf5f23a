package main

import "github.com/spf13/cobra"

// Shells offer no file names, but where files are meant: newRootCmd sees to
// that. The error of a registration is for a flag that does not exist.

// completion offers the values of a flag.
func completion(cmd *cobra.Command, flag string, values ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// fileCompletion offers file names for flags.
func fileCompletion(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		_ = cmd.RegisterFlagCompletionFunc(name, fileNames)
	}
}

// fileNames lets the shell do it.
func fileNames(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}
