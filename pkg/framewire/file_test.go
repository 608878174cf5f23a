package framewire

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// encoded are the Arrow files of an answer.
func encoded(t *testing.T, body string) [][]byte {
	t.Helper()
	a, err := encode(strings.NewReader(body), testOptions)
	require.NoError(t, err)
	defer a.memory.free()
	var wire []byte
	for _, p := range a.frames {
		wire = append(wire, a.memory.bytes(p)...)
	}
	var files [][]byte
	for len(wire) > 0 {
		_, _, n := protowire.ConsumeTag(wire)
		file, m := protowire.ConsumeBytes(wire[n:])
		files = append(files, file)
		wire = wire[n+m:]
	}
	return files
}

// TestFilesAreWholeArrowFiles reads them as the format says: the stream between the magic and the footer, and the
// footer by itself. The SDK's reader looks at the footer only, so it would not miss the rest.
func TestFilesAreWholeArrowFiles(t *testing.T) {
	for _, body := range []string{matrix(3, 5), matrix(8, 600), mixed(7)} {
		for _, file := range encoded(t, body) {
			require.Equal(t, "ARROW1\x00\x00", string(file[:8]))
			require.Equal(t, "ARROW1", string(file[len(file)-6:]))
			footerSize := int(binary.LittleEndian.Uint32(file[len(file)-10:]))
			footerAt := len(file) - 10 - footerSize
			require.Zero(t, footerAt%8)

			stream := bytes.NewReader(file[8:footerAt])
			inStream, err := ipc.NewReader(stream)
			require.NoError(t, err)
			require.True(t, inStream.Next())
			fromStream := inStream.RecordBatch()

			inFile, err := ipc.NewFileReader(bytes.NewReader(file))
			require.NoError(t, err)
			require.Equal(t, 1, inFile.NumRecords())
			require.True(t, inFile.Schema().Equal(inStream.Schema()), "footer and stream have one schema")
			require.True(t, sameMetadata(inFile.Schema(), inStream.Schema()))
			fromFile, err := inFile.RecordBatchAt(0)
			require.NoError(t, err)
			require.Equal(t, fromStream.NumRows(), fromFile.NumRows())
			for i, column := range fromFile.Columns() {
				require.Equal(t, fromStream.Column(i).String(), column.String())
				require.Zero(t, column.NullN())
				require.False(t, inFile.Schema().Field(i).Nullable)
			}
			fromFile.Release()
			require.False(t, inStream.Next())
			require.NoError(t, inStream.Err())
			require.Zero(t, stream.Len(), "the stream ends where it says so")
			require.NoError(t, inFile.Close())
		}
	}
}

func sameMetadata(x, y *arrow.Schema) bool {
	if !x.Metadata().Equal(y.Metadata()) {
		return false
	}
	for i, f := range x.Fields() {
		if !f.Metadata.Equal(y.Field(i).Metadata) {
			return false
		}
	}
	return true
}

// TestGolden reads the encoded frames back and compares them with the golden files of package promjson.
func TestGolden(t *testing.T) {
	goldens, err := filepath.Glob("../promjson/testdata/answers/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for _, golden := range goldens {
		t.Run(strings.TrimSuffix(filepath.Base(golden), ".golden"), func(t *testing.T) {
			body, err := os.Open(strings.TrimSuffix(golden, ".golden") + ".json")
			require.NoError(t, err)
			defer func() { require.NoError(t, body.Close()) }()
			o := testOptions
			o.Expr = `sum by (path) (rate(x{a="b"}[1m]))` // that of the golden files
			o.Legend = promjson.NewLegend("", o.Expr)
			frames, err := readBack(body, o)
			require.NoError(t, err)
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.JSONEq(t, string(want), asJSON(t, frames))
		})
	}
}
