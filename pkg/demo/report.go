package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// width of everything the demo prints, in characters.
const width = 100

// report prints the steps as they end and remembers what they took.
type report struct {
	out    io.Writer
	colour bool
	now    func() time.Time
	took   []timed
}

// timed is how long one step took, and which part of the table it counts for.
type timed struct {
	part string
	time time.Duration
}

const (
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	normal = "\x1b[0m"
)

func (r *report) paint(code, text string) string {
	if !r.colour {
		return text
	}
	return code + text + normal
}

// printf ignores errors: the demo goes on when nobody reads it.
func (r *report) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

// step runs one step and prints one line about it: its name, what do says about
// how it went, and the time. part is the row of the table it counts for. The
// error is left to the caller, with the step's name in front.
func (r *report) step(part, name string, do func() (string, error)) error {
	began := r.now()
	detail, err := do()
	took := r.now().Sub(began)
	r.took = append(r.took, timed{part: part, time: took})
	mark := r.paint(green, "✓")
	if err != nil {
		mark, detail = r.paint(red, "✗"), "failed"
	}
	const nameWidth, timeWidth = 19, 9
	detail = fit(detail, width-3-nameWidth-timeWidth)
	r.printf(" %s %s%s%s\n", mark, pad(name, nameWidth), detail, r.paint(dim, fmt.Sprintf("%*s", timeWidth, short(took))))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// table prints where the time went, by part, in the order of first mention.
func (r *report) table(total time.Duration) {
	var parts []timed
	at := map[string]int{}
	for _, t := range r.took {
		if _, known := at[t.part]; !known {
			at[t.part] = len(parts)
			parts = append(parts, timed{part: t.part})
		}
		parts[at[t.part]].time += t.time
	}
	r.printf("%s\n", r.paint(bold, "Where the time went"))
	const nameWidth, barWidth = 44, 36
	for _, p := range parts {
		share := float64(p.time) / float64(max(total, 1))
		bar := strings.Repeat("█", int(share*barWidth+0.5))
		r.printf("   %s%9s %4.0f%% %s\n", pad(p.part, nameWidth), short(p.time), 100*share, r.paint(green, bar))
	}
	r.printf("   %s%9s\n", pad("all", nameWidth), short(total))
}

// short writes a duration with three figures at most.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

// pad fills text up with spaces to n characters.
func pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// fit pads text to n characters, or cuts it there.
func fit(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > n {
		text = string([]rune(text)[:n-1]) + "…"
	}
	return pad(text, n)
}
