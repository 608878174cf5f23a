package chart

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/sampledata"
)

var end = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func grid(span, step time.Duration) (times []time.Time) {
	for at := end.Add(-span); !at.After(end); at = at.Add(step) {
		times = append(times, at)
	}
	return times
}

func draw(t *testing.T, c Chart, span time.Duration, lines map[string]func(i int) float64, names ...string) string {
	t.Helper()
	times := grid(span, span/80)
	var drawn []Line
	for _, name := range names {
		l := Line{Name: name, Times: times}
		for i := range times {
			l.Values = append(l.Values, lines[name](i))
		}
		drawn = append(drawn, l)
	}
	return c.Draw(drawn) + "\n"
}

func plain(v float64) string { return fmt.Sprintf("%.3g", v) }

func TestChart(t *testing.T) {
	wanted := sampledata.Walkthrough(1).Expect(sampledata.RequestsByPath, end.Add(-55*time.Minute), end.Add(1), sampledata.Step)
	var lines []Line
	for _, path := range []string{"/popular/category", "/popular/product", "/user/product"} {
		l := Line{Name: path, Times: grid(30*time.Minute, sampledata.Step)}
		for _, at := range l.Times {
			l.Values = append(l.Values, wanted.At(at)[path])
		}
		lines = append(lines, l)
	}
	c := Chart{Title: sampledata.RequestsByPath.Expr, Unit: func(v float64) string { return plain(v) + " req/s" }, Width: 80}
	golden.Assert(t, c.Draw(lines)+"\n", "chart.txt")
	c.Colour = true
	golden.Assert(t, c.Draw(lines)+"\n", "chart-colour.txt")
}

// Values below zero, gaps, what can't be drawn, more than a day, more lines
// than fit into one.
func TestChartOfUnevenSeries(t *testing.T) {
	got := draw(t, Chart{Title: "sin", Unit: plain, Width: 80}, 48*time.Hour, map[string]func(int) float64{
		"wave": func(i int) float64 { return math.Sin(float64(i) / 8) },
		"gaps": func(i int) float64 {
			switch {
			case i == 40:
				return math.Inf(1)
			case i > 70:
				return math.NaN()
			}
			return -0.5
		},
		strings.Repeat("a long name ", 10): func(int) float64 { return 0.25 },
	}, "wave", "gaps", strings.Repeat("a long name ", 10))
	golden.Assert(t, got, "uneven.txt")
}

func TestChartWithoutAnythingToDraw(t *testing.T) {
	c := Chart{Title: "none", Unit: plain, Width: 80}
	require.Equal(t, "none\n  (no data)", c.Draw(nil))
	require.Contains(t, draw(t, c, time.Hour, map[string]func(int) float64{"nan": func(int) float64 { return math.NaN() }}, "nan"), "no data")
	one := Line{Name: "one", Times: []time.Time{end}, Values: []float64{3}}
	require.Contains(t, c.Draw([]Line{one}), "one 3")
}

func TestAxisHoldsAllValues(t *testing.T) {
	for _, top := range []float64{1e-3, 0.3, 1, 9.99, 10, 53, 99.9, 101, 4.5e6, 1e12} {
		for _, low := range []float64{0, -top, -top / 3, -top * 20} {
			rows, start, end := axis(low, top)
			require.GreaterOrEqual(t, end, top)
			require.LessOrEqual(t, start, low)
			require.LessOrEqual(t, rows, 10, "%v to %v", low, top)
			require.GreaterOrEqual(t, rows, 4, "%v to %v", low, top)
		}
	}
}

// A chart keeps within the columns there are, with its numbers, whatever they are.
func TestChartKeepsWithinColumns(t *testing.T) {
	for _, columns := range []int{20, 35, 80, 200} {
		for _, span := range []time.Duration{time.Hour, 72 * time.Hour} {
			c := Chart{Title: "t", Unit: func(v float64) string { return plain(v) + " req/s" }, Width: columns, Columns: columns, Colour: true}
			got := draw(t, c, span, map[string]func(int) float64{"n": func(i int) float64 { return float64(i) }}, "n")
			for line := range strings.Lines(regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(got, "")) {
				line = strings.TrimRight(line, " \n")
				require.LessOrEqual(t, utf8.RuneCountInString(line), max(columns, 35), "%d columns, but the least plot and its numbers: %q", columns, line)
			}
			require.Contains(t, got, "req/s")
		}
	}
}
