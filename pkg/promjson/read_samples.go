package promjson

import (
	"strconv"
)

// sampleAhead is more than a sample takes in the form Prometheus writes it: a timestamp of 14 bytes, a value of at
// most 24, and six signs around them.
const sampleAhead = 64

// floatSamples reads samples behind the opening bracket of their array. It is where most of the time goes: one look
// at the window for each sample of the usual form, the long way for all others.
func (r *reader) floatSamples() error {
	f := &r.current.Rest.Floats
	for first := true; ; first = false {
		r.ahead(sampleAhead)
		window := r.window[r.pos:r.end]
		comma := 0
		if !first {
			comma = 1
		}
		millis, value, n := usualSample(window, comma)
		if n > 0 {
			r.pos += n
			if err := r.addFloat(f, millis, value); err != nil {
				return err
			}
			continue
		}
		if more, err := r.next(first, ']'); err != nil || !more {
			return err
		}
		if err := r.floatSample(); err != nil {
			return err
		}
	}
}

func (r *reader) addFloat(f *Floats, millis int64, value float64) error {
	f.Millis = append(f.Millis, millis)
	f.Values = append(f.Values, value)
	r.current.NumFloats++
	if len(f.Millis) == maxRows {
		return r.handOn()
	}
	return nil
}

// usualSample reads [timestamp,"value"] without white space, behind as many commas; n is 0 where it is something else.
func usualSample(b []byte, commas int) (millis int64, value float64, n int) {
	if len(b) < sampleAhead || commas == 1 && b[0] != ',' || b[commas] != '[' {
		return 0, 0, 0
	}
	at := commas + 1
	millis, n = scanMillis(b[at:])
	at += n
	if n == 0 || len(b) < at+2 || b[at] != ',' || b[at+1] != '"' {
		return 0, 0, 0
	}
	at += 2
	value, n = scanFloat(b[at:])
	at += n + 1 // scanFloat stopped at the quote
	if n == 0 || len(b) <= at || b[at] != ']' {
		return 0, 0, 0
	}
	return millis, value, at + 1
}

// handOn gives the gathered rows to the sink.
func (r *reader) handOn() error {
	err := r.sink.Rows(&r.current)
	r.current.Rest = r.current.Rest.emptied()
	return err
}

func (r *reader) floatSample() error {
	if err := r.expect('['); err != nil {
		return err
	}
	millis, err := r.timestamp()
	if err != nil {
		return err
	}
	if err := r.expect(','); err != nil {
		return err
	}
	value, err := r.float()
	if err != nil {
		return err
	}
	if err := r.addFloat(&r.current.Rest.Floats, millis, value); err != nil {
		return err
	}
	return r.expect(']')
}

func (r *reader) timestamp() (int64, error) {
	text, err := r.number()
	if err != nil {
		return 0, err
	}
	millis, err := parseTimestamp(string(text))
	if err != nil {
		return 0, r.fail(err)
	}
	return millis, nil
}

func (r *reader) float() (float64, error) {
	if _, err := r.peek(); err != nil {
		return 0, err
	}
	if r.window[r.pos] == '"' {
		if v, n := scanFloat(r.window[r.pos+1 : r.end]); n > 0 {
			r.pos += n + 2
			return v, nil
		}
	}
	text, err := r.text()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, r.failf("sample %w", err)
	}
	return v, nil
}

var histogramFields = setOf(bucketsField)

// histogramSample reads [timestamp, {"buckets": […], …}].
func (r *reader) histogramSample() error {
	r.current.NumHistograms++
	if err := r.expect('['); err != nil {
		return err
	}
	millis, err := r.timestamp()
	if err != nil {
		return err
	}
	if err := r.expect(','); err != nil {
		return err
	}
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
			return r.expect(']')
		}
		key, err := r.key(histogramFields, &seen)
		if err != nil {
			return err
		}
		if key == bucketsField {
			err = r.buckets(millis)
		} else {
			err = r.skip(maxDepth)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) buckets(millis int64) error {
	if err := r.expect('['); err != nil {
		return err
	}
	c := &r.current.Rest.Cells
	for first := true; ; first = false {
		if more, err := r.next(first, ']'); err != nil || !more {
			return err
		}
		if err := r.bucket(c); err != nil {
			return err
		}
		c.Millis = append(c.Millis, millis)
		if len(c.Millis) == maxRows {
			if err := r.handOn(); err != nil {
				return err
			}
		}
	}
}

// bucket reads [layout, "min", "max", "count"].
func (r *reader) bucket(c *Cells) error {
	if err := r.expect('['); err != nil {
		return err
	}
	text, err := r.number()
	if err != nil {
		return err
	}
	layout, err := strconv.ParseInt(string(text), 10, 8)
	if err != nil {
		return r.failf("bucket layout %w", err)
	}
	c.Layout = append(c.Layout, int8(layout))
	for _, column := range [...]*[]float64{&c.Min, &c.Max, &c.Count} {
		if err := r.expect(','); err != nil {
			return err
		}
		v, err := r.float()
		if err != nil {
			return err
		}
		*column = append(*column, v)
	}
	return r.expect(']')
}
