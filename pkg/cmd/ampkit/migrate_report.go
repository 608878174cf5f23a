package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/ampkit/ampkit/pkg/migrate"
)

// migrateView is what a migration would do or did, for programs.
type migrateView struct {
	Changes  []migrateChange   `json:"changes"`
	Findings []migrate.Finding `json:"findings,omitempty"`
	Backup   string            `json:"backup,omitempty"`
	Health   map[string]string `json:"health,omitempty"`
}

type migrateChange struct {
	Name    string   `json:"name"`
	Details []string `json:"details"`
	Diff    string   `json:"diff,omitempty"`
}

func viewOfMigration(results []migrate.Result, told []migrate.Finding, diffs bool) migrateView {
	v := migrateView{Changes: []migrateChange{}}
	v.Findings = append(v.Findings, told...)
	for _, r := range results {
		v.Findings = append(v.Findings, r.Findings...)
		if !r.Changed() {
			continue
		}
		c := migrateChange{Name: r.Name}
		for _, change := range r.Changes {
			text := change.What
			if change.Count > 1 && strings.HasPrefix(text, "references") {
				text += fmt.Sprintf(" (%d)", change.Count)
			}
			c.Details = append(c.Details, text)
		}
		if diffs {
			c.Diff = string(r.Diff())
		}
		v.Changes = append(v.Changes, c)
	}
	return v
}

// tellFindings writes what the user has to know, one reason with all its places.
func tellFindings(s streams, told []migrate.Finding) {
	type group struct {
		first  migrate.Finding
		places []string
	}
	var groups []*group
	for _, f := range told {
		place := f.What
		if f.Count > 1 {
			place += fmt.Sprintf(" (%d)", f.Count)
		}
		if f.Where != "" && f.Where != f.What {
			place = f.Where + ": " + place
		}
		found := false
		for _, g := range groups {
			if g.first.Kind == f.Kind && g.first.Reason == f.Reason {
				g.places, found = append(g.places, place), true
			}
		}
		if !found {
			groups = append(groups, &group{f, []string{place}})
		}
	}
	for _, g := range groups {
		if len(g.places) == 1 {
			s.note("%s: %s: %s", g.first.Kind, g.places[0], g.first.Reason)
			continue
		}
		const most = 10
		s.note("%s: %s", g.first.Kind, g.first.Reason)
		for _, place := range g.places[:min(most, len(g.places))] {
			s.note("    %s", place)
		}
		if more := len(g.places) - most; more > 0 {
			s.note("    and %d more: --output json has all", more)
		}
	}
}

// print writes the differences, or what was done.
func (v migrateView) print(w io.Writer, dryRun bool) error {
	if len(v.Changes) == 0 {
		_, err := fmt.Fprintln(w, "nothing to do: everything that moves has moved")
		return err
	}
	colour := useColour(w)
	for _, c := range v.Changes {
		if dryRun {
			printDiff(w, c.Diff)
			continue
		}
		if len(c.Details) == 1 && c.Details[0] == c.Name {
			fmt.Fprintln(w, painted("~ "+c.Name, colour))
			continue
		}
		fmt.Fprintf(w, "%s: %s\n", painted("~ "+c.Name, colour), strings.Join(c.Details, ", "))
	}
	return nil
}

// printDiff paints added and removed lines.
func printDiff(w io.Writer, text string) {
	colour := useColour(w)
	for line := range strings.Lines(text) {
		body := strings.TrimSuffix(line, "\n")
		fmt.Fprintln(w, painted(body, colour))
	}
}
