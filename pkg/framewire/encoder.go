package framewire

import (
	"slices"
	"time"

	"github.com/ampkit/ampkit/pkg/promjson"
	"github.com/ampkit/ampkit/pkg/promjson/freelist"
)

// encoder is the sink that writes the frames of a whole answer down as series come.
type encoder struct {
	framer
	// rest has all frames but the first.
	rest  pieces
	first firstFrame
}

// firstFrame is kept open until the whole answer is read: warnings and statistics stand at its end.
type firstFrame struct {
	set     bool
	key     layoutKey
	texts   texts
	rows    int
	columns pieces
}

// encoders keeps what encoders work with besides an answer's memory.
var encoders = freelist.New[*encoder](16, 30*time.Second)

func newEncoder(o promjson.Options) *encoder {
	e, ok := encoders.Get()
	if !ok {
		e = &encoder{}
	}
	e.begin(o)
	e.rest, e.first = e.rest[:0], firstFrame{}
	return e
}

// release gives the encoder back, without the answer's memory.
func (e *encoder) release() {
	e.arena, e.options = nil, promjson.Options{}
	encoders.Put(e)
}

// Rows implements promjson.Sink.
func (e *encoder) Rows(s *promjson.Series) error {
	e.early(s.Rest)
	return nil
}

// Series implements promjson.Sink.
func (e *encoder) Series(s *promjson.Series) error {
	named := e.describe(s)
	if s.HasFloats() {
		if err := e.add(e.floatFrame(s, named)); err != nil {
			return err
		}
	}
	if s.HasCells() {
		return e.add(e.cellFrame(s, named))
	}
	return nil
}

func (e *encoder) add(f frame) error {
	if !e.first.set {
		e.first = firstFrame{set: true, key: f.key, texts: e.texts.clone(), rows: f.rows}
		f.write(&e.first.columns)
		return nil
	}
	l, err := e.layout(f.key)
	if err != nil {
		return err
	}
	s := l.sizes(&e.texts, f.rows)
	e.header(&e.rest, s.total())
	l.putHead(e.take(&e.rest, s.head), &e.texts, f.rows, s)
	f.write(&e.rest)
	l.putTail(e.take(&e.rest, s.tail), &e.texts, s)
	return nil
}

// header writes what stands before a frame in its message.
func (e *encoder) header(to *pieces, length int) {
	appendHeader(e.take(to, sizeOfHeader(framesField, length))[:0], framesField, length)
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
			e.header(&all, len(f))
			copy(e.take(&all, len(f)), f)
		}
		return all, nil
	}
	f := &e.first
	l, err := e.firstLayout(f.key, out)
	if err != nil {
		return nil, err
	}
	s := l.sizes(&f.texts, f.rows)
	e.header(&all, s.total())
	l.putHead(e.take(&all, s.head), &f.texts, f.rows, s)
	all.addAll(f.columns)
	l.putTail(e.take(&all, s.tail), &f.texts, s)
	return slices.Concat(all, e.rest), nil
}
