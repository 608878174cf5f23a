package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads all documents of a YAML stream.
func parseYAML(src *text, depth int) (roots []*node, err error) {
	if bytes.HasPrefix(src.bytes, []byte{0xFE, 0xFF}) || bytes.HasPrefix(src.bytes, []byte{0xFF, 0xFE}) {
		return nil, errors.New("not UTF-8: save it as UTF-8")
	}
	dec := yaml.NewDecoder(bytes.NewReader(src.bytes))
	for {
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return roots, nil
		case err != nil:
			return nil, fmt.Errorf("not YAML: %w", err)
		}
		p := yamlParser{src: src, seen: map[*yaml.Node]*node{}}
		for _, content := range doc.Content {
			root, err := p.node(content, "", depth)
			if err != nil {
				return nil, err
			}
			roots = append(roots, root)
		}
	}
}

type yamlParser struct {
	src  *text
	seen map[*yaml.Node]*node
}

// node turns a node of the parser into ours. key is the name it is found under.
func (p *yamlParser) node(y *yaml.Node, key string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if y.Kind == yaml.AliasNode {
		n, err := p.node(y.Alias, key, depth+1)
		if err == nil {
			n.aliases++
		}
		return n, err
	}
	if n, ok := p.seen[y]; ok {
		return n, nil
	}
	n := &node{src: p.src, line: y.Line, column: y.Column}
	p.seen[y] = n
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = object
		return n, p.mapping(n, y, depth)
	case yaml.SequenceNode:
		n.kind = array
		for _, item := range y.Content {
			v, err := p.node(item, "", depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
		}
	default:
		p.scalar(n, y, key, depth)
	}
	return n, nil
}

func (p *yamlParser) mapping(n *node, y *yaml.Node, depth int) error {
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		value, err := p.node(v, k.Value, depth+1)
		if err != nil {
			return err
		}
		if k.Tag == "!!merge" {
			if value.kind == array {
				n.merges = append(n.merges, value.items...)
			} else {
				n.merges = append(n.merges, value)
			}
			continue
		}
		name, err := p.node(k, "", depth+1)
		if err != nil {
			return err
		}
		m := member{key: name, value: value}
		if v.Kind == yaml.AliasNode {
			m.alias = &node{kind: str, src: p.src, line: v.Line, column: v.Column, text: "*" + v.Value, style: plain}
		}
		n.members = append(n.members, m)
	}
	return nil
}

func (p *yamlParser) scalar(n *node, y *yaml.Node, key string, depth int) {
	n.text = y.Value
	if tag := y.ShortTag(); tag == "!!str" {
		n.kind = str
	} else {
		n.tag = tag
	}
	switch {
	case y.Style&yaml.DoubleQuotedStyle != 0:
		n.style = double
	case y.Style&yaml.SingleQuotedStyle != 0:
		n.style = single
	case y.Style&yaml.FoldedStyle != 0:
	case y.Style&yaml.LiteralStyle != 0:
		p.embedded(n, y, key, depth)
	default:
		n.style = plain
	}
}

// embedded reads the document in a literal block: the sidecars of Grafana's
// charts take provisioning files and dashboards from such blocks of ConfigMaps.
// What can't be read there is a text like any other.
func (p *yamlParser) embedded(n *node, y *yaml.Node, key string, depth int) {
	ext := strings.ToLower(path.Ext(key))
	if key == "json" {
		ext = ".json" // GrafanaDashboard of the operator
	}
	if ext != ".json" && ext != ".yaml" && ext != ".yml" {
		return
	}
	inner := newText([]byte(y.Value))
	inner.outer, inner.firstLine = p.src, y.Line
	if inner.indent = p.blockIndent(y.Line); inner.indent < 0 {
		return
	}
	if ext == ".json" {
		if root, err := parseJSON(inner); err == nil {
			n.inner = []*node{root}
		}
		return
	}
	if roots, err := parseYAML(inner, depth+1); err == nil {
		n.inner = roots
	}
}

// blockIndent is the indentation of the literal block after a line, from 1.
func (p *yamlParser) blockIndent(line int) int {
	for ; line < len(p.src.lines); line++ {
		rest := p.src.bytes[p.src.lines[line]:]
		if spaces := len(rest) - len(bytes.TrimLeft(rest, " ")); spaces < len(rest) && lineBreak(rest[spaces:]) == 0 {
			return spaces
		}
	}
	return -1
}

// token finds a scalar or alias in its source, after its anchor and tag.
func (n *node) token(at int) (start, end int, ok bool) {
	b := n.src.bytes
	for at >= 0 && at < len(b) && (b[at] == '&' || b[at] == '!') {
		space := bytes.IndexAny(b[at:], " \t\r\n")
		if space < 0 {
			return 0, 0, false
		}
		at += space
		for at < len(b) && (b[at] == ' ' || b[at] == '\t') {
			at++
		}
	}
	written := n.style.quoted(n.text)
	if n.style == "" || at < 0 || at > len(b) || !bytes.HasPrefix(b[at:], []byte(written)) {
		return 0, 0, false
	}
	return at, at + len(written), true
}
