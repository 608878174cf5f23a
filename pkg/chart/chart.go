// Package chart draws time series with characters, for a terminal.
package chart

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guptarohit/asciigraph"
)

// Line is one series of a chart.
type Line struct {
	Name   string
	Times  []time.Time // on one grid with the chart's other lines
	Values []float64   // as many; NaN is a gap
}

// Chart draws lines over a shared time axis, in the location of their times.
type Chart struct {
	Title string
	Unit  func(float64) string // writes a value with its unit
	// Width is that of the plot, in characters. The numbers beside it and the
	// legend take more.
	Width int
	// Columns are what there is for all of it, or 0: then a plot that does not fit
	// gets narrower. The title and a legend's line stay whole.
	Columns int
	Colour  bool
}

// Lines are told apart by their stroke and, where colours show, by colour too.
var strokes = []asciigraph.CharSet{
	asciigraph.DefaultCharSet,
	{Horizontal: "━", VerticalLine: "┃", ArcDownRight: "┏", ArcDownLeft: "┓", ArcUpRight: "┗", ArcUpLeft: "┛", EndCap: "╸", StartCap: "╺"},
	{Horizontal: "═", VerticalLine: "║", ArcDownRight: "╔", ArcDownLeft: "╗", ArcUpRight: "╚", ArcUpLeft: "╝", EndCap: "═", StartCap: "═"},
	asciigraph.CreateCharSet("·"),
}

var colours = []asciigraph.AnsiColor{asciigraph.Green, asciigraph.Orange, asciigraph.DodgerBlue, asciigraph.Orchid}

// Draw returns the title, the plot and the legend, without a final newline.
func (c Chart) Draw(lines []Line) string {
	data, low, top, some := finite(lines)
	if !some {
		return c.Title + "\n  (no data)"
	}
	times := lines[0].Times
	rows, low, top := axis(low, top)
	draw := func(c Chart) string {
		options := append(c.options(rows, len(lines), times), asciigraph.LowerBound(low), asciigraph.UpperBound(top))
		return asciigraph.PlotMany(data, options...)
	}
	if c.Columns > 0 {
		plain := c
		plain.Colour = false // whose codes take no room
		over := widest(draw(plain)) - c.Columns
		c.Width = max(c.Width-max(over, 0), leastWidth)
	}
	return c.Title + "\n" + draw(c) + "\n\n" + c.legend(lines)
}

// leastWidth is of a plot in which something can be seen.
const leastWidth = 10

func (c Chart) options(rows, lines int, times []time.Time) []asciigraph.Option {
	first, last := times[0], times[len(times)-1]
	clock := "15:04"
	if last.Sub(first) > 24*time.Hour {
		clock = "Jan 2 15:04"
	}
	options := []asciigraph.Option{
		asciigraph.Width(c.Width), asciigraph.Height(rows),
		asciigraph.SeriesChars(pick(strokes, lines)...),
		asciigraph.YAxisValueFormatter(c.Unit),
		asciigraph.XAxisRange(float64(first.Unix()), float64(last.Unix())),
		asciigraph.XAxisTickCount(min(6, max(2, c.Width/(len(clock)+2)))),
		asciigraph.XAxisValueFormatter(func(unix float64) string {
			return time.Unix(int64(unix), 0).In(first.Location()).Format(clock)
		}),
	}
	if c.Colour {
		options = append(options, asciigraph.SeriesColors(pick(colours, lines)...))
	}
	return options
}

func widest(text string) int {
	most := 0
	for line := range strings.SplitSeq(text, "\n") {
		most = max(most, utf8.RuneCountInString(strings.TrimRight(line, " ")))
	}
	return most
}

// finite returns the values to plot and their bounds, which hold zero; what
// can't be plotted becomes a gap.
func finite(lines []Line) (data [][]float64, low, top float64, some bool) {
	for _, l := range lines {
		values := slices.Clone(l.Values)
		for i, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				values[i] = math.NaN()
				continue
			}
			low, top, some = min(low, v), max(top, v), true
		}
		data = append(data, values)
	}
	return data, low, top, some
}

// legend names each line with its stroke and its last value: side by side as
// long as they fit, else one below the other.
func (c Chart) legend(lines []Line) string {
	items := make([]string, len(lines))
	length := 0
	for i, l := range lines {
		stroke := strings.Repeat(strokes[i%len(strokes)].Horizontal, 2)
		item := l.Name + " " + c.Unit(last(l.Values))
		length += utf8.RuneCountInString(item)
		if c.Colour {
			stroke = colours[i%len(colours)].String() + stroke + asciigraph.Default.String()
		}
		items[i] = stroke + " " + item
	}
	between := "    "
	room := c.Columns
	if room == 0 {
		room = c.Width + 40
	}
	if length+7*len(items) > room {
		between = "\n   "
	}
	return "   " + strings.Join(items, between)
}

// last is the last value that is not a gap.
func last(values []float64) float64 {
	for _, v := range slices.Backward(values) {
		if !math.IsNaN(v) {
			return v
		}
	}
	return math.NaN()
}

func pick[T any](from []T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = from[i%len(from)]
	}
	return out
}

// axis chooses the rows of the plot and its bounds, so that low and top fit and
// each row is a step of 1, 2, 2.5, 5 or 10 times a power of ten.
func axis(low, top float64) (rows int, start, end float64) {
	const most = 10
	span := top - low
	if span <= 0 {
		return 1, 0, 1
	}
	power := math.Pow(10, math.Floor(math.Log10(span/most)))
	for _, m := range []float64{1, 2, 2.5, 5, 10, 20} {
		step := m * power
		first, final := math.Floor(low/step), math.Ceil(top/step)
		if rows = int(final - first); rows <= most {
			return rows, first * step, final * step
		}
	}
	return most, low, top // of a span beyond what floats divide
}
