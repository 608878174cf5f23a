package framewire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/datasourcetest"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// source is a data source whose queries are the answers to read. Of a query with several answers, one a line, the
// frames are put together.
type source struct{}

var _ backend.QueryDataHandler = source{}

func (source) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	resp := backend.NewQueryDataResponse()
	for _, q := range req.Queries {
		var dr backend.DataResponse
		for body := range strings.SplitSeq(string(q.JSON), "\n") {
			switch body {
			case "frame":
				dr.Frames = append(dr.Frames, data.NewFrame("plain"))
				continue
			case "panic":
				panic("a query panicked")
			case "error":
				return nil, backend.DownstreamError(errors.New("all went wrong"))
			}
			frames, err := Read(ctx, req.Format, strings.NewReader(body), optionsOf(q.RefID))
			dr.Frames, dr.Error = append(dr.Frames, frames...), errors.Join(dr.Error, err)
		}
		if dr.Error != nil {
			dr.Status, dr.ErrorSource = 422, backend.ErrorSourceDownstream
		}
		resp.Responses[q.RefID] = dr
	}
	return resp, nil
}

func optionsOf(refID string) promjson.Options {
	o := testOptions
	o.RefID = refID
	return o
}

// server is the SDK's gRPC server with all its middlewares; it registers its metrics once in a process.
var server = sync.OnceValues(func() (datasourcetest.TestPlugin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return datasourcetest.TestPlugin{}, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return datasourcetest.TestPlugin{}, err
	}
	return datasourcetest.Manage(func(context.Context, backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
		return source{}, nil
	}, datasourcetest.ManageOpts{Address: address})
})

func TestMain(m *testing.M) {
	code := m.Run()
	if p, err := server(); err == nil {
		_ = p.Shutdown()
	}
	os.Exit(code)
}

func ask(t *testing.T, format backend.DataFrameFormat, queries map[string]string) (*backend.QueryDataResponse, error) {
	t.Helper()
	p, err := server()
	require.NoError(t, err)
	req := &backend.QueryDataRequest{Format: format, PluginContext: backend.PluginContext{
		PluginID: "test", DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{},
	}}
	for refID, body := range queries {
		req.Queries = append(req.Queries, backend.DataQuery{RefID: refID, JSON: []byte(body)})
	}
	return p.Client.QueryData(t.Context(), req)
}

// oneLine is a body that fits into a query of source.
func oneLine(body []byte) string { return strings.ReplaceAll(string(body), "\n", " ") }

func TestFramesTravel(t *testing.T) {
	for _, format := range []backend.DataFrameFormat{backend.DataFrameFormat_ARROW, backend.DataFrameFormat_JSON} {
		queries := map[string]string{}
		for i, body := range seeds(t) {
			queries[fmt.Sprint("Q", i)] = oneLine(body)
		}
		resp, err := ask(t, format, queries)
		require.NoError(t, err)
		require.Len(t, resp.Responses, len(queries))
		for refID, dr := range resp.Responses {
			want, wantErr := promjson.ReadFrames(strings.NewReader(queries[refID]), optionsOf(refID))
			if wantErr != nil {
				require.Error(t, dr.Error)
				require.Equal(t, backend.Status(422), dr.Status)
				require.Equal(t, backend.ErrorSourceDownstream, dr.ErrorSource)
				continue
			}
			require.NoError(t, dr.Error)
			require.Equal(t, backend.StatusOK, dr.Status)
			if format == backend.DataFrameFormat_ARROW {
				require.Empty(t, cmp.Diff(want, dr.Frames, data.FrameTestCompareOptions()...))
			} else {
				require.Len(t, dr.Frames, len(want))
			}
		}
	}
	requireNothingWaits(t)
}

