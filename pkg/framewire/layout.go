package framewire

import (
	"encoding/binary"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// layout is the Arrow file of one kind of frame, all but its numbers:
//
//	"ARROW1\0\0"
//	message: schema
//	message: record batch
//	columns, each a multiple of 8 bytes       <- not part of the layout
//	end of stream
//	footer: schema again, place of the batch
//	length of the footer, "ARROW1"
//
// What comes before the columns is the head here, what comes after them the tail.
type layout struct {
	key            layoutKey
	schema, footer template
	batch          batch
	// blockAt is where the footer says where the record batch is.
	blockAt int
}

const (
	magic        = "ARROW1"
	paddedMagic  = "ARROW1\x00\x00"
	continuation = 0xFFFFFFFF // begins a message
	prefixSize   = 8          // of a message: continuation, length
	tailSize     = prefixSize + 4 + len(magic)
)

// newLayout makes the layout of a prototype's frames.
func newLayout(proto *data.Frame, key layoutKey) (*layout, error) {
	l := layout{key: key}
	b := newBuilder()
	schema, err := b.schema(proto, key.floats, key.named)
	if err != nil {
		return nil, err
	}
	b.StartObject(messageSlots)
	b.PrependInt16Slot(messageVersion, version5, 0)
	b.PrependByteSlot(messageKind, kindSchema, 0)
	b.PrependUOffsetTSlot(messageHeader, schema, 0)
	l.schema, _ = b.finish(b.EndObject())

	b = newBuilder()
	if schema, err = b.schema(proto, key.floats, key.named); err != nil {
		return nil, err
	}
	b.StartVector(blockSize, 0, 8)
	dictionaries := b.EndVector(0)
	b.StartVector(blockSize, 1, 8)
	b.Prep(8, blockSize)
	b.PrependInt64(0) // length of the columns
	b.Pad(4)
	b.PrependInt32(0) // length of the message
	b.PrependInt64(0) // offset of the message
	block := b.position()
	batches := b.EndVector(1)
	b.StartObject(footerSlots)
	b.PrependInt16Slot(footerVersion, version5, 0)
	b.PrependUOffsetTSlot(footerSchema, schema, 0)
	b.PrependUOffsetTSlot(footerDictionaries, dictionaries, 0)
	b.PrependUOffsetTSlot(footerBatches, batches, 0)
	footer, at := b.finish(b.EndObject())
	l.footer, l.blockAt = footer, at(block)

	l.batch = newBatch(proto)
	return &l, nil
}

const blockSize = 24

// sizes of a frame's parts.
type sizes struct {
	schema, footer   int
	head, body, tail int
}

func (s sizes) total() int { return s.head + s.body + s.tail }

func (l *layout) sizes(with *texts, rows int) sizes {
	s := sizes{schema: l.schema.size(with), footer: l.footer.size(with), body: l.batch.bodySize(rows)}
	s.head = len(paddedMagic) + prefixSize + s.schema + len(l.batch.message)
	s.tail = tailSize + s.footer
	return s
}

// putHead writes the head into dst, which has its size.
func (l *layout) putHead(dst []byte, with *texts, rows int, s sizes) {
	at := copy(dst, paddedMagic)
	binary.LittleEndian.PutUint32(dst[at:], continuation)
	binary.LittleEndian.PutUint32(dst[at+4:], uint32(s.schema))
	at += prefixSize
	l.schema.put(dst[at:at+s.schema], with)
	l.batch.put(dst[at+s.schema:], rows)
}

// putTail writes the tail into dst, which has its size.
func (l *layout) putTail(dst []byte, with *texts, s sizes) {
	binary.LittleEndian.PutUint64(dst, continuation) // and a length of 0: end of stream
	footer := dst[prefixSize : prefixSize+s.footer]
	l.footer.put(footer, with)
	binary.LittleEndian.PutUint64(footer[l.blockAt:], uint64(s.head-len(l.batch.message)))
	binary.LittleEndian.PutUint32(footer[l.blockAt+8:], uint32(len(l.batch.message)))
	binary.LittleEndian.PutUint64(footer[l.blockAt+16:], uint64(s.body))
	end := dst[prefixSize+s.footer:]
	binary.LittleEndian.PutUint32(end, uint32(s.footer))
	copy(end[4:], magic)
}

// batch is the message of a record batch, with its prefix.
type batch struct {
	message []byte
	widths  []int
	// Where in the message the numbers are that depend on the rows.
	lengthAt, nodesAt, buffersAt, bodyAt int
}

func newBatch(proto *data.Frame) batch {
	var m batch
	for _, f := range proto.Fields {
		m.widths = append(m.widths, width(f))
	}
	columns := len(m.widths)
	b := newBuilder()
	// A validity buffer of length 0 and a buffer of values for each column.
	b.StartVector(16, 2*columns, 8)
	b.zeros(16 * 2 * columns)
	buffersAt := b.position()
	buffers := b.EndVector(2 * columns)
	b.StartVector(16, columns, 8)
	b.zeros(16 * columns)
	nodesAt := b.position()
	nodes := b.EndVector(columns)
	b.StartObject(batchSlots)
	const patched = 1 // a zero would be left out
	b.PrependInt64Slot(batchLength, patched, 0)
	lengthAt := b.position()
	b.PrependUOffsetTSlot(batchNodes, nodes, 0)
	b.PrependUOffsetTSlot(batchBuffers, buffers, 0)
	header := b.EndObject()
	b.StartObject(messageSlots)
	b.PrependInt64Slot(messageBody, patched, 0)
	bodyAt := b.position()
	b.PrependUOffsetTSlot(messageHeader, header, 0)
	b.PrependInt16Slot(messageVersion, version5, 0)
	b.PrependByteSlot(messageKind, kindRecordBatch, 0)
	t, at := b.finish(b.EndObject())

	m.message = binary.LittleEndian.AppendUint32(nil, continuation)
	m.message = binary.LittleEndian.AppendUint32(m.message, uint32(len(t.fixed)))
	m.message = append(m.message, t.fixed...)
	m.lengthAt, m.nodesAt = prefixSize+at(lengthAt), prefixSize+at(nodesAt)
	m.buffersAt, m.bodyAt = prefixSize+at(buffersAt), prefixSize+at(bodyAt)
	return m
}

func (b *builder) zeros(n int) {
	for range n / 8 {
		b.PrependInt64(0)
	}
}

// columnSize is padded to 8.
func columnSize(width, rows int) int { return (width*rows + 7) &^ 7 }

func (m *batch) bodySize(rows int) int {
	n := 0
	for _, w := range m.widths {
		n += columnSize(w, rows)
	}
	return n
}

func (m *batch) put(dst []byte, rows int) {
	copy(dst, m.message)
	binary.LittleEndian.PutUint64(dst[m.lengthAt:], uint64(rows))
	binary.LittleEndian.PutUint64(dst[m.bodyAt:], uint64(m.bodySize(rows)))
	offset := 0
	for i, w := range m.widths {
		binary.LittleEndian.PutUint64(dst[m.nodesAt+16*i:], uint64(rows)) // and no nulls
		buffers := dst[m.buffersAt+32*i:]
		binary.LittleEndian.PutUint64(buffers, uint64(offset)) // validity, of length 0
		binary.LittleEndian.PutUint64(buffers[16:], uint64(offset))
		binary.LittleEndian.PutUint64(buffers[24:], uint64(w*rows))
		offset += columnSize(w, rows)
	}
}
