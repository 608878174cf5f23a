package demo

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/chart"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// tolerance is relative: the order in which floating-point numbers are added
// up is all that may differ.
const tolerance = 1e-9

// grid is every step from first to last, both included.
func grid(first, last time.Time) (times []time.Time) {
	for at := first; !at.After(last); at = at.Add(sampledata.Step) {
		times = append(times, at)
	}
	return times
}

// compare checks that frames hold what the generator says the query answers at
// each of times, no more and no less, and returns them as lines by name.
func compare(frames data.Frames, by string, want *sampledata.Expected, times []time.Time) ([]chart.Line, error) {
	wanted := make([]map[string]float64, len(times))
	for i, at := range times {
		wanted[i] = want.At(at)
	}
	if len(frames) != len(wanted[0]) {
		return nil, fmt.Errorf("%d series, want %d", len(frames), len(wanted[0]))
	}
	var lines []chart.Line
	for _, frame := range frames {
		l, err := readFrame(frame, by)
		if err != nil {
			return nil, err
		}
		if len(l.Times) != len(times) {
			return nil, fmt.Errorf("%s: %d points, want %d", l.Name, len(l.Times), len(times))
		}
		for i, at := range times {
			value, known := wanted[i][l.Name]
			switch got := l.Values[i]; {
			case !l.Times[i].Equal(at):
				return nil, fmt.Errorf("%s: point %d is at %s, want %s", l.Name, i, l.Times[i].UTC(), at.UTC())
			case !known || !(math.Abs(got-value) <= tolerance*math.Abs(value)):
				return nil, fmt.Errorf("%s at %s: got %g, but what was written gives %g", l.Name, at.UTC(), got, value)
			}
		}
		lines = append(lines, l)
	}
	slices.SortFunc(lines, func(a, b chart.Line) int { return strings.Compare(a.Name, b.Name) })
	return lines, nil
}

// readFrame reads one series: a time field, and a value field with labels.
func readFrame(frame *data.Frame, by string) (chart.Line, error) {
	if len(frame.Fields) != 2 || frame.Fields[0].Type() != data.FieldTypeTime {
		return chart.Line{}, fmt.Errorf("frame %q is not a time and a value field", frame.Name)
	}
	at, value := frame.Fields[0], frame.Fields[1]
	l := chart.Line{Name: value.Labels[by]}
	for i := range frame.Rows() {
		v, err := value.FloatAt(i)
		if err != nil {
			return chart.Line{}, fmt.Errorf("frame %q, row %d: %w", frame.Name, i, err)
		}
		l.Times = append(l.Times, at.At(i).(time.Time)) //nolint:forcetypeassert // the field's type was checked
		l.Values = append(l.Values, v)
	}
	return l, nil
}
