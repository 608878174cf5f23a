package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
)

// waitOptions are the flags of every command that waits for what AWS makes or deletes.
type waitOptions struct {
	NoWait  bool
	Timeout time.Duration
}

func (o *waitOptions) addTo(cmd *cobra.Command, until string) {
	cmd.Flags().BoolVar(&o.NoWait, "no-wait", false, "do not wait until "+until)
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 10*time.Minute, "how long to wait")
}

// pollEvery is how often what is being made or deleted is looked at.
const pollEvery = 2 * time.Second

// progress tells of a wait, on a terminal only: one line that is written over.
type progress struct {
	s       streams
	written bool
}

func (p *progress) show(text string) {
	if isTerminal(p.s.err) {
		fmt.Fprintf(p.s.err, "\r\x1b[K%s…", text)
		p.written = true
	}
}

func (p *progress) workspace(w amp.Workspace) { p.show("workspace " + w.ID + " is " + w.Status) }

func (p *progress) end() {
	if p.written {
		fmt.Fprint(p.s.err, "\r\x1b[K")
	}
}
