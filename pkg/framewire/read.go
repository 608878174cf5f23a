package framewire

import (
	"context"
	"io"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"google.golang.org/grpc"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// Read reads the answer of query or query_range for a handler of the plugin SDK. The frames are to be put into the
// response as they are: what they hold may be known to this package's codec only. They go into one response, and are
// gone with the request that ctx belongs to.
//
// Where the frames will not travel as Arrow bytes written by gRPC, because the request asks for JSON or because the
// handler was called by something else, they are those of promjson.ReadFrames. Errors are as promjson has them.
func Read(ctx context.Context, format backend.DataFrameFormat, r io.Reader, o promjson.Options) (data.Frames, error) {
	if !travels(ctx, format) {
		return promjson.ReadFrames(r, o)
	}
	a, err := encode(r, o)
	if err != nil {
		return nil, err
	}
	return data.Frames{waiting.put(ctx, a)}, nil
}

func travels(ctx context.Context, format backend.DataFrameFormat) bool {
	return format == backend.DataFrameFormat_ARROW && grpc.ServerTransportStreamFromContext(ctx) != nil
}

// encode writes all frames of an answer down.
func encode(r io.Reader, o promjson.Options) (*answer, error) {
	e := newEncoder(o)
	defer e.release()
	out, err := promjson.Read(r, e)
	if err != nil {
		e.free()
		return nil, err
	}
	frames, err := e.close(out)
	if err != nil {
		e.free()
		return nil, err
	}
	return &answer{memory: e.arena, frames: frames}, nil
}
