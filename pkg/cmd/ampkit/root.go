// Package main is ampkit, the command line of the Amazon Managed Service for
// Prometheus tool box.
//
// Every command lives in a file of its own and follows one convention:
//
//   - an options struct holds what the flags say and nothing else;
//   - newXxxCmd builds the command, which checks them and calls runXxx;
//   - results go to s.out, everything else (progress, notes, errors) to s.err;
//   - an error is returned, never printed: main prints it once, as "ampkit: …",
//     and turns it into an exit code.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

func main() {
	os.Exit(int(execute(streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])))
}

// exitCode is what the shell sees. The set is closed; scripts rely on it.
type exitCode int

const (
	exitOK          exitCode = 0   // done
	exitFailure     exitCode = 1   // tried and failed: refused, unreachable, wrong answer
	exitUsage       exitCode = 2   // not tried: the command line made no sense
	exitDifference  exitCode = 2   // plan: there is something to do, as other tools' plans tell it
	exitCheck       exitCode = 3   // examined, and a check failed
	exitInterrupted exitCode = 130 // stopped by Ctrl-C, as shells count it (128 + SIGINT)
)

// streams are a command's three files. Nothing in this package touches
// os.Stdin, os.Stdout or os.Stderr but main.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// note writes a line to s.err. When that fails there is nobody left to tell.
func (s streams) note(format string, args ...any) { _, _ = fmt.Fprintf(s.err, format+"\n", args...) }

// isTerminal tells whether w is a terminal: progress bars and colours go nowhere else.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

// Between these charts are drawn.
const leastColumns, mostColumns = 20, 500

// columns is the width of the terminal that w is, and 80 where it is none.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return min(max(width, leastColumns), mostColumns)
		}
	}
	return 80
}

// useColour obeys https://no-color.org and dumb terminals.
func useColour(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// usageError says that the command line itself is wrong; cmd is the command
// whose help puts it right.
type usageError struct {
	cmd string
	err error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%v\nSee '%s --help' for usage and examples", e.err, e.cmd)
}

func (e *usageError) Unwrap() error { return e.err }

// usagef is the error of a command whose flags or arguments can't be used.
func usagef(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd: cmd.CommandPath(), err: fmt.Errorf(format, args...)}
}

// checkError says that a check failed: the command did what it was asked to.
type checkError struct{ err error }

func (e *checkError) Error() string { return e.err.Error() }
func (e *checkError) Unwrap() error { return e.err }

// errDifferent says that a plan is not empty. It is not told again.
var errDifferent = errors.New("there are changes to make")

// execute runs one command line and reports its error, once.
func execute(s streams, args []string) exitCode {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second Ctrl-C ends a command that is still tidying up.
	context.AfterFunc(ctx, stop)

	root := newRootCmd(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		s.note("ampkit: interrupted")
		return exitInterrupted
	}
	if errors.Is(err, errDifferent) {
		return exitDifference // the plan itself is on stdout
	}
	s.note("ampkit: %v", err)
	switch {
	case errors.As(err, new(*usageError)):
		return exitUsage
	case errors.As(err, new(*checkError)):
		return exitCheck
	}
	return exitFailure
}

func newRootCmd(s streams) *cobra.Command {
	root := newGroupCmd("ampkit", "Work with Amazon Managed Service for Prometheus, or with a local one")
	root.Long = `ampkit is the tool box around the ampkit data source for Grafana: it sets up
Amazon Managed Service for Prometheus (AMP) workspaces, roles and endpoints,
signs for programs that can't, writes sample data, asks queries, says what keeps
an identity from a workspace, and runs an AMP of its own on this machine, with
strict request signing, STS and IAM, to try all of it without an account.

Credentials come from the AWS SDK's default chain: environment, web identity
(IRSA), profile, EKS Pod Identity, instance role.

Exit codes: 0 done, 1 failed, 2 wrong usage or a plan with changes,
3 a check failed, 130 interrupted.`
	root.Example = `  # See everything work on this machine, without an AWS account
  ampkit demo

  # Write the walkthrough's series into a workspace
  ampkit sample write --workspace ws-0e1f… --region eu-central-1`
	root.SilenceErrors = true // main prints the error, once
	root.SilenceUsage = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usagef(cmd, "%w", err) })
	root.AddCommand(
		newDemoCmd(s),
		newDoctorCmd(s),
		newEmulatorCmd(s),
		newHelmCmd(s),
		newIRSACmd(s),
		newMigrateCmd(s),
		newProxyCmd(s),
		newQueryCmd(s),
		newSampleCmd(s),
		newVersionCmd(s),
		newVPCEndpointCmd(s),
		newWorkspaceCmd(s),
	)
	return root
}

// newGroupCmd is a command that only holds others: alone it prints its help,
// and an unknown subcommand is a usage error at every level.
func newGroupCmd(use, short string) *cobra.Command {
	return &cobra.Command{
		Use:                        use,
		Short:                      short,
		SuggestionsMinimumDistance: 2,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				err = fmt.Errorf("%w, did you mean %q?", err, near[0])
			}
			return usagef(cmd, "%w", err)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

// noArgs refuses positional arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef(cmd, "unexpected argument %q", args[0])
	}
	return nil
}
