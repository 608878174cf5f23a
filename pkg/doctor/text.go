package doctor

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ampkit/ampkit/pkg/amp"
)

var marks = map[Outcome]struct{ sign, colour string }{
	Passed:     {"✓", "\x1b[32m"},
	Failed:     {"✗", "\x1b[31m"},
	NotChecked: {"–", "\x1b[2m"},
}

const plain = "\x1b[0m"

// WriteText writes the report as a table for people: a line for each check, and
// below what to do about those that failed.
func (r Report) WriteText(w io.Writer, colour bool) error {
	var b strings.Builder
	if r.Endpoint != "" {
		fmt.Fprintf(&b, "%s, for %s\n\n", cmp.Or(r.where(), r.Endpoint), purposeWords[r.For])
	}
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	for _, c := range r.Checks {
		m := marks[c.Outcome]
		if !colour {
			m.colour = ""
		}
		sign := m.colour + m.sign
		if colour && c.Outcome != NotChecked {
			sign += plain
		}
		line := fmt.Sprintf("%s %-*s  %s", sign, width, c.Name, c.short())
		if c.RequestID != "" && c.Outcome == Failed {
			line += " (request id " + c.RequestID + ")"
		}
		if colour && c.Outcome == NotChecked {
			line += plain
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
		if c.Remedy != "" && c.Outcome == Failed {
			fmt.Fprintf(&b, "  %*s  → %s\n", width, "", c.Remedy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// short is the detail in one line. Who was refused what on which resource is
// left to the remedy below it; the reason that AWS gives is not.
func (c Check) short() string {
	if c.Kind == amp.KindAccessDenied && c.Outcome == Failed && c.Remedy != "" {
		text := c.Action + " is not permitted"
		if _, because, found := strings.Cut(c.Detail, " because "); found {
			text += " because " + because
		}
		return text
	}
	return strings.Join(strings.Fields(c.Detail), " ")
}

var purposeWords = map[Purpose]string{ForQuery: "queries", ForIngest: "ingestion", ForBoth: "queries and ingestion"}

func (r Report) where() string {
	if r.Workspace == "" {
		return ""
	}
	return r.Workspace + " in " + r.Region
}

// Verdict is the report in one line: that it answers, or what counts most and
// what to do about it.
func (r Report) Verdict() string {
	failures := r.Failures()
	if len(failures) == 0 {
		if r.Workspace == "" {
			return "The server answers."
		}
		return fmt.Sprintf("Workspace %s answers.", r.where())
	}
	c := failures[0]
	text := c.Detail
	if c.Remedy != "" {
		if !strings.HasSuffix(text, ".") { // AWS ends some of its sentences, not all
			text += ";"
		}
		text += " " + c.Remedy
	}
	if c.RequestID != "" {
		text += " (request id " + c.RequestID + ")"
	}
	return text
}
