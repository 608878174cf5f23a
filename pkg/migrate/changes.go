package migrate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// edit replaces bytes of the outermost document.
type edit struct {
	start, end int
	text       string
}

// place is where a string is used: the object that has the member.
type place struct {
	holder *node
	key    string
	to     string
	what   string // for the summary; "" where another place tells of it
}

// changes collects what is to change in one document, and what must not.
type changes struct {
	want  []place
	keep  map[*node]bool // strings that something that stays depends on
	edits []edit
	// meant brings the parsed document to what it is to become.
	meant    []func()
	summary  findings // of what was changed; Kind is ""
	findings *findings
	file     string
}

func (c *changes) where(n *node) string { return fmt.Sprintf("%s:%d", c.file, n.where()) }

// set asks for another text of a member.
func (c *changes) set(holder *node, key, to, what string) {
	if holder.get(key) != nil {
		c.want = append(c.want, place{holder, key, to, what})
	}
}

// stay keeps a member's text, wherever it is written.
func (c *changes) stay(holder *node, key string) {
	if v := holder.get(key); v != nil {
		c.keep[v] = true
	}
}

// settle turns what is wanted into edits. A string that others share by an
// anchor is changed where it stands if all of them want it, else written out
// where it is wanted.
func (c *changes) settle() {
	byAlias := map[*node]int{}
	for _, p := range c.want {
		if m, _, _ := p.holder.find(p.key); m.alias != nil {
			byAlias[m.value]++
		}
	}
	done := map[*node]bool{}
	for _, p := range c.want {
		m, merged, ok := p.holder.find(p.key)
		if !ok {
			continue
		}
		shared := c.keep[m.value] || m.value.aliases > byAlias[m.value]
		switch {
		case done[m.value] && !shared:
			ok = true
		case !shared:
			ok = c.replace(m.value, p.to)
			done[m.value] = ok
		case merged:
			ok = c.override(p)
		case m.alias != nil:
			ok = c.writeOut(p, m)
		default:
			ok = false
		}
		if !ok {
			c.findings.add(Finding{Kind: KindLeft, Where: c.where(m.value), What: p.what, Reason: "its " + p.key +
				" is written in a way that can't be changed in place (an anchor shared with something that stays, an escape, a folded text): write " + p.to})
			continue
		}
		if p.what != "" {
			c.summary.add(Finding{What: p.what})
		}
	}
}

// replace writes another word in a string's place.
func (c *changes) replace(n *node, to string) bool {
	start, end, ok := n.span()
	if !ok {
		return false
	}
	c.edits = append(c.edits, edit{start, end, n.style.quoted(to)})
	c.meant = append(c.meant, func() { n.text = to })
	return true
}

// writeOut puts the word where *name stands.
func (c *changes) writeOut(p place, m member) bool {
	start, end, ok := m.alias.span()
	if !ok {
		return false
	}
	c.edits = append(c.edits, edit{start, end, p.to})
	holder := p.holder
	c.meant = append(c.meant, func() {
		for i := range holder.members {
			if holder.members[i].key == m.key {
				holder.members[i].value = &node{kind: str, text: p.to}
			}
		}
	})
	return true
}

// override gives an object a member of its own instead of a merged one.
func (c *changes) override(p place) bool {
	src := p.holder.src
	at := src.offset(p.holder.line, p.holder.column)
	if p.holder.line == 0 || at < 0 || at >= len(src.bytes) {
		return false
	}
	root := src.root().bytes
	at = src.whole(at)
	if at < 0 || at >= len(root) || root[at] == '&' || root[at] == '!' || root[at] == '?' {
		return false
	}
	text := p.key + ": " + p.to
	if root[at] == '{' {
		at++
		text += ", "
	} else {
		from := bytes.LastIndexAny(root[:at], "\r\n") + 1
		text += ending(root, at) + strings.Repeat(" ", len([]rune(string(root[from:at]))))
	}
	c.edits = append(c.edits, edit{at, at, text})
	holder := p.holder
	c.meant = append(c.meant, func() {
		own := member{key: &node{kind: str, text: p.key}, value: &node{kind: str, text: p.to}}
		holder.members = append([]member{own}, holder.members...)
	})
	return true
}

// ending is the line break that a text uses near an offset.
func ending(text []byte, at int) string {
	if end := bytes.IndexAny(text[at:], "\r\n"); end >= 0 && bytes.HasPrefix(text[at+end:], []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// apply makes the edits.
func (c *changes) apply(text []byte) ([]byte, error) {
	slices.SortStableFunc(c.edits, func(a, b edit) int { return a.start - b.start })
	out, at := make([]byte, 0, len(text)+64*len(c.edits)), 0
	for _, e := range c.edits {
		if e.start < at || e.end > len(text) {
			return nil, fmt.Errorf("two changes at byte %d", e.start)
		}
		out = append(out, text[at:e.start]...)
		out = append(out, e.text...)
		at = e.end
	}
	return append(out, text[at:]...), nil
}

// same compares two documents by what they say, not how they are written.
func same(a, b *node, seen map[[2]*node]bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	if seen[[2]*node{a, b}] {
		return true
	}
	seen[[2]*node{a, b}] = true
	if a.kind != b.kind || a.tag != b.tag || len(a.members) != len(b.members) || len(a.merges) != len(b.merges) ||
		len(a.items) != len(b.items) || len(a.inner) != len(b.inner) || (len(a.inner) == 0 && a.text != b.text) {
		return false
	}
	for i, m := range a.members {
		if other := b.members[i]; m.key.text != other.key.text || m.key.tag != other.key.tag || !same(m.value, other.value, seen) {
			return false
		}
	}
	return sameAll(a.merges, b.merges, seen) && sameAll(a.items, b.items, seen) && sameAll(a.inner, b.inner, seen)
}

func sameAll(a, b []*node, seen map[[2]*node]bool) bool {
	return slices.EqualFunc(a, b, func(x, y *node) bool { return same(x, y, seen) })
}
