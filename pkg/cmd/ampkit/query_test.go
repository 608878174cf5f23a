package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

// The answers in testdata/query are Prometheus'; beside them lies what is printed.
func TestQueryPrints(t *testing.T) {
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, o := range map[string]queryOptions{
		"vector.table":    {},
		"vector.csv":      {},
		"matrix.table":    {Range: true},
		"matrix.csv":      {Range: true},
		"matrix.chart":    {Range: true, Expr: "rate(a[1m])", Start: from, End: from.Add(4 * time.Minute), Step: time.Minute, Width: 40},
		"histogram.table": {Range: true},
		"histogram.csv":   {Range: true},
		"mixed.table":     {Range: true},
		"mixed.csv":       {Range: true},
		"labels.csv":      {},
		"labels.table":    {},
		"narrow.chart":    {Range: true, Expr: "rate(a[1m])", Start: from, End: from.Add(4 * time.Minute), Step: time.Minute, Width: 20},
		"string.table":    {},
	} {
		t.Run(name, func(t *testing.T) {
			kind, output, _ := strings.Cut(name, ".")
			o.Output = output
			in, err := os.ReadFile(filepath.Join("testdata", "query", kind+".json"))
			require.NoError(t, err)
			var out, notes bytes.Buffer
			require.NoError(t, o.print(streams{out: &out, err: &notes}, bytes.NewReader(in)))
			golden.Assert(t, out.String(), "query/"+name)
			require.Equal(t, kind == "vector", strings.Contains(notes.String(), "metric might not be a counter"))
		})
	}
}

func TestQueryRefusesWhatIsNoAnswer(t *testing.T) {
	for _, text := range []string{
		"", "<html>", `{}`, `{"status":"success","data":{"resultType":"tensor","result":[]}}`,
		`{"data":{"resultType":"vector","result":{}}}`, `{"data":{"resultType":"matrix","result":[{"values":1}]}}`,
	} {
		require.Error(t, (&queryOptions{}).print(streams{}, strings.NewReader(text)), text)
	}
}

func TestQueryPrintsWhatIsEmpty(t *testing.T) {
	for text, want := range map[string]string{
		`{"data":{"resultType":"string","result":[1,""]}}`:             "\n",
		`{"data":{"resultType":"matrix","result":[{"metric":{}}]}}`:    "{}  no value\n",
		`{"data":{"resultType":"vector","result":[]}}`:                 "",
		`{"data":{"resultType":"scalar","result":[1772366400,"1.5"]}}`: "{}  1.5\n",
	} {
		var out bytes.Buffer
		require.NoError(t, (&queryOptions{}).print(streams{out: &out, err: &bytes.Buffer{}}, strings.NewReader(text)), text)
		require.Equal(t, want, out.String(), text)
	}
}

func TestNiceStep(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		time.Second: time.Second, 5 * time.Minute: 5 * time.Second, time.Hour: 30 * time.Second, 24 * time.Hour: 15 * time.Minute,
		7 * 24 * time.Hour: 2 * time.Hour, 365 * 24 * time.Hour: 4 * 24 * time.Hour,
	} {
		require.Equal(t, want, niceStep(span), span)
	}
}