func TestAnswersAndFramesKeepTheirOrder(t *testing.T) {
	vector := `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"v"},"value":[1,"2"]}]}}`
	scalar := `{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`
	resp, err := ask(t, backend.DataFrameFormat_ARROW, map[string]string{
		"A": strings.Join([]string{"frame", vector, "frame", scalar, vector, "frame"}, "\n"),
		"B": "frame",
	})
	require.NoError(t, err)
	var got []string
	for _, f := range resp.Responses["A"].Frames {
		name := f.Name
		if len(f.Fields) > 1 {
			name = f.Fields[1].Name
		}
		got = append(got, name)
	}
	require.Equal(t, []string{"plain", "v", "plain", "Value", "v", "plain"}, got)
	require.Len(t, resp.Responses["B"].Frames, 1)
}

// TestWhatIsNotWrittenIsFreed has handlers fail after they read.
func TestWhatIsNotWrittenIsFreed(t *testing.T) {
	body := `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}`
	_, err := ask(t, backend.DataFrameFormat_ARROW, map[string]string{"A": body + "\nerror"})
	require.ErrorContains(t, err, "all went wrong")
	_, err = ask(t, backend.DataFrameFormat_ARROW, map[string]string{"A": body + "\npanic"})
	require.ErrorContains(t, err, "panic")
	requireNothingWaits(t)
}

func requireNothingWaits(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		waiting.mu.Lock()
		defer waiting.mu.Unlock()
		return len(waiting.answers) == 0
	}, 10*time.Second, time.Millisecond)
}

// TestManyAtOnce has buffers reused while others are written: a buffer given back too early shows as a wrong frame.
func TestManyAtOnce(t *testing.T) {
	bodies := make([]string, 4)
	want := make([]string, len(bodies))
	for i := range bodies {
		bodies[i] = matrix(7+i, 600*(i+1))
		frames, err := promjson.ReadFrames(strings.NewReader(bodies[i]), optionsOf("A"))
		require.NoError(t, err)
		want[i] = asJSON(t, frames)
	}
	var wg sync.WaitGroup
	for i := range 2 * len(bodies) {
		wg.Go(func() {
			for range 4 {
				resp, err := ask(t, backend.DataFrameFormat_ARROW, map[string]string{"A": bodies[i%len(bodies)]})
				if err != nil {
					t.Error(err)
					return
				}
				if got := asJSON(t, resp.Responses["A"].Frames); got != want[i%len(want)] {
					t.Error("frames differ")
					return
				}
			}
		})
	}
	wg.Wait()
	requireNothingWaits(t)
}

// matrix is an answer whose numbers are all different. Every fifth series begins later, every seventh is off the grid.
func matrix(series, points int) string {
	var b strings.Builder
	b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for s := range series {
		if s > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"__name__":"m","series":"%d"},"values":[`, s)
		first, shift := 0, 0
		if s%5 == 4 {
			first = points / 10
		}
		if s%7 == 6 {
			shift = s
		}
		for p := first; p < points; p++ {
			if p > first {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `[%d,"%d.%d"]`, 1700000000+15*p+shift, points, 1000*s+p)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}}`)
	return b.String()
}

func TestMatrixAgrees(t *testing.T) {
	for _, c := range []struct{ series, points int }{{22, 1}, {22, 60}, {8, 511}, {8, 512}, {7, 2000}, {1, 17000}} {
		body := matrix(c.series, c.points)
		want, err := promjson.ReadFrames(strings.NewReader(body), testOptions)
		require.NoError(t, err)
		got, err := readBack(strings.NewReader(body), testOptions)
		require.NoError(t, err)
		require.True(t, asJSON(t, want) == asJSON(t, got), "%d series of %d points", c.series, c.points)
	}
	requireAgreement(t, []byte(matrix(3, 60)), promjson.Options{})
}

// asJSON tells all of the frames but how the zone of a time is called. It is far quicker to compare than frames are.
func asJSON(t *testing.T, frames data.Frames) string {
	t.Helper()
	raw, err := json.Marshal(frames)
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}
