package promjson

import (
	"strconv"
)

// floatSamples reads samples behind the opening bracket of their array.
func (r *reader) floatSamples() error {
	for first := true; ; first = false {
		if more, err := r.next(first, ']'); err != nil || !more {
			return err
		}
		if err := r.floatSample(); err != nil {
			return err
		}
		r.usualSamples()
	}
}

// usualSamples reads on behind a sample as long as the window has samples of the usual form and there is room for
// them. It is where most of the time goes.
func (r *reader) usualSamples() {
	f := &r.current.Rest.Floats
	times, values := f.Millis, f.Values
	window, at := r.window[:r.end], r.pos
	for len(times) < maxRows-1 && len(window)-at > len(ahead{}) && window[at] == ',' {
		millis, value, n := (*ahead)(window[at+1:]).sample()
		if n == 0 {
			break
		}
		times, values = append(times, millis), append(values, value)
		at += 1 + n
	}
	r.current.NumFloats += len(times) - len(f.Millis)
	f.Millis, f.Values = times, values
	r.pos = at
}

// sample reads [timestamp,"value"] without white space; n is 0 where it is something else.
func (b *ahead) sample() (millis int64, value float64, n int) {
	if b[0] != '[' {
		return 0, 0, 0
	}
	// Most timestamps have ten digits, the years 2001 to 2286, and no decimals.
	text, foreign := load(b[1:])
	tens, ones := uint64(b[9]-'0'), uint64(b[10]-'0')
	seconds := eightDigits(text)*100 + tens*10 + ones
	millis, n = int64(seconds)*1000, 11
	if foreign != 0 || tens > 9 || ones > 9 || b[11] != ',' || seconds-1e9 > maxMillis/1000-1e9 {
		if millis, n = b.millis(); n == 0 || n > len(b)-2 || b[n] != ',' {
			return 0, 0, 0
		}
	}
	if b[n+1] != '"' {
		return 0, 0, 0
	}
	if value, n = b.float(n + 2); n == 0 || n > len(b)-2 || b[n+1] != ']' {
		return 0, 0, 0
	}
	return millis, value, n + 2
}

func (r *reader) addFloat(millis int64, value float64) error {
	f := &r.current.Rest.Floats
	f.Millis, f.Values = append(f.Millis, millis), append(f.Values, value)
	r.current.NumFloats++
	if len(f.Millis) == maxRows {
		return r.handOn()
	}
	return nil
}

// handOn gives the gathered rows to the sink.
func (r *reader) handOn() error {
	err := r.sink.Rows(&r.current)
	r.current.Rest.reset()
	return err
}

func (r *reader) floatSample() error {
	if r.ahead(len(ahead{})) {
		if millis, value, n := (*ahead)(r.window[r.pos:]).sample(); n > 0 {
			r.pos += n
			return r.addFloat(millis, value)
		}
	}
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
	if err := r.addFloat(millis, value); err != nil {
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
	if r.ahead(len(ahead{})) && r.window[r.pos] == '"' {
		if v, end := (*ahead)(r.window[r.pos:]).float(1); end > 0 {
			r.pos += end + 1
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
