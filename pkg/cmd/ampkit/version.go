package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the release build: -ldflags "-X main.version=v1.2.3".
var version string

func newVersionCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the commit and the Go release",
		Example: "  ampkit version",
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return runVersion(s) },
	}
}

func runVersion(s streams) error {
	v, commit := build()
	_, err := fmt.Fprintf(s.out, "ampkit %s (commit %s, %s, %s/%s)\n", v, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// build is the version and the commit this binary was made of.
func build() (v, commit string) {
	v, commit = version, "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = info.Main.Version
		}
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	if v == "" || v == "(devel)" {
		v = "development"
	}
	return v, commit
}

// userAgent is how requests of the command line call themselves.
func userAgent() string {
	v, _ := build()
	return "ampkit/" + v
}
