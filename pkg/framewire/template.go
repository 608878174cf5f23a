package framewire

import (
	"encoding/binary"

	flatbuffers "github.com/google/flatbuffers/go"
)

// text is one of the texts that vary from frame to frame.
type text int

const (
	nameText    text = iota // the value field's name
	labelsText              // a JSON object
	displayText             // the value field's configuration, a JSON object
	numTexts
)

// texts are those of one frame.
type texts [numTexts][]byte

// template is a flatbuffer without its varying texts. Flatbuffers are built from their end: texts created first are at
// the very end, and nothing else depends on their lengths but the offsets that refer to them.
type template struct {
	// fixed is everything before the texts, a multiple of 8 bytes.
	fixed []byte
	// refs are the offsets to patch.
	refs []ref
	used [numTexts]bool
}

// ref is an offset in the fixed part that refers to a text.
type ref struct {
	at int
	to text
}

// size of the flatbuffer with these texts, a multiple of 8.
func (t *template) size(with *texts) int {
	n := 0
	for i, s := range with {
		if t.used[i] {
			n += textSize(len(s))
		}
	}
	return len(t.fixed) + (n+7)&^7
}

// textSize is that of a flatbuffer string: its length, its bytes, a zero, padded to 4.
func textSize(n int) int { return 4 + (n+4)&^3 }

// put writes the flatbuffer into dst, whose length is its size.
func (t *template) put(dst []byte, with *texts) {
	at := copy(dst, t.fixed)
	binary.LittleEndian.PutUint32(dst[len(dst)-4:], 0) // if no text ends there, it is padding
	var start [numTexts]int
	for i, s := range with {
		if t.used[i] {
			start[i] = at
			end := at + textSize(len(s))
			binary.LittleEndian.PutUint32(dst[end-4:], 0) // the zero and the padding are in here
			binary.LittleEndian.PutUint32(dst[at:], uint32(len(s)))
			copy(dst[at+4:], s)
			at = end
		}
	}
	for _, r := range t.refs {
		binary.LittleEndian.PutUint32(dst[r.at:], uint32(start[r.to]-r.at))
	}
}

// builder builds a flatbuffer with texts to be filled in.
type builder struct {
	*flatbuffers.Builder
	holes [numTexts]flatbuffers.UOffsetT
	// refs count from the end, for the start is not yet known.
	refs []ref
	used [numTexts]bool
	// shared are the strings that stand in the buffer already.
	shared map[string]flatbuffers.UOffsetT
}

func newBuilder() *builder {
	b := &builder{Builder: flatbuffers.NewBuilder(1024), shared: map[string]flatbuffers.UOffsetT{}}
	for i := range b.holes {
		b.holes[i] = b.CreateString("")
	}
	b.Prep(8, 0) // the fixed part is a multiple of 8, whatever is in it
	return b
}

// holesSize is how much of the end the empty texts take.
const holesSize = int(numTexts) * 8

// hole is a string value: a text that varies, or one that is the same in every frame.
type hole struct {
	varies bool
	text   text
	fixed  string
}

func fixed(s string) hole        { return hole{fixed: s} }
func varying(t text) hole        { return hole{varies: true, text: t} }
func (b *builder) position() int { return int(b.Offset()) }

// create makes the string if it is one, before the table that refers to it is begun.
func (b *builder) create(h hole) flatbuffers.UOffsetT {
	if h.varies {
		return b.holes[h.text]
	}
	at, ok := b.shared[h.fixed]
	if !ok {
		at = b.CreateString(h.fixed)
		b.shared[h.fixed] = at
	}
	return at
}

// addText puts a created string into the table being built.
func (b *builder) addText(slot int, h hole, at flatbuffers.UOffsetT) {
	b.PrependUOffsetTSlot(slot, at, 0)
	if h.varies {
		b.refs = append(b.refs, ref{at: b.position(), to: h.text})
		b.used[h.text] = true
	}
}

// finish makes the template. The function it returns turns a position of the builder into one of the fixed part.
func (b *builder) finish(root flatbuffers.UOffsetT) (template, func(int) int) {
	b.Finish(root)
	bytes := b.FinishedBytes()
	at := func(position int) int { return len(bytes) - position }
	t := template{fixed: bytes[:len(bytes)-holesSize], used: b.used}
	for _, r := range b.refs {
		t.refs = append(t.refs, ref{at: at(r.at), to: r.to})
	}
	return t, at
}
