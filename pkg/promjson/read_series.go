package promjson

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// maxRows is how many rows of a series are gathered before they are handed on. Every range query's series fits: the
// service gives it 11,000 points at most.
const maxRows = 16 << 10

// seriesReader holds the series being read; its slices are used again for the next one.
type seriesReader struct {
	current Series
	// set is the label set as it stood in the answer, parts where in it the strings are.
	set   []byte
	parts []labelPart
	// distinct finds a label twice where labels are unsorted.
	distinct [][]byte
}

// labelPart is a name or a value.
type labelPart struct {
	span
	plain bool
}

var seriesFields = setOf(metricField, valueField, valuesField, histogramField, histogramsField)

func (r *reader) series() error {
	s := &r.current
	s.reset()
	if err := r.expect('{'); err != nil {
		return err
	}
	var seen fieldSet
	for first := true; ; first = false {
		more, err := r.next(first, '}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
		key, err := r.key(seriesFields, &seen)
		if err != nil {
			return err
		}
		switch key {
		case metricField:
			err = r.labels()
		case valueField, valuesField, histogramField, histogramsField:
			err = r.samples(key)
		default:
			err = r.skip(maxDepth)
		}
		if err != nil {
			return err
		}
	}
	if r.seriesType == "" {
		r.seriesType = matrixType // one of a vector would have a sample
	}
	if s.Text == nil {
		s.Text = []byte("{}")
	}
	s.Vector = r.seriesType == vectorType
	if s.Vector && s.NumFloats+s.NumHistograms == 0 {
		return r.failf("a series of a vector without a sample")
	}
	return r.sink.Series(s)
}

// reset field by field is much faster than making a new one, which is copied several times.
func (s *Series) reset() {
	s.Labels, s.Text, s.Vector = s.Labels[:0], nil, false
	s.NumFloats, s.NumHistograms = 0, 0
	s.Rest.reset()
}

func (r *Rows) reset() {
	r.Floats.reset()
	r.Cells.reset()
}

func (f *Floats) reset() {
	f.Millis, f.Values = f.Millis[:0], f.Values[:0]
}

func (c *Cells) reset() {
	c.Millis, c.Min, c.Max, c.Count, c.Layout = c.Millis[:0], c.Min[:0], c.Max[:0], c.Count[:0], c.Layout[:0]
}

// samples reads a key's samples, if the key is one of this type of result.
func (r *reader) samples(key field) error {
	instant := key == valueField || key == histogramField
	kind := matrixType
	if instant {
		kind = vectorType
	}
	if r.seriesType == "" {
		r.seriesType = kind
	}
	r.current.Vector = instant
	if r.seriesType != kind {
		return r.failf("a sample of a %s in a %s", kind, r.seriesType)
	}
	if key == valueField {
		return r.floatSample()
	}
	if key == histogramField {
		return r.histogramSample()
	}
	if err := r.expect('['); err != nil {
		return err
	}
	if key == valuesField {
		return r.floatSamples()
	}
	for first := true; ; first = false {
		if more, err := r.next(first, ']'); err != nil || !more {
			return err
		}
		if err := r.histogramSample(); err != nil {
			return err
		}
	}
}

// labels reads a label set. Its text is copied once, as it stands; labels are parts of the copy.
func (r *reader) labels() error {
	if _, err := r.peek(); err != nil {
		return err
	}
	r.mark = r.pos
	plain, err := true, error(nil)
	if !r.usualLabelParts() {
		plain, err = r.labelParts()
	}
	r.set = append(r.set[:0], r.window[r.mark:r.pos]...)
	r.mark = noMark
	if err != nil {
		return err
	}
	s := &r.current
	s.Text = r.set
	for i := 0; i < len(r.parts); i += 2 {
		l := Label{plain: r.parts[i].plain && r.parts[i+1].plain}
		if l.Name, err = r.partText(r.parts[i]); err != nil {
			return r.fail(err)
		}
		if l.Value, err = r.partText(r.parts[i+1]); err != nil {
			return r.fail(err)
		}
		s.Labels = append(s.Labels, l)
	}
	if err := r.refuseTwice(); err != nil {
		return err
	}
	if !plain && !utf8.Valid(s.Text) {
		s.Text, err = labelJSON(s.Labels)
	}
	return err
}

// usualLabelParts finds the strings of a label set that is in the window as a whole, has no white space and nothing to
// unquote. What is otherwise is left where it is.
func (r *reader) usualLabelParts() bool {
	r.parts = r.parts[:0]
	window := r.window[r.pos:r.end]
	if window[0] != '{' {
		return false
	}
	for at := 1; ; {
		name, behind := usualString(window, at)
		if behind != ':' {
			return false
		}
		value, behind := usualString(window, name.to+2)
		r.parts = append(r.parts, labelPart{name, true}, labelPart{value, true})
		at = value.to + 2
		switch behind {
		case ',':
		case '}':
			r.pos += at
			return true
		default:
			return false
		}
	}
}

// usualString finds a string that begins at a place of the window, and says what is behind it: 0 where it is another.
func usualString(window []byte, at int) (where span, behind byte) {
	if at >= len(window) || window[at] != '"' {
		return where, 0
	}
	end := at + 1 + plainLen(window[at+1:])
	if end+1 >= len(window) || window[end] != '"' {
		return where, 0
	}
	return span{at + 1, end}, window[end+1]
}

// labelParts finds the strings of a label set.
func (r *reader) labelParts() (plain bool, err error) {
	r.parts = r.parts[:0]
	plain = true
	if err := r.expect('{'); err != nil {
		return false, err
	}
	for first := true; ; first = false {
		if more, err := r.next(first, '}'); err != nil || !more {
			return plain, err
		}
		for _, end := range [...]byte{':', 0} {
			var p labelPart
			if p.span, p.plain, err = r.stringSpan(); err != nil {
				return false, err
			}
			r.parts = append(r.parts, p)
			plain = plain && p.plain
			if end != 0 {
				if err := r.expect(end); err != nil {
					return false, err
				}
			}
		}
	}
}

func (r *reader) partText(p labelPart) ([]byte, error) {
	if p.plain {
		return r.set[p.from:p.to], nil
	}
	return unquote(r.set[p.from-1 : p.to+1])
}

// refuseTwice refuses a label that is there twice. Prometheus sorts labels, so one look at each is usually enough.
func (r *reader) refuseTwice() error {
	labels := r.current.Labels
	sorted := true
	for i := 1; i < len(labels) && sorted; i++ {
		sorted = bytes.Compare(labels[i-1].Name, labels[i].Name) < 0
	}
	if sorted {
		return nil
	}
	r.distinct = r.distinct[:0]
	for _, l := range labels {
		r.distinct = append(r.distinct, l.Name)
	}
	slices.SortFunc(r.distinct, bytes.Compare)
	for i := 1; i < len(r.distinct); i++ {
		if bytes.Equal(r.distinct[i-1], r.distinct[i]) {
			return r.failf("label %q a second time", r.distinct[i])
		}
	}
	return nil
}

func labelJSON(labels []Label) ([]byte, error) {
	m := make(map[string]string, len(labels))
	for _, l := range labels {
		m[string(l.Name)] = string(l.Value)
	}
	return json.Marshal(m)
}
