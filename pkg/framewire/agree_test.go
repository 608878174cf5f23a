package framewire

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/ampkit/ampkit/pkg/promjson"
)

var testOptions = promjson.Options{
	RefID: "A", Expr: `rate(x{a="b"}[1m])`, Step: 15 * time.Second, MinStep: 5 * time.Second,
	Legend: promjson.NewLegend("", `rate(x{a="b"}[1m])`),
}

// readBack encodes an answer and reads each frame with the SDK's reader.
func readBack(r io.Reader, o promjson.Options) (data.Frames, error) {
	a, err := encode(r, o)
	if err != nil {
		return nil, err
	}
	defer a.memory.free()
	var wire []byte
	for _, p := range a.frames {
		wire = append(wire, a.memory.bytes(p)...)
	}
	var frames data.Frames
	for len(wire) > 0 {
		_, _, n := protowire.ConsumeTag(wire)
		frame, m := protowire.ConsumeBytes(wire[max(n, 0):])
		if n < 0 || m < 0 {
			return nil, io.ErrUnexpectedEOF
		}
		wire = wire[n+m:]
		f, err := data.UnmarshalArrowFrame(frame)
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	return frames, nil
}

func requireAgreement(t *testing.T, body []byte, o promjson.Options) {
	t.Helper()
	want, wantErr := promjson.ReadFrames(bytes.NewReader(body), o)
	got, err := readBack(bytes.NewReader(body), o)
	if (wantErr == nil) != (err == nil) {
		t.Fatalf("the reference says %v, the encoder %v, of %q", wantErr, err, body)
	}
	if diff := cmp.Diff(want, got, data.FrameTestCompareOptions()...); diff != "" {
		t.Fatalf("reference and encoder differ:\n%s\nin %q", diff, body)
	}
}

func seeds(tb testing.TB) [][]byte {
	tb.Helper()
	inputs, err := filepath.Glob("../promjson/testdata/answers/*.json")
	require.NoError(tb, err)
	require.NotEmpty(tb, inputs)
	var bodies [][]byte
	for _, input := range inputs {
		body, err := os.ReadFile(input)
		require.NoError(tb, err)
		bodies = append(bodies, body)
	}
	raw, err := os.ReadFile("../promjson/testdata/refused.json")
	require.NoError(tb, err)
	var refused map[string]string
	require.NoError(tb, json.Unmarshal(raw, &refused))
	for _, body := range refused {
		bodies = append(bodies, []byte(body))
	}
	return bodies
}

// FuzzAgree holds the encoder against the reference; go test -fuzz Agree ./pkg/framewire
func FuzzAgree(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		requireAgreement(t, body, testOptions)
	})
}
