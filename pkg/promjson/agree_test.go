package promjson

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

// collector is a sink that keeps all it is handed.
type collector struct {
	all  []series
	open series
}

func (c *collector) Rows(s *Series) error {
	r := s.Rest
	for i, millis := range r.Floats.Millis {
		c.open.floats = append(c.open.floats, sample{millis: millis, value: r.Floats.Values[i]})
	}
	for i, millis := range r.Cells.Millis {
		c.open.cells = append(c.open.cells, cell{millis, r.Cells.Layout[i], r.Cells.Min[i], r.Cells.Max[i], r.Cells.Count[i]})
	}
	return nil
}

func (c *collector) Series(s *Series) error {
	if err := c.Rows(s); err != nil {
		return err
	}
	c.open.labels = data.Labels{}
	for _, l := range s.Labels {
		c.open.labels[string(l.Name)] = string(l.Value)
	}
	c.open.histograms = s.NumHistograms
	c.all = append(c.all, c.open)
	c.open = series{}
	return nil
}

// readCollected makes the frames of the reference of what the reader hands to its sink.
func readCollected(r io.Reader, o Options) (data.Frames, error) {
	var c collector
	out, err := Read(r, &c)
	if err != nil {
		return nil, err
	}
	a := answer{Outcome: out, series: c.all}
	return a.frames(o), nil
}

// requireAgreement has both readers read a body: they make the same frames, or both refuse.
func requireAgreement(t *testing.T, body []byte) {
	t.Helper()
	want, wantErr := ReadFrames(bytes.NewReader(body), goldenOptions)
	got, err := readCollected(bytes.NewReader(body), goldenOptions)
	if (wantErr == nil) != (err == nil) {
		t.Fatalf("the reference says %v, the reader %v, of %q", wantErr, err, body)
	}
	if diff := cmp.Diff(want, got, data.FrameTestCompareOptions()...); diff != "" {
		t.Fatalf("reference and reader differ:\n%s\nin %q", diff, body)
	}
}

func seeds(tb testing.TB) [][]byte {
	tb.Helper()
	inputs, err := filepath.Glob("testdata/answers/*.json")
	require.NoError(tb, err)
	require.NotEmpty(tb, inputs)
	var bodies [][]byte
	for _, input := range inputs {
		body, err := os.ReadFile(input)
		require.NoError(tb, err)
		bodies = append(bodies, body)
	}
	for _, body := range refused(tb) {
		bodies = append(bodies, []byte(body))
	}
	return bodies
}

// FuzzAgree holds the reader against the reference; go test -fuzz Agree ./pkg/promjson
func FuzzAgree(f *testing.F) {
	for _, body := range seeds(f) {
		f.Add(body)
	}
	f.Fuzz(requireAgreement)
}

// TestAgreesWhereverTheWindowEnds has the window slide at every byte.
func TestAgreesWhereverTheWindowEnds(t *testing.T) {
	for _, body := range seeds(t) {
		if len(body) > 10_000 {
			continue
		}
		want, wantErr := ReadFrames(bytes.NewReader(body), goldenOptions)
		got, err := readCollected(iotest.OneByteReader(bytes.NewReader(body)), goldenOptions)
		require.Equal(t, wantErr == nil, err == nil, "%s", body)
		require.Empty(t, cmp.Diff(want, got, data.FrameTestCompareOptions()...))
	}
}

// TestAgreesOnLongSeries has more rows than are handed on at once, of floats and of cells, and tokens longer than the
// window.
func TestAgreesOnLongSeries(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"` + strings.Repeat("x", windowSize+10) + `"},"values":[`)
	for i := range 2*maxRows + 3 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`[` + strconv.Itoa(1700000000+15*i) + `,"` + strconv.FormatFloat(math.Sqrt(float64(i)), 'f', -1, 64) + `"]`)
	}
	b.WriteString(`],"histograms":[`)
	for i := range maxRows + 1 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`[` + strconv.Itoa(1700000000+15*i) + `.5,{"buckets":[[0,"1","2","3"],[1,"2","4","5"]]}]`)
	}
	b.WriteString(`]},{"metric":{},"values":[[1,"1"]]}]}}`)
	want, err := ReadFrames(strings.NewReader(b.String()), goldenOptions)
	require.NoError(t, err)
	got, err := readCollected(strings.NewReader(b.String()), goldenOptions)
	require.NoError(t, err)
	wantJSON, err := json.Marshal(want)
	require.NoError(t, err)
	gotJSON, err := json.Marshal(got)
	require.NoError(t, err)
	require.True(t, bytes.Equal(wantJSON, gotJSON)) // a diff of this size takes longer than all other tests
}
