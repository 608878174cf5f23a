package demo

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"
)

// line is one series of a chart.
type line struct {
	name   string
	times  []time.Time // on one grid with the chart's other lines
	values []float64
}

// chart draws lines over a shared time axis.
type chart struct {
	title  string
	unit   func(float64) string
	width  int // of the plot, in characters
	colour bool
}

// Lines are told apart by their stroke and, where colours show, by colour too.
var strokes = []asciigraph.CharSet{
	asciigraph.DefaultCharSet,
	{Horizontal: "━", VerticalLine: "┃", ArcDownRight: "┏", ArcDownLeft: "┓", ArcUpRight: "┗", ArcUpLeft: "┛", EndCap: "╸", StartCap: "╺"},
	{Horizontal: "═", VerticalLine: "║", ArcDownRight: "╔", ArcDownLeft: "╗", ArcUpRight: "╚", ArcUpLeft: "╝", EndCap: "═", StartCap: "═"},
	asciigraph.CreateCharSet("·"),
}

var colours = []asciigraph.AnsiColor{asciigraph.Green, asciigraph.Orange, asciigraph.DodgerBlue, asciigraph.Orchid}

// draw returns the title, the plot and the legend, without a final newline.
func (c chart) draw(lines []line) string {
	if len(lines) == 0 || len(lines[0].times) == 0 {
		return c.title + "\n  (no data)"
	}
	data := make([][]float64, len(lines))
	top := 0.0
	for i, l := range lines {
		data[i] = l.values
		for _, v := range l.values {
			top = math.Max(top, v)
		}
	}
	times := lines[0].times
	rows, top := axis(top)
	options := []asciigraph.Option{
		asciigraph.Width(c.width), asciigraph.Height(rows),
		asciigraph.LowerBound(0), asciigraph.UpperBound(top),
		asciigraph.SeriesChars(pick(strokes, len(lines))...),
		asciigraph.YAxisValueFormatter(c.unit),
		asciigraph.XAxisRange(float64(times[0].Unix()), float64(times[len(times)-1].Unix())),
		asciigraph.XAxisTickCount(6),
		asciigraph.XAxisValueFormatter(func(unix float64) string {
			return time.Unix(int64(unix), 0).In(times[0].Location()).Format("15:04")
		}),
	}
	if c.colour {
		options = append(options, asciigraph.SeriesColors(pick(colours, len(lines))...))
	}
	return c.title + "\n" + asciigraph.PlotMany(data, options...) + "\n\n" + c.legend(lines)
}

// legend names each line with its stroke and its last value.
func (c chart) legend(lines []line) string {
	items := make([]string, len(lines))
	for i, l := range lines {
		stroke := strings.Repeat(strokes[i%len(strokes)].Horizontal, 2)
		if c.colour {
			stroke = colours[i%len(colours)].String() + stroke + asciigraph.Default.String()
		}
		items[i] = fmt.Sprintf("%s %s %s", stroke, l.name, c.unit(l.values[len(l.values)-1]))
	}
	return "   " + strings.Join(items, "    ")
}

func pick[T any](from []T, n int) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = from[i%len(from)]
	}
	return out
}

// axis chooses the rows of the plot and the value of the topmost, so that top
// fits and each row is a step of 1, 2, 2.5 or 5 times a power of ten.
func axis(top float64) (rows int, end float64) {
	const most = 10
	if top <= 0 {
		return 1, 1
	}
	power := math.Pow(10, math.Floor(math.Log10(top/most)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if step := m * power; top <= most*step {
			rows = int(math.Ceil(top / step))
			return rows, float64(rows) * step
		}
	}
	step := 10 * power
	rows = int(math.Ceil(top / step))
	return rows, float64(rows) * step
}

// perSecond formats a rate of requests.
func perSecond(v float64) string { return fmt.Sprintf("%.3g req/s", v) }

// bytesPerSecond formats a rate of bytes with a decimal prefix, as networks count.
func bytesPerSecond(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}} {
		if v >= u.size {
			return fmt.Sprintf("%.3g %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g B/s", v)
}
