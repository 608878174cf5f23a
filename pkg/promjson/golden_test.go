package promjson

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

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
		t.Run(strings.TrimSuffix(filepath.Base(input), ".json"), func(t *testing.T) {
			body, err := os.ReadFile(input)
			require.NoError(t, err)
			frames, err := ReadFrames(bytes.NewReader(body), goldenOptions)
			require.NoError(t, err)
			golden(t, strings.TrimSuffix(input, ".json")+".golden", frames)
		})
	}
}

func TestGoldenExemplars(t *testing.T) {
	body, err := os.ReadFile("testdata/exemplars.json")
	require.NoError(t, err)
	frames, err := ReadExemplars(bytes.NewReader(body), goldenOptions)
	require.NoError(t, err)
	golden(t, "testdata/exemplars.golden", frames)
}

func golden(t *testing.T, path string, frames data.Frames) {
	t.Helper()
	raw, err := json.Marshal(frames)
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, raw, "", " "))
	got.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String())
}
