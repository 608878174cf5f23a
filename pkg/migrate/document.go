package migrate

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// maxDocument bounds what is read of one document.
const maxDocument = 32 << 20

// Document is a provisioning file, a dashboard, or any other JSON or YAML that
// may hold data sources or refer to them.
type Document struct {
	name  string
	bom   []byte
	src   *text
	roots []*node
	json  bool
}

// Parse reads a document; its name tells JSON from YAML.
func Parse(name string, content []byte) (*Document, error) {
	if len(content) > maxDocument {
		return nil, fmt.Errorf("it has %d bytes, more than %d", len(content), maxDocument)
	}
	d := &Document{name: name, json: strings.EqualFold(filepath.Ext(name), ".json")}
	rest := bytes.TrimPrefix(content, []byte("\uFEFF"))
	d.bom = content[:len(content)-len(rest)]
	d.src = newText(rest)
	var err error
	d.roots, err = d.parse(d.src)
	return d, err
}

func (d *Document) parse(src *text) ([]*node, error) {
	if !d.json {
		return parseYAML(src, 0)
	}
	root, err := parseJSON(src)
	if err != nil {
		return nil, err
	}
	return []*node{root}, nil
}

// visit shows every node once.
func (d *Document) visit(f func(*node)) {
	seen := map[*node]bool{}
	var down func(*node)
	down = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		f(n)
		for _, m := range n.members {
			down(m.value)
		}
		for _, list := range [][]*node{n.merges, n.items, n.inner} {
			for _, item := range list {
				down(item)
			}
		}
	}
	for _, root := range d.roots {
		down(root)
	}
}

// Learn puts what all the documents say of data sources into k.
func Learn(k *Known, documents []*Document) {
	for _, d := range documents {
		d.visit(k.recording)
	}
	for _, d := range documents {
		d.visit(func(n *node) {
			if source, ok := sourceOf(n); ok {
				k.Add(source)
			}
		})
	}
}

// recording remembers what a rule writes into.
func (k *Known) recording(n *node) {
	record := n.get("record")
	if target := record.first("targetDatasourceUid", "target_datasource_uid"); target != nil && target.text != "" {
		k.recorded[target.text] = n.str("title")
		if n.str("title") == "" {
			k.recorded[target.text] = record.str("metric")
		}
	}
}

// Result is what becomes of a document.
type Result struct {
	Name          string
	Before, After []byte
	// Changes names what was changed, with the count of each.
	Changes  []Finding
	Findings []Finding
}

// Changed tells whether there is anything to write.
func (r Result) Changed() bool { return !bytes.Equal(r.Before, r.After) }

// Diff is the change in the unified format, nil when there is none.
func (r Result) Diff() []byte { return diff.Diff(r.Name, r.Before, r.Name, r.After) }

// Rewrite changes what moves. A document can be rewritten once.
func (d *Document) Rewrite(k *Known) Result {
	var told findings
	whole := append(append([]byte{}, d.bom...), d.src.bytes...)
	result := Result{Name: d.name, Before: whole, After: whole}
	c := &changes{keep: map[*node]bool{}, findings: &told, file: d.name}
	w := walker{changes: c, known: k, seen: map[*node]bool{}}
	for _, root := range d.roots {
		w.walk(root, nil)
	}
	c.settle()
	if len(c.edits) > 0 {
		after, err := d.changed(c)
		if err != nil {
			told.add(Finding{Kind: KindLeft, Where: d.name, What: "the whole file", Reason: "it can't be changed in place: " + err.Error() +
				": change the type by hand and report this"})
		} else {
			result.After, result.Changes = append(append([]byte{}, d.bom...), after...), c.summary
		}
	}
	result.Findings = told
	return result
}

// changed makes the edits and compares the outcome with what was meant.
func (d *Document) changed(c *changes) ([]byte, error) {
	after, err := c.apply(d.src.bytes)
	if err != nil {
		return nil, err
	}
	got, err := d.parse(newText(after))
	if err != nil {
		return nil, err
	}
	for _, becomes := range c.meant {
		becomes()
	}
	if !sameAll(d.roots, got, map[[2]*node]bool{}) {
		return nil, errors.New("the result would say something else")
	}
	return after, nil
}
