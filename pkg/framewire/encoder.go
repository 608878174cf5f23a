package framewire

import (
	"encoding/json"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// encoder is the sink that writes frames down as series come.
type encoder struct {
	options promjson.Options
	columns
	layouts map[layoutKey]*layout
	texts   texts
	// legend is where display names are made.
	legend []byte
	// out has all frames but the first.
	out   pieces
	first firstFrame
}

// layoutKey is what frames of an answer differ in besides texts and rows.
type layoutKey struct{ floats, vector, named bool }

// firstFrame is kept open until the whole answer is read: warnings and statistics stand at its end.
type firstFrame struct {
	set     bool
	key     layoutKey
	texts   texts
	rows    int
	columns pieces
}

func newEncoder(o promjson.Options) *encoder {
	return &encoder{options: o, layouts: map[layoutKey]*layout{}}
}

// Rows implements promjson.Sink.
func (e *encoder) Rows(r promjson.Rows) error {
	e.earlyFloats(r.Floats)
	e.earlyCells(r.Cells)
	return nil
}

// Series implements promjson.Sink.
func (e *encoder) Series(s *promjson.Series) error {
	named := e.describe(s)
	if s.HasFloats() {
		err := e.frame(layoutKey{floats: true, vector: s.Vector, named: named}, s.NumFloats, func(to *pieces) {
			e.floats(to, s.Rest.Floats)
		})
		if err != nil {
			return err
		}
	}
	if s.HasCells() {
		rows := e.earlyRows() + len(s.Rest.Cells.Millis)
		return e.frame(layoutKey{named: named}, rows, func(to *pieces) {
			e.cells(to, s.Rest.Cells, rows)
		})
	}
	return nil
}

// frame writes one frame, whose columns are added by write.
func (e *encoder) frame(key layoutKey, rows int, write func(to *pieces)) error {
	if !e.first.set {
		e.first = firstFrame{set: true, key: key, texts: e.texts.clone(), rows: rows}
		write(&e.first.columns)
		return nil
	}
	l, err := e.layout(key)
	if err != nil {
		return err
	}
	sizes := l.sizes(&e.texts, rows)
	e.header(&e.out, sizes)
	l.putHead(e.takeZero(&e.out, sizes.head), &e.texts, rows, sizes)
	write(&e.out)
	l.putTail(e.takeZero(&e.out, sizes.tail), &e.texts, sizes)
	return nil
}

// header writes what stands before a frame in its message.
func (e *encoder) header(to *pieces, s sizes) {
	length := s.head + s.body + s.tail
	copy(e.take(to, sizeOfHeader(framesField, length)), appendHeader(nil, framesField, length))
}

// close completes the first frame, or makes the one of an answer without series, and returns all of them.
func (e *encoder) close(out promjson.Outcome) (pieces, error) {
	var all pieces
	if !e.first.set {
		frames, err := out.Frames(e.options).MarshalArrow()
		if err != nil {
			return nil, err
		}
		for _, f := range frames {
			copy(e.take(&all, sizeOfHeader(framesField, len(f))), appendHeader(nil, framesField, len(f)))
			copy(e.take(&all, len(f)), f)
		}
		return all, nil
	}
	f := &e.first
	proto := e.prototype(f.key)
	out.Describe(proto.Meta, e.options)
	l, err := newLayout(proto, f.key.floats, f.key.named)
	if err != nil {
		return nil, err
	}
	sizes := l.sizes(&f.texts, f.rows)
	e.header(&all, sizes)
	l.putHead(e.takeZero(&all, sizes.head), &f.texts, f.rows, sizes)
	all.addAll(f.columns)
	l.putTail(e.takeZero(&all, sizes.tail), &f.texts, sizes)
	return append(all, e.out...), nil
}

func (e *encoder) layout(key layoutKey) (*layout, error) {
	if l, ok := e.layouts[key]; ok {
		return l, nil
	}
	l, err := newLayout(e.prototype(key), key.floats, key.named)
	e.layouts[key] = l
	return l, err
}

func (e *encoder) prototype(key layoutKey) *data.Frame {
	if key.floats {
		return promjson.FloatPrototype(key.vector, e.options)
	}
	return promjson.CellPrototype(e.options)
}

// describe finds a series' texts and says whether it has a display name.
func (e *encoder) describe(s *promjson.Series) (named bool) {
	t := &e.texts
	t[nameText] = append(t[nameText][:0], promjson.ValueName(s.Labels)...)
	t[labelsText] = s.Text
	if e.options.Legend == nil {
		return false
	}
	const before, after = `{"displayNameFromDS":`, `}`
	name := e.options.Legend(e.legend[:0], s.Labels)
	e.legend = name
	if len(name) == 0 {
		return false
	}
	t[displayText] = append(appendJSONString(append(t[displayText][:0], before...), name), after...)
	return true
}

func (t *texts) clone() (c texts) {
	for i, s := range t {
		c[i] = append([]byte(nil), s...)
	}
	return c
}

func appendJSONString(dst, s []byte) []byte {
	start := len(dst)
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ' || c > '~':
			quoted, _ := json.Marshal(string(s)) // a string always can be
			return append(dst[:start], quoted...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
