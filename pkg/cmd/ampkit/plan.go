package main

import (
	"fmt"
	"io"
	"strings"
)

// planStep is one change as a plan prints it, whatever is planned.
type planStep struct {
	Op       string   `json:"op"`
	Resource string   `json:"resource"`
	Detail   []string `json:"detail,omitempty"`
}

func (p planStep) print(w io.Writer, colour bool) {
	fmt.Fprintln(w, painted(p.Op+" "+p.Resource, colour))
	for _, line := range p.Detail {
		fmt.Fprintln(w, "    "+painted(line, colour))
	}
}

// painted colours a line by its first character.
func painted(line string, colour bool) string {
	code := map[string]string{"+": "32", "~": "33", "-": "31"}[line[:min(1, len(line))]]
	if !colour || code == "" {
		return line
	}
	return "\x1b[" + code + "m" + line + "\x1b[0m"
}

// printPlan writes the steps and their sum.
func printPlan(w io.Writer, steps []planStep) error {
	if len(steps) == 0 {
		_, err := fmt.Fprintln(w, "nothing to do: everything is as asked for")
		return err
	}
	colour := useColour(w)
	count := map[string]int{}
	for _, step := range steps {
		step.print(w, colour)
		count[step.Op]++
	}
	_, err := fmt.Fprintf(w, "\n%s: %d to add, %d to change, %d to remove\n", plural(len(steps), "step"), count["+"], count["~"], count["-"])
	return err
}

// done writes a step that was done, on one line.
func (p planStep) done(s streams) {
	text := p.Op + " " + p.Resource
	if len(p.Detail) == 1 {
		text += ": " + strings.TrimLeft(p.Detail[0], "+-~ ")
	}
	s.note("%s", painted(text, useColour(s.err)))
}
