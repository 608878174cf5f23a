package query

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

// asked is a query as Grafana hands it over, in a file.
type asked struct {
	From, To       time.Time
	Interval       string
	MaxDataPoints  int64
	ScrapeInterval string
	FromAlert      bool
	Query          json.RawMessage
}

func (a asked) parse(t *testing.T) (Model, error) {
	t.Helper()
	return Parse(backend.DataQuery{
		RefID:         "A",
		TimeRange:     backend.TimeRange{From: a.From, To: a.To},
		Interval:      duration(t, a.Interval),
		MaxDataPoints: a.MaxDataPoints,
		JSON:          a.Query,
	}, Options{ScrapeInterval: duration(t, a.ScrapeInterval), FromAlert: a.FromAlert})
}

func duration(t *testing.T, s string) time.Duration {
	t.Helper()
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	require.NoError(t, err)
	return d
}

// TestGolden pins what is asked of the server, whole: parameters and what
// frames say about the query.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, inputs)
	for _, input := range inputs {
		name := strings.TrimSuffix(filepath.Base(input), ".json")
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(input)
			require.NoError(t, err)
			var a asked
			require.NoError(t, json.Unmarshal(raw, &a))
			m, err := a.parse(t)
			require.NoError(t, err)
			golden.Assert(t, render(t, m), name+".golden")
		})
	}
}

func render(t *testing.T, m Model) string {
	t.Helper()
	out := map[string]any{
		"expr": m.Expr, "step": m.Step.String(), "format": m.Format, "exemplar": m.Exemplar, "legend": m.LegendFormat,
	}
	if m.Range {
		out["query_range"] = m.RangeParams()
	}
	if m.Instant {
		out["query"] = m.InstantParams()
	}
	raw, err := json.MarshalIndent(out, "", "  ")
	require.NoError(t, err)
	return string(raw) + "\n"
}

func TestRefusals(t *testing.T) {
	for name, tc := range map[string]struct{ query, want string }{
		"not JSON":         {`{`, "JSON can't be read"},
		"no expression":    {`{"expr":""}`, "no expression"},
		"min step":         {`{"expr":"up","interval":"soon"}`, `min step "soon"`},
		"filter operator":  {`{"expr":"up","adhocFilters":[{"key":"a","operator":">","value":"1"}]}`, `unknown operator ">"`},
		"filter regexp":    {`{"expr":"up","adhocFilters":[{"key":"a","operator":"=~","value":"("}]}`, `filter on "a"`},
		"filtered expr":    {`{"expr":"sum(","groupByKeys":["a"]}`, "parse error"},
		"huge interval":    {`{"expr":"up","intervalMs":1e300}`, "not a number in range"},
		"not-a-number":     {`{"expr":"up","intervalFactor":"NaN"}`, "not a number in range"},
		"neither nor flag": {`{"expr":"up","instant":"maybe"}`, "neither true nor false"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := asked{Query: json.RawMessage(tc.query)}.parse(t)
			require.ErrorContains(t, err, tc.want)
			require.True(t, backend.IsDownstreamError(err))
		})
	}
}

func TestWhichRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		query                     string
		alert                     bool
		ranged, instant, exemplar bool
	}{
		"neither is a range":      {query: `{"expr":"up"}`, ranged: true},
		"null is a range":         {query: `{"expr":"up","instant":null,"range":null}`, ranged: true},
		"instant":                 {query: `{"expr":"up","instant":true}`, instant: true},
		"instant as text":         {query: `{"expr":"up","instant":"true"}`, instant: true},
		"both":                    {query: `{"expr":"up","instant":true,"range":true}`, ranged: true, instant: true},
		"exemplars":               {query: `{"expr":"up","range":true,"exemplar":true}`, ranged: true, exemplar: true},
		"no exemplars for alerts": {query: `{"expr":"up","range":true,"exemplar":true}`, alert: true, ranged: true},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := asked{Query: json.RawMessage(tc.query), FromAlert: tc.alert}.parse(t)
			require.NoError(t, err)
			require.Equal(t, []bool{tc.ranged, tc.instant, tc.exemplar}, []bool{m.Range, m.Instant, m.Exemplar})
		})
	}
}

func TestFormat(t *testing.T) {
	for raw, want := range map[string]Format{
		`"table"`: FormatTable, `"heatmap"`: FormatHeatmap, `"time_series"`: FormatTimeSeries, `"logs"`: FormatTimeSeries,
		`1`: FormatTimeSeries, `2`: FormatTable, `3`: FormatHeatmap, `9`: FormatTimeSeries, `null`: FormatTimeSeries, `{}`: FormatTimeSeries,
	} {
		m, err := asked{Query: json.RawMessage(`{"expr":"up","format":` + raw + `}`)}.parse(t)
		require.NoError(t, err, raw)
		require.Equal(t, want, m.Format, raw)
	}
}
