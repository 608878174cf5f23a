package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// confirmOptions are the flag of every command that destroys something.
type confirmOptions struct{ Yes bool }

func (o *confirmOptions) addTo(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.Yes, "yes", "y", false, "do not ask")
}

var errNotConfirmed = errors.New("not confirmed, so nothing was done")

// ask wants a plain yes from whoever typed the command, unless --yes was given.
func (o confirmOptions) ask(s streams, format string, args ...any) error {
	if o.Yes {
		return nil
	}
	fmt.Fprintf(s.err, format+" Type yes to go on: ", args...)
	answer, err := bufio.NewReader(io.LimitReader(s.in, 1<<10)).ReadString('\n')
	if strings.TrimSpace(answer) == "yes" {
		return nil
	}
	if err != nil {
		s.note("") // the answer did not end the line
	}
	return errNotConfirmed
}
