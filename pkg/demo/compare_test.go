package demo

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/sampledata"
)

var (
	end    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	query  = sampledata.RequestsByPath
	times  = grid(end.Add(-time.Minute), end)
	wanted = sampledata.Walkthrough(1).Expect(query, end.Add(-since), end.Add(1), sampledata.Step)
)

// answer is what the query answers, as the plugin's frames hold it.
func answer() (frames data.Frames) {
	for _, path := range []string{"/popular/category", "/popular/product", "/user/product"} {
		values := make([]float64, len(times))
		for i, at := range times {
			values[i] = wanted.At(at)[path]
		}
		frames = append(frames, data.NewFrame("",
			data.NewField("Time", nil, append([]time.Time(nil), times...)),
			data.NewField("Value", data.Labels{query.By: path}, values)))
	}
	return frames
}

func TestCompareTakesTheRightAnswer(t *testing.T) {
	lines, err := compare(answer(), query.By, wanted, times)
	require.NoError(t, err)
	require.Len(t, lines, 3)
	require.Equal(t, "/popular/category", lines[0].Name)
	require.Equal(t, times, lines[0].Times)
}

func TestCompareFindsWhatIsWrong(t *testing.T) {
	for name, spoil := range map[string]func(data.Frames) data.Frames{
		"a series less":     func(f data.Frames) data.Frames { return f[1:] },
		"a series too many": func(f data.Frames) data.Frames { return append(f, f[0]) },
		"a value": func(f data.Frames) data.Frames {
			f[0].Fields[1].Set(1, f[0].Fields[1].At(1).(float64)*1.000001)
			return f
		},
		"a value missing": func(f data.Frames) data.Frames { f[2].Fields[1].Set(0, nan()); return f },
		"a time":          func(f data.Frames) data.Frames { f[1].Fields[0].Set(2, end.Add(time.Second)); return f },
		"a point less":    func(f data.Frames) data.Frames { f[0].DeleteRow(0); return f },
		"a label":         func(f data.Frames) data.Frames { f[0].Fields[1].Labels[query.By] = "/other"; return f },
		"no labels":       func(f data.Frames) data.Frames { f[0].Fields[1].Labels = nil; return f },
		"no data":         func(data.Frames) data.Frames { return data.Frames{data.NewFrame("")} },
		"wide":            func(f data.Frames) data.Frames { f[0].Fields = append(f[0].Fields, f[1].Fields[1]); return f },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compare(spoil(answer()), query.By, wanted, times)
			require.Error(t, err)
		})
	}
}

func nan() float64 { var zero float64; return zero / zero }

func TestRefusalMustBeAWSsForTheAction(t *testing.T) {
	text, err := refusal("403 from AMP: User: arn:… is not authorized to perform: aps:RemoteWrite on resource: arn:…", "aps:RemoteWrite")
	require.NoError(t, err)
	require.Equal(t, "403: not authorized to perform: aps:RemoteWrite", text)
	_, err = refusal("403 from AMP: Missing Authentication Token", "aps:RemoteWrite")
	require.ErrorContains(t, err, "Missing Authentication Token")
}
