package framewire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// QueryChunkedData sends the answers, one a line, of each query. An answer that begins with "broken:" breaks off with
// an error of the network.
func (source) QueryChunkedData(ctx context.Context, req *backend.QueryChunkedDataRequest, w backend.ChunkedDataWriter) error {
	for _, q := range req.Queries {
		chunks := NewChunks(req.Format, w, q.RefID)
		i := 0
		for body := range strings.SplitSeq(string(q.JSON), "\n") {
			var r io.Reader = strings.NewReader(body)
			if broken, ok := strings.CutPrefix(body, "broken:"); ok {
				r = io.MultiReader(strings.NewReader(broken), iotest.ErrReader(errors.New("the network broke")))
			}
			err := chunks.Send(ctx, r, optionsOf(q.RefID), fmt.Sprint("answer", i))
			if err != nil {
				err = chunks.SendError(ctx, 502, backend.ErrorSourceDownstream, err)
			}
			if err != nil {
				return err
			}
			i++
		}
	}
	return nil
}

// askChunks gathers the chunks of one query.
func askChunks(t *testing.T, format backend.DataFrameFormat, body string) []*pluginv2.QueryChunkedDataResponse {
	t.Helper()
	p, err := server()
	require.NoError(t, err)
	stream, err := p.Client.DataClient.QueryChunkedData(t.Context(), backend.ToProto().QueryChunkedDataRequest(&backend.QueryChunkedDataRequest{
		Format: format,
		PluginContext: backend.PluginContext{
			PluginID: "test", DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{},
		},
		Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(body)}},
	}))
	require.NoError(t, err)
	var chunks []*pluginv2.QueryChunkedDataResponse
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return chunks
		}
		require.NoError(t, err)
		chunks = append(chunks, chunk)
	}
}

// joined puts the chunks' frames together, and checks that each is what the protocol wants.
func joined(t *testing.T, chunks []*pluginv2.QueryChunkedDataResponse) data.Frames {
	t.Helper()
	var frames data.Frames
	byID := map[string]*data.Frame{}
	for _, c := range chunks {
		require.Equal(t, "A", c.RefId)
		require.Equal(t, pluginv2.DataFrameFormat_ARROW, c.Format)
		f, err := data.UnmarshalArrowFrame(c.Frame)
		require.NoError(t, err, "Grafana decodes the frame of every chunk")
		require.Equal(t, "A", f.RefID)
		if c.Error != "" {
			require.Empty(t, f.Fields)
			continue
		}
		require.EqualValues(t, backend.StatusOK, c.Status)
		require.NotEmpty(t, c.FrameId)
		if seen := byID[c.FrameId]; seen != nil {
			for i, field := range f.Fields {
				seen.Fields[i].AppendAll(field)
			}
			continue
		}
		byID[c.FrameId] = f
		frames = append(frames, f)
	}
	return frames
}

func TestChunksAreTheFrames(t *testing.T) {
	bodies := append(seeds(t), []byte(matrix(8, 700)), []byte(mixed(17000)))
	for _, seed := range bodies {
		body := oneLine(seed)
		want, wantErr := promjson.ReadFrames(strings.NewReader(body), optionsOf("A"))
		chunks := askChunks(t, backend.DataFrameFormat_ARROW, body)
		got := joined(t, chunks)
		if wantErr != nil {
			last := chunks[len(chunks)-1]
			require.NotEmpty(t, last.Error)
			require.EqualValues(t, 502, last.Status)
			require.Equal(t, string(backend.ErrorSourceDownstream), last.ErrorSource)
			continue
		}
		want = withoutLateNotes(want, got)
		require.True(t, asJSON(t, want) == asJSON(t, got), "%s", cmpSmall(want, got))
	}
	requireNothingWaits(t)
}

// withoutLateNotes moves what stands at the end of an answer from the first frame to one of its own.
func withoutLateNotes(want, got data.Frames) data.Frames {
	meta := want[0].Meta
	custom, _ := meta.Custom.(map[string]any)
	if len(want[0].Fields) == 0 || len(want) == len(got) || meta.Notices == nil && custom["stats"] == nil {
		return want
	}
	late := *meta
	late.Type, late.TypeVersion = "", data.FrameTypeVersion{}
	late.Custom = map[string]any{"calculatedMinStep": custom["calculatedMinStep"], "stats": custom["stats"]}
	delete(custom, "stats")
	meta.Stats, meta.Notices = nil, nil
	end := data.NewFrame("Warnings")
	end.RefID, end.Meta = want[0].RefID, &late
	return append(want, end)
}

func cmpSmall(want, got data.Frames) string {
	rows := 0
	for _, f := range want {
		rows += f.Rows()
	}
	if rows > 1000 {
		return "frames are too large to show"
	}
	return cmp.Diff(want, got, data.FrameTestCompareOptions()...)
}

// mixed is a series with as many floats and histograms.
func mixed(points int) string {
	var floats, histograms strings.Builder
	for p := range points {
		comma := ","
		if p == 0 {
			comma = ""
		}
		fmt.Fprintf(&floats, `%s[%d,"%d"]`, comma, p, p)
		fmt.Fprintf(&histograms, `%s[%d,{"buckets":[[0,"1","2","%d"]]}]`, comma, p, p)
	}
	return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[` + floats.String() +
		`],"histograms":[` + histograms.String() + `]}]}}`
}

func TestALateErrorComesAfterTheFrames(t *testing.T) {
	body := matrix(5, 3)
	chunks := askChunks(t, backend.DataFrameFormat_ARROW, "broken:"+body[:len(body)-3])
	require.Len(t, joined(t, chunks), 5)
	require.Contains(t, chunks[5].Error, "the network broke")
	require.EqualValues(t, 502, chunks[5].Status)
}

func TestAnswersOfOneQueryHaveTheirOwnFrames(t *testing.T) {
	body := matrix(2, 3)
	require.Len(t, joined(t, askChunks(t, backend.DataFrameFormat_ARROW, body+"\n"+body)), 4)
}

func TestChunksInJSON(t *testing.T) {
	chunks := askChunks(t, backend.DataFrameFormat_JSON, matrix(3, 2))
	require.Len(t, chunks, 3)
	for _, c := range chunks {
		require.True(t, json.Valid(c.Frame))
	}
}
