package framewire

import (
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
)

// gRPC allows codecs to be registered during initialization only.
func init() {
	encoding.RegisterCodecV2(codec{encoding.GetCodecV2(proto.Name)})
}

// codec is gRPC's own for protobuf, except that it puts answers in place of their tokens.
type codec struct {
	encoding.CodecV2
}

// Marshal implements encoding.CodecV2.
func (c codec) Marshal(v any) (mem.BufferSlice, error) {
	switch resp := v.(type) {
	case *pluginv2.QueryDataResponse:
		if buffers, ok, err := marshalResponse(resp); ok || err != nil {
			return buffers, err
		}
	case *pluginv2.QueryChunkedDataResponse:
		if a := waiting.take(tokenIn([]byte(resp.GetError()))); a != nil {
			return marshalChunk(resp, a)
		}
	}
	return c.CodecV2.Marshal(v)
}
