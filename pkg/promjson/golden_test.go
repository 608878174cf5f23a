package promjson

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

var goldenOptions = Options{
	RefID: "A", Expr: `sum by (path) (rate(x{a="b"}[1m]))`, Step: 15 * time.Second, MinStep: 5 * time.Second,
	Legend: NewLegend("", `sum by (path) (rate(x{a="b"}[1m]))`),
}

// TestGolden compares all frames of an answer, as the JSON that Grafana's own tools write, with a file beside it.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/answers/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".json")
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(input)
			require.NoError(t, err)
			frames, err := ReadFrames(bytes.NewReader(body), goldenOptions)
			require.NoError(t, err)
			assertFrames(t, frames, "answers/"+name+".golden")
		})
	}
}

func TestGoldenExemplars(t *testing.T) {
	body, err := os.ReadFile("testdata/exemplars.json")
	require.NoError(t, err)
	frames, err := ReadExemplars(bytes.NewReader(body), goldenOptions)
	require.NoError(t, err)
	assertFrames(t, frames, "exemplars.golden")
}

func assertFrames(t *testing.T, frames data.Frames, file string) {
	t.Helper()
	raw, err := json.Marshal(frames)
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, raw, "", " "))
	golden.Assert(t, got.String()+"\n", file)
}
