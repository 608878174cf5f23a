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

// planView is a plan as JSON, with what else a command says of it around it.
type planView struct {
	Steps []planStep `json:"steps"`
	Notes []string   `json:"notes,omitempty"`
}

// show prints a plan that is not carried out: whole, as view, for programs. Its
// error tells a plan with steps from one without.
func (p planView) show(s streams, o output, view any) error {
	if o == outputTable {
		tell(s, p.Notes)
	}
	if err := o.write(s.out, view, p.print); err != nil {
		return err
	}
	if len(p.Steps) > 0 {
		return errDifferent
	}
	return nil
}

// confirm shows what is going to be destroyed, and asks.
func (p planView) confirm(s streams, o confirmOptions, verb string) error {
	tell(s, p.Notes)
	switch {
	case len(p.Steps) == 0:
		s.note("nothing to %s", verb)
		return nil
	case o.Yes:
		return nil
	}
	if err := p.print(s.err); err != nil {
		return err
	}
	return o.ask(s, "%s all this?", strings.ToUpper(verb[:1])+verb[1:])
}

// print writes the steps and their sum.
func (p planView) print(w io.Writer) error {
	steps := p.Steps
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

// tell writes the notes where people read them.
func tell(s streams, notes []string) {
	for _, note := range notes {
		s.note("note: %s", note)
	}
}

// done writes a step that was done, on one line.
func (p planStep) done(s streams) {
	text := p.Op + " " + p.Resource
	if len(p.Detail) == 1 {
		text += ": " + strings.TrimLeft(p.Detail[0], "+-~ ")
	}
	s.note("%s", painted(text, useColour(s.err)))
}
