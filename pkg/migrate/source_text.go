package migrate

import (
	"sort"
	"unicode/utf8"
)

// text is a document's bytes, or those of a document in a literal block of
// another, with the lines as YAML counts them.
type text struct {
	bytes []byte
	lines []int // offset of each line

	outer     *text // the document it stands in
	firstLine int   // of outer
	indent    int   // bytes before each of its lines there
}

func newText(b []byte) *text {
	t := &text{bytes: b, lines: []int{0}}
	for i := 0; i < len(b); {
		n := lineBreak(b[i:])
		if n > 0 {
			t.lines = append(t.lines, i+n)
		}
		i += max(n, 1)
	}
	return t
}

// lineBreak is the length of the line break that b begins with: YAML 1.1 knows
// five of them.
func lineBreak(b []byte) int {
	switch {
	case b[0] == '\n':
		return 1
	case b[0] == '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case len(b) > 1 && b[0] == 0xC2 && b[1] == 0x85:
		return 2
	case len(b) > 2 && b[0] == 0xE2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9):
		return 3
	}
	return 0
}

// offset turns a line and a column, both from 1 and the column in characters,
// into an offset; -1 when there is no such place.
func (t *text) offset(line, column int) int {
	if line < 1 || line > len(t.lines) || column < 1 {
		return -1
	}
	at := t.lines[line-1]
	for ; column > 1 && at < len(t.bytes); column-- {
		_, size := utf8.DecodeRune(t.bytes[at:])
		at += size
	}
	if column > 1 {
		return -1
	}
	return at
}

// line is the number of the line, from 0, that an offset is on.
func (t *text) line(at int) int {
	return sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > at }) - 1
}

// whole turns an offset into one of the outermost document.
func (t *text) whole(at int) int {
	for ; t.outer != nil; t = t.outer {
		line := t.line(at)
		if t.firstLine+line >= len(t.outer.lines) {
			return -1
		}
		at = t.outer.lines[t.firstLine+line] + t.indent + at - t.lines[line]
	}
	return at
}

// root is the outermost document.
func (t *text) root() *text {
	for t.outer != nil {
		t = t.outer
	}
	return t
}
