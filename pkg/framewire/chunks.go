package framewire

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// Chunks sends the frames of one query as they are read.
//
// The SDK's writer takes data frames, and errors. Frames travel as errors whose text is a token: that costs nothing,
// where a token frame would have to be encoded for every series. The codec puts all fields of the chunk right.
type Chunks struct {
	format backend.DataFrameFormat
	writer backend.ChunkedDataWriter
	refID  string
}

// chunk is what a chunk says about itself.
type chunk struct {
	frameID     string
	err, source string
}

// NewChunks makes the way for the frames of the query refID in a format, over the handler's writer.
func NewChunks(format backend.DataFrameFormat, w backend.ChunkedDataWriter, refID string) Chunks {
	return Chunks{format, w, refID}
}

// Send reads an answer of query or query_range and sends each frame when its series ends; a series with very many rows
// goes in several chunks. name tells the answers of the query apart. Warnings and statistics, which stand at the end
// of an answer, travel on a last frame without fields.
//
// Errors of the answer are those of promjson, and others those of the writer. The caller reports them with SendError;
// frames sent before stay as they are.
func (c Chunks) Send(ctx context.Context, r io.Reader, o promjson.Options, name string) error {
	if !travels(ctx, c.format) {
		frames, err := promjson.ReadFrames(r, o)
		if err != nil {
			return err
		}
		return c.SendFrames(ctx, frames, name)
	}
	s := sender{Chunks: c, ctx: ctx, name: name}
	s.begin(o)
	defer func() { s.free() }()
	out, err := promjson.Read(r, &s)
	if err != nil {
		return err
	}
	if s.sent > 0 && out.Stats == nil && len(out.Warnings)+len(out.Infos) == 0 {
		return nil
	}
	return c.SendFrames(ctx, out.Frames(o), name+"-end")
}

// SendFrames sends frames that are complete.
func (c Chunks) SendFrames(ctx context.Context, frames data.Frames, name string) error {
	for i, f := range frames {
		if err := c.writer.WriteFrame(ctx, c.refID, name+"-"+strconv.Itoa(i), f); err != nil {
			return err
		}
	}
	return nil
}

// SendError ends the query with an error. Grafana decodes a frame of every chunk, so this one has an empty frame.
func (c Chunks) SendError(ctx context.Context, status backend.Status, source backend.ErrorSource, cause error) error {
	if !travels(ctx, c.format) {
		return c.writer.WriteError(ctx, c.refID, status, cause)
	}
	empty := data.NewFrame("")
	empty.RefID = c.refID
	encoded, err := empty.MarshalArrow()
	if err != nil {
		return err
	}
	a := &answer{memory: newArena(), chunk: chunk{err: cause.Error(), source: string(source)}}
	copy(a.memory.take(&a.frames, len(encoded)), encoded)
	return c.send(ctx, a, status)
}

func (c Chunks) send(ctx context.Context, a *answer, status backend.Status) error {
	t := waiting.add(a)
	defer waiting.drop(t) // the codec was not reached
	return c.writer.WriteError(ctx, c.refID, status, errors.New(t.String()))
}

// sender is the sink of an answer in chunks.
type sender struct {
	framer
	Chunks
	ctx  context.Context //nolint:containedctx // that of Send, for the calls that Read makes
	name string
	// sent counts frames, the others chunks of the current series.
	sent                    int
	floatChunks, cellChunks int
}

// Rows implements promjson.Sink. As long as the labels are not known the rows have to wait.
func (s *sender) Rows(series *promjson.Series) error {
	if series.Text == nil {
		s.early(series.Rest)
		return nil
	}
	return s.add(series, false)
}

// Series implements promjson.Sink.
func (s *sender) Series(series *promjson.Series) error {
	if err := s.add(series, true); err != nil {
		return err
	}
	s.sent++
	s.floatChunks, s.cellChunks = 0, 0
	return nil
}

// add sends what there is of a series. At its end that is at least one frame in all of each kind that it has.
func (s *sender) add(series *promjson.Series, end bool) error {
	named := s.describe(series)
	if f := s.floatFrame(series, named); f.rows > 0 || end && series.HasFloats() && s.floatChunks == 0 {
		s.floatChunks++
		if err := s.frame(f, "f"); err != nil {
			return err
		}
	}
	if f := s.cellFrame(series, named); f.rows > 0 || end && series.HasCells() && s.cellChunks == 0 {
		s.cellChunks++
		if err := s.frame(f, "h"); err != nil {
			return err
		}
	}
	s.renew()
	return nil
}

func (s *sender) frame(f frame, kind string) error {
	first := s.sent == 0 && s.floatChunks+s.cellChunks == 1
	var l *layout
	var err error
	if first {
		l, err = s.firstLayout(f.key, promjson.Outcome{})
	} else {
		l, err = s.layout(f.key)
	}
	if err != nil {
		return err
	}
	a := &answer{memory: s.arena, chunk: chunk{frameID: s.name + "-" + kind + strconv.Itoa(s.sent)}}
	s.hold()
	size := l.sizes(&s.texts, f.rows)
	l.putHead(s.take(&a.frames, size.head), &s.texts, f.rows, size)
	f.write(&a.frames)
	l.putTail(s.take(&a.frames, size.tail), &s.texts, size)
	return s.send(s.ctx, a, backend.StatusOK)
}
