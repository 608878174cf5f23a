package migrate

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
)

// node is a value of a JSON or YAML document that knows where it is written.
// In YAML, what an anchor names is one node however often it is used.
type node struct {
	kind    kind
	text    string // of a string or another scalar
	tag     string // of a YAML scalar that is no string
	members []member
	merges  []*node // what << brings in, the strongest first
	items   []*node
	inner   []*node // documents in a literal block

	src     *text
	start   int // JSON
	end     int
	line    int // YAML
	column  int
	style   style
	aliases int // how often an alias names it
}

type member struct {
	key, value *node
	// alias is the place of the *name by which the value is given, or nil.
	alias *node
}

type kind int

const (
	scalar kind = iota // numbers, booleans, null
	str
	object
	array
)

// style is how a string is written; "" where it can't be replaced in place.
type style string

const (
	plain  style = "plain"
	single style = "'"
	double style = `"`
)

// get finds a member, also one that is merged in.
func (n *node) get(key string) *node {
	m, _, _ := n.find(key)
	return m.value
}

// find is get with the member itself; merged tells that another object has it.
func (n *node) find(key string) (m member, merged, ok bool) {
	return n.findIn(key, map[*node]bool{})
}

// findIn looks at each object once: what is merged in can be merged in often.
func (n *node) findIn(key string, seen map[*node]bool) (m member, merged, ok bool) {
	if n == nil || seen[n] {
		return member{}, false, false
	}
	for i := len(n.members) - 1; i >= 0; i-- { // of two equal keys the last one counts
		if n.members[i].key.text == key {
			return n.members[i], false, true
		}
	}
	if len(n.merges) > 0 {
		seen[n] = true
	}
	for _, other := range n.merges {
		if m, _, ok := other.findIn(key, seen); ok {
			return m, true, true
		}
	}
	return member{}, false, false
}

// first finds the member by the first of the names that it has.
func (n *node) first(names ...string) *node {
	for _, name := range names {
		if v := n.get(name); v != nil {
			return v
		}
	}
	return nil
}

// str is a member's text, "" where it has none.
func (n *node) str(key string) string {
	if v := n.get(key); v != nil && v.kind <= str {
		if v.isNull() {
			return ""
		}
		return v.text
	}
	return ""
}

func (n *node) isNull() bool {
	return n.kind == scalar && (n.tag == "!!null" || n.tag == "" && n.text == "null")
}

// list is a member's items.
func (n *node) list(key string) []*node {
	if v := n.get(key); v != nil {
		return v.items
	}
	return nil
}

// maxValues bounds what value unfolds: anchors can stand for each other without end.
const maxValues = 10_000

// value is the node as encoding/json would have it: for jsonData.
func (n *node) value() any {
	left := maxValues
	return n.unfold(&left)
}

func (n *node) unfold(left *int) any {
	*left--
	switch {
	case n == nil || n.isNull() || *left < 0:
		return nil
	case n.kind == object:
		out := map[string]any{}
		for i := len(n.merges) - 1; i >= 0; i-- {
			if m, ok := n.merges[i].unfold(left).(map[string]any); ok {
				maps.Copy(out, m)
			}
		}
		for _, m := range n.members {
			out[m.key.text] = m.value.unfold(left)
		}
		return out
	case n.kind == array:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.unfold(left)
		}
		return out
	case n.kind == scalar && json.Valid([]byte(n.text)):
		return json.RawMessage(n.text)
	case n.kind == scalar && (strings.EqualFold(n.text, "true") || strings.EqualFold(n.text, "false")):
		return strings.EqualFold(n.text, "true")
	}
	return n.text
}

// span is where a string's token stands in the outermost document. Not ok means
// that it can't be found or can't be replaced in place.
func (n *node) span() (start, end int, ok bool) {
	start, end = n.start, n.end
	if n.line > 0 {
		start = n.src.offset(n.line, n.column)
		if start, end, ok = n.token(start); !ok {
			return 0, 0, false
		}
	}
	return n.outside(start, end)
}

// outside turns a token's place into one of the outermost document, and looks
// whether the same bytes are there.
func (n *node) outside(start, end int) (from, to int, ok bool) {
	token := n.src.bytes[start:end]
	from = n.src.whole(start)
	whole := n.src.root().bytes
	to = from + len(token)
	if from < 0 || to > len(whole) || !bytes.Equal(whole[from:to], token) {
		return 0, 0, false
	}
	return from, to, true
}

// where is the line of the outermost document, from 1.
func (n *node) where() int {
	at := n.start
	if n.line > 0 {
		at = n.src.offset(n.line, 1)
	}
	root := n.src.root()
	return root.line(n.src.whole(max(at, 0))) + 1
}

// quoted writes a word as this string is written. The words that are put in
// need no escapes in any style.
func (s style) quoted(word string) string {
	if s == plain {
		return word
	}
	return string(s) + word + string(s)
}
