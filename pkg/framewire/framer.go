package framewire

import (
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// framer makes frames of the series of one answer.
type framer struct {
	options promjson.Options
	columns
	layouts []*layout // few
	texts   texts
	// legend is where display names are made.
	legend []byte
}

// layoutKey is what frames of an answer differ in besides texts and rows.
type layoutKey struct{ floats, vector, named bool }

// begin prepares for an answer. What was used for another one is used again.
func (f *framer) begin(o promjson.Options) {
	f.options, f.layouts, f.texts[labelsText] = o, nil, nil
	f.columns.begin()
}

// frame is one to be written: its columns are added by write.
type frame struct {
	key   layoutKey
	rows  int
	write func(to *pieces)
}

// floatFrame is the frame of a series' floats that were not yet written.
func (f *framer) floatFrame(s *promjson.Series, named bool) frame {
	return frame{
		key:   layoutKey{floats: true, vector: s.Vector, named: named},
		rows:  f.earlyFloatRows() + len(s.Rest.Floats.Millis),
		write: func(to *pieces) { f.floats(to, s.Rest.Floats) },
	}
}

// cellFrame is the frame of a series' native histograms that were not yet written.
func (f *framer) cellFrame(s *promjson.Series, named bool) frame {
	rows := f.earlyCellRows() + len(s.Rest.Cells.Millis)
	return frame{
		key:   layoutKey{named: named},
		rows:  rows,
		write: func(to *pieces) { f.cells(to, s.Rest.Cells, rows) },
	}
}

// layout of frames other than the first.
func (f *framer) layout(key layoutKey) (*layout, error) {
	for _, l := range f.layouts {
		if l.key == key {
			return l, nil
		}
	}
	l, err := newLayout(f.prototype(key), key)
	if err == nil {
		f.layouts = append(f.layouts, l)
	}
	return l, err
}

// firstLayout is the layout of the first frame, which says more than the others.
func (f *framer) firstLayout(key layoutKey, out promjson.Outcome) (*layout, error) {
	proto := f.prototype(key)
	out.Describe(proto.Meta, f.options)
	return newLayout(proto, key)
}

func (f *framer) prototype(key layoutKey) *data.Frame {
	if key.floats {
		return promjson.FloatPrototype(key.vector, f.options)
	}
	return promjson.CellPrototype(f.options)
}

// describe finds a series' texts and says whether it has a display name.
func (f *framer) describe(s *promjson.Series) (named bool) {
	t := &f.texts
	t[nameText] = append(t[nameText][:0], promjson.ValueName(s.Labels)...)
	t[labelsText] = s.Text
	if f.options.Legend == nil {
		return false
	}
	const before, after = `{"displayNameFromDS":`, `}`
	f.legend = f.options.Legend(f.legend[:0], s.Labels)
	if len(f.legend) == 0 {
		return false
	}
	t[displayText] = append(promjson.AppendJSONString(append(t[displayText][:0], before...), f.legend), after...)
	return true
}

func (t *texts) clone() (c texts) {
	for i, s := range t {
		c[i] = append([]byte(nil), s...)
	}
	return c
}
