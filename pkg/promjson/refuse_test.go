package promjson

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

const good = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"]]}]}}`

// refused are answers that no reader takes, by what is wrong with them.
func refused(tb testing.TB) map[string]string {
	tb.Helper()
	raw, err := os.ReadFile("testdata/refused.json")
	require.NoError(tb, err)
	var bodies map[string]string
	require.NoError(tb, json.Unmarshal(raw, &bodies))
	bodies["endless nesting"] = nested(maxDepth + 1)
	return bodies
}

func nested(depth int) string {
	return `{"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "," + good[1:]
}

// bothReaders are held to the same.
var bothReaders = map[string]func(io.Reader, Options) (data.Frames, error){
	"reference": ReadFrames,
	"reader":    readCollected,
}

func TestRefuses(t *testing.T) {
	bodies := refused(t)
	for reader, read := range bothReaders {
		for name, body := range bodies {
			t.Run(reader+"/"+name, func(t *testing.T) {
				frames, err := read(strings.NewReader(body), goldenOptions)
				require.Nil(t, frames)
				var format *FormatError
				require.ErrorAs(t, err, &format)
				require.LessOrEqual(t, format.Offset, int64(len(body)))
			})
		}
	}
}

func TestTakesTheDeepestNesting(t *testing.T) {
	for _, read := range bothReaders {
		_, err := read(strings.NewReader(nested(maxDepth)), goldenOptions)
		require.NoError(t, err)
	}
}

func TestRefusesEveryTruncation(t *testing.T) {
	for _, read := range bothReaders {
		for n := range len(good) {
			_, err := read(strings.NewReader(good[:n]), goldenOptions)
			var format *FormatError
			require.ErrorAs(t, err, &format, "%d bytes", n)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d bytes", n)
			require.LessOrEqual(t, format.Offset, int64(n))
		}
	}
}

func TestStatusError(t *testing.T) {
	for _, read := range bothReaders {
		for _, body := range []string{
			`{"status":"error","errorType":"bad_data","error":"1:5: parse error"}`,
			`{"error":"1:5: parse error","data":null,"errorType":"bad_data","status":"error"}`,
			`{"data":{"resultType":"matrix","result":[]},"errorType":"bad_data","error":"1:5: parse error","status":"error"}`,
		} {
			_, err := read(strings.NewReader(body), goldenOptions)
			var status *StatusError
			require.ErrorAs(t, err, &status)
			require.Equal(t, StatusError{Type: "bad_data", Message: "1:5: parse error", Offset: int64(len(body))}, *status)
			require.EqualError(t, err, "bad_data: 1:5: parse error")
		}
	}
}

func TestErrorOfTheBodyKeepsItsType(t *testing.T) {
	limit := errors.New("response limit")
	for _, read := range bothReaders {
		for n := range len(good) {
			body := io.MultiReader(strings.NewReader(good[:n]), iotest.ErrReader(limit))
			_, err := read(body, goldenOptions)
			require.ErrorIs(t, err, limit)
			require.ErrorContains(t, err, "byte")
		}
	}
}
