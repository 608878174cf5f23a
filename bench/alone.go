package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/metadata"

	"github.com/ampkit/ampkit/pkg/framewire"
	"github.com/ampkit/ampkit/pkg/promjson"
)

// cost of reading an answer and encoding its frames, in one process with nothing around it.
type cost struct {
	NsPerOp     int64
	BytesPerOp  int64
	AllocsPerOp int64
}

// aloneOurs reads a body and encodes the message that gRPC would send.
func aloneOurs(body []byte) (cost, error) {
	codec := encoding.GetCodecV2(proto.Name)
	var failed error
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ctx, done := context.WithCancel(grpc.NewContextWithServerTransportStream(context.Background(), stream{}))
			frames, err := framewire.Read(ctx, backend.DataFrameFormat_ARROW, bytes.NewReader(body), promjson.Options{
				RefID: "A", Expr: "up", Step: step * 1e9, Legend: promjson.NewLegend("", "up"),
			})
			if err != nil {
				failed = err
				b.FailNow()
			}
			message, err := backend.ToProto().QueryDataResponse(backend.DataFrameFormat_ARROW, &backend.QueryDataResponse{
				Responses: backend.Responses{"A": {Frames: frames, Status: backend.StatusOK}},
			})
			if err != nil {
				failed = err
				b.FailNow()
			}
			buffers, err := codec.Marshal(message)
			if err != nil || buffers.Len() < len(body)/10 {
				failed = fmt.Errorf("%d bytes: %w", buffers.Len(), err)
				b.FailNow()
			}
			buffers.Free()
			done()
		}
	})
	return cost{result.NsPerOp(), result.AllocedBytesPerOp(), result.AllocsPerOp()}, failed
}

// stream is one of gRPC's that goes nowhere.
type stream struct{}

func (stream) Method() string               { return "" }
func (stream) SetHeader(metadata.MD) error  { return nil }
func (stream) SendHeader(metadata.MD) error { return nil }
func (stream) SetTrailer(metadata.MD) error { return nil }

// log keeps the last that was written to it: the peer logs every query.
type log struct{ last []byte }

func (l *log) Write(b []byte) (int, error) {
	l.last = append(l.last[:0], b...)
	return len(b), nil
}

func (l *log) String() string { return string(l.last) }

// alonePeer has the peer do the same.
func alonePeer(ctx context.Context, peer string, body []byte) (c cost, err error) {
	cmd := exec.CommandContext(ctx, peer, "alone")
	cmd.Stdin = bytes.NewReader(body)
	cmd.Stderr = &log{}
	out, err := cmd.Output()
	if err != nil {
		return c, fmt.Errorf("peer alone: %w: %s", err, cmd.Stderr)
	}
	return c, json.Unmarshal(out, &c)
}
