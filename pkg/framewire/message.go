package framewire

import (
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Fields of the plugin protocol's messages, from backend.proto.
const (
	responsesField   = 1 // QueryDataResponse.responses, a map
	mapKey, mapValue = 1, 2
	framesField      = 1 // DataResponse.frames
	chunkFrameField  = 3 // QueryChunkedDataResponse.frame
)

// appendHeader begins a field of bytes.
func appendHeader(dst []byte, field protowire.Number, length int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.BytesType), uint64(length))
}

func sizeOfHeader(field protowire.Number, length int) int {
	return protowire.SizeTag(field) + protowire.SizeVarint(uint64(length))
}

// message is one that is written around answers.
type message struct {
	buffers mem.BufferSlice
	answers []*answer
	size    int
}

func (m *message) add(b []byte) {
	if len(b) > 0 {
		m.buffers = append(m.buffers, mem.SliceBuffer(b))
		m.size += len(b)
	}
}

func (m *message) addAnswer(a *answer) {
	for _, p := range a.frames {
		m.add(a.memory.bytes(p))
	}
	m.answers = append(m.answers, a)
}

// finish hands the answers' memory over to the buffers: it is free when gRPC is done with the last of them.
func (m *message) finish() mem.BufferSlice {
	last := len(m.buffers) - 1
	// gRPC counts the uses of larger buffers only, so the last one is moved into one that is large enough.
	owner := append(make([]byte, 0, ownerSize), m.buffers[last].ReadOnlyData()...)
	m.buffers[last] = mem.NewBuffer(&owner, release(m.answers))
	return m.buffers
}

// ownerSize is above the size from which on gRPC gives buffers back.
const ownerSize = 4 << 10

// release is a pool that takes a buffer back by freeing the answers that were sent with it.
type release []*answer

// Get implements mem.BufferPool.
func (release) Get(n int) *[]byte {
	b := make([]byte, n)
	return &b
}

// Put implements mem.BufferPool.
func (r release) Put(*[]byte) {
	for _, a := range r {
		a.memory.free()
	}
}

// marshalResponse writes a response with the answers in place of their tokens. Without a token in it there is nothing
// to do: then it returns false.
func marshalResponse(resp *pluginv2.QueryDataResponse) (mem.BufferSlice, bool, error) {
	found := map[*pluginv2.DataResponse]*message{}
	var all message
	for _, dr := range resp.GetResponses() {
		if m := swapTokens(dr.GetFrames()); m != nil {
			found[dr] = m
			all.answers = append(all.answers, m.answers...)
		}
	}
	if len(found) == 0 {
		return nil, false, nil
	}
	for refID, dr := range resp.GetResponses() {
		m, ok := found[dr]
		if !ok {
			m = &message{}
			for _, f := range dr.GetFrames() {
				m.addFrame(f)
			}
		}
		// What the response says besides its frames, and what later versions of it may say.
		frames := dr.GetFrames()
		dr.Frames = nil
		rest, err := proto.Marshal(dr)
		dr.Frames = frames
		if err != nil {
			release(all.answers).Put(nil)
			return nil, false, err
		}
		m.add(rest)
		all.addEntry(refID, m)
	}
	responses := resp.Responses
	resp.Responses = nil
	rest, err := proto.Marshal(resp)
	resp.Responses = responses
	if err != nil {
		release(all.answers).Put(nil)
		return nil, false, err
	}
	all.add(rest)
	return all.finish(), true, nil
}

// addEntry adds a response to the map of responses.
func (m *message) addEntry(refID string, value *message) {
	key := append(appendHeader(nil, mapKey, len(refID)), refID...)
	entry := len(key) + sizeOfHeader(mapValue, value.size) + value.size
	head := appendHeader(nil, responsesField, entry)
	head = append(head, key...)
	m.add(appendHeader(head, mapValue, value.size))
	m.buffers = append(m.buffers, value.buffers...)
	m.size += value.size
}

func (m *message) addFrame(f []byte) {
	m.add(appendHeader(nil, framesField, len(f)))
	m.add(f)
}

// swapTokens is the frames with answers in place of tokens, or nil when there is no token.
func swapTokens(frames [][]byte) *message {
	var m message
	for i, f := range frames {
		a := waiting.take(tokenIn(f))
		switch {
		case a != nil && len(m.answers) == 0: // the first one
			for _, before := range frames[:i] {
				m.addFrame(before)
			}
			m.addAnswer(a)
		case a != nil:
			m.addAnswer(a)
		case len(m.answers) > 0:
			m.addFrame(f)
		}
	}
	if len(m.answers) == 0 {
		return nil
	}
	return &m
}

// marshalChunk writes a chunk with the frame that its token stands for.
func marshalChunk(resp *pluginv2.QueryChunkedDataResponse, a *answer) (mem.BufferSlice, error) {
	c := &pluginv2.QueryChunkedDataResponse{
		RefId:       resp.GetRefId(),
		FrameId:     a.chunk.frameID,
		Error:       a.chunk.err,
		ErrorSource: a.chunk.source,
		Status:      resp.GetStatus(),
		Format:      pluginv2.DataFrameFormat_ARROW,
	}
	rest, err := proto.Marshal(c)
	if err != nil {
		a.memory.free()
		return nil, err
	}
	var m message
	m.add(appendHeader(nil, chunkFrameField, a.frames.size()))
	m.addAnswer(a)
	m.add(rest)
	return m.finish(), nil
}
