package migrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxDepth bounds how deep documents nest. Dashboards stay under 20.
const maxDepth = 200

var errTooDeep = fmt.Errorf("nested deeper than %d", maxDepth)

// parseJSON reads one JSON document with encoding/json, which tells the places.
func parseJSON(src *text) (*node, error) {
	p := jsonParser{src: src, dec: json.NewDecoder(bytes.NewReader(src.bytes))}
	p.dec.UseNumber()
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the end of the JSON document")
	}
	return n, nil
}

type jsonParser struct {
	src *text
	dec *json.Decoder
}

func (p *jsonParser) token() (json.Token, *node, error) {
	start := int(p.dec.InputOffset())
	tok, err := p.dec.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, nil, fmt.Errorf("not JSON: line %d: %w", p.src.line(int(p.dec.InputOffset()))+1, err)
	}
	end := int(p.dec.InputOffset())
	for start < end && bytes.IndexByte([]byte(" \t\r\n,:"), p.src.bytes[start]) >= 0 {
		start++
	}
	return tok, &node{src: p.src, start: start, end: end}, nil
}

func (p *jsonParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	tok, n, err := p.token()
	if err != nil {
		return nil, err
	}
	switch tok := tok.(type) {
	case json.Delim:
		if err := p.inside(n, tok, depth); err != nil {
			return nil, err
		}
	case string:
		n.kind, n.text, n.style = str, tok, double
	default:
		n.text = string(p.src.bytes[n.start:n.end])
	}
	return n, nil
}

// inside reads an object or array up to its end.
func (p *jsonParser) inside(n *node, open json.Delim, depth int) error {
	n.kind = array
	if open == '{' {
		n.kind = object
	}
	for p.dec.More() {
		var key *node
		if n.kind == object {
			tok, k, err := p.token()
			if err != nil {
				return err
			}
			k.kind, k.style = str, double
			k.text, _ = tok.(string) // the decoder lets only strings be keys
			key = k
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if n.kind == object {
			n.members = append(n.members, member{key: key, value: v})
		} else {
			n.items = append(n.items, v)
		}
	}
	_, last, err := p.token()
	if err != nil {
		return err
	}
	n.end = last.end
	return nil
}
