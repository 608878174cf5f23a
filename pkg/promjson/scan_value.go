package promjson

import "encoding/json"

// maxDepth is how deep a skipped value may be nested: the limit of encoding/json, which the reference reader has.
const maxDepth = 10_000

// span is a part of the window, from the mark on.
type span struct{ from, to int }

// stringSpan consumes a string and says where it is, without its quotes. It needs a mark. A plain one is as
// plainLen has it: its text is its value.
func (s *scanner) stringSpan() (where span, plain bool, err error) {
	if err := s.expect('"'); err != nil {
		return where, false, err
	}
	from := s.pos - s.mark
	plain = true
	for {
		for {
			if s.pos += plainLen(s.window[s.pos:s.end]); s.pos == s.end {
				break
			}
			switch c := s.window[s.pos]; {
			case c == '"':
				where = span{from, s.pos - s.mark}
				s.pos++
				return where, plain, nil
			case c == '\\':
				plain = false
				if err := s.escape(); err != nil {
					return where, false, err
				}
			case c < ' ':
				return where, false, s.failf("%q in a string", c)
			default:
				plain = false
				s.pos++
			}
		}
		if !s.more() {
			return where, false, s.ended()
		}
	}
}

// escape consumes a backslash and what it escapes.
func (s *scanner) escape() error {
	s.ahead(2)
	if s.end-s.pos < 2 {
		s.pos = s.end
		return s.ended()
	}
	s.pos += 2
	switch c := s.window[s.pos-1]; c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		for range 4 {
			s.ahead(1)
			if s.pos == s.end {
				return s.ended()
			}
			if c := s.window[s.pos]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
				return s.failf("%q in an escape", c)
			}
			s.pos++
		}
		return nil
	default:
		return s.failf("escape of %q", c)
	}
}

// text consumes a string and returns its value, valid until the next call.
func (s *scanner) text() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.mark = s.pos
	where, plain, err := s.stringSpan()
	if err != nil {
		return nil, err
	}
	marked := s.window[s.mark:]
	s.mark = noMark
	if plain {
		return marked[where.from:where.to], nil
	}
	return unquote(marked[where.from-1 : where.to+1])
}

// unquote is the value of a string that was scanned already. What it does with lone surrogates and bytes that are no
// UTF-8 is encoding/json's.
func unquote(quoted []byte) ([]byte, error) {
	var value string
	if err := json.Unmarshal(quoted, &value); err != nil {
		return nil, err
	}
	return []byte(value), nil
}

// number consumes a number and returns its text, valid until the next call.
func (s *scanner) number() ([]byte, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c != '-' && (c < '0' || c > '9') {
		return nil, s.failf("%q in place of a number", c)
	}
	outer := s.mark
	if outer == noMark {
		s.mark = s.pos
	}
	from := s.pos - s.mark
	for {
		for s.pos < s.end && isNumberByte(s.window[s.pos]) {
			s.pos++
		}
		if s.pos < s.end || !s.more() {
			break
		}
	}
	text := s.window[s.mark+from : s.pos]
	if outer == noMark {
		s.mark = noMark
	}
	if !json.Valid(text) {
		if s.pos == s.end {
			return nil, s.ended()
		}
		return nil, s.failf("%q is not a number", text)
	}
	return text, nil
}

func isNumberByte(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// raw consumes any value and returns its text, valid until the next call.
func (s *scanner) raw() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.mark = s.pos
	err := s.skip(maxDepth)
	text := s.window[s.mark:s.pos]
	s.mark = noMark
	return text, err
}

// skip consumes any value that is nested at most depth deep.
func (s *scanner) skip(depth int) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch c {
	case '{', '[':
		if depth == 0 {
			return s.failf("nested deeper than %d", maxDepth)
		}
		s.pos++
		return s.skipInside(c == '{', depth-1)
	case '"':
		_, _, err := s.stringSpan()
		return err
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	_, err = s.number()
	return err
}

// skipInside consumes an object or array behind its opening.
func (s *scanner) skipInside(object bool, depth int) error {
	closing := byte(']')
	if object {
		closing = '}'
	}
	for first := true; ; first = false {
		if more, err := s.next(first, closing); err != nil || !more {
			return err
		}
		if object {
			if _, _, err := s.stringSpan(); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
		}
		if err := s.skip(depth); err != nil {
			return err
		}
	}
}

func (s *scanner) literal(want string) error {
	s.ahead(len(want))
	have := s.window[s.pos:min(s.end, s.pos+len(want))]
	switch {
	case string(have) == want:
		s.pos += len(want)
		return nil
	case len(have) < len(want) && string(have) == want[:len(have)]:
		s.pos = s.end
		return s.ended()
	}
	return s.failf("%q in place of %s", have, want)
}

// next says whether another element follows in the array or object that ends with closing, and consumes the comma
// before it or the closing. A comma before closing is found out by who reads the element.
func (s *scanner) next(first bool, closing byte) (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == closing:
		s.pos++
		return false, nil
	case first:
		return true, nil
	case c == ',':
		s.pos++
		return true, nil
	}
	return false, s.failf("%q in place of a comma or %q", c, closing)
}

// isNull consumes null, if that is what comes.
func (s *scanner) isNull() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 'n' {
		return false, err
	}
	return true, s.literal("null")
}

// field is a known key.
type field uint8

const (
	unknownField field = iota
	statusField
	dataField
	errorField
	errorTypeField
	warningsField
	infosField
	resultTypeField
	resultField
	statsField
	metricField
	valueField
	valuesField
	histogramField
	histogramsField
	bucketsField
)

// fieldOf is the field of a key. The compiler's switch is faster than a map.
func fieldOf(key []byte) field { //nolint:cyclop // a table
	switch string(key) {
	case "status":
		return statusField
	case "data":
		return dataField
	case "error":
		return errorField
	case "errorType":
		return errorTypeField
	case "warnings":
		return warningsField
	case "infos":
		return infosField
	case "resultType":
		return resultTypeField
	case "result":
		return resultField
	case "stats":
		return statsField
	case "metric":
		return metricField
	case "value":
		return valueField
	case "values":
		return valuesField
	case "histogram":
		return histogramField
	case "histograms":
		return histogramsField
	case "buckets":
		return bucketsField
	}
	return unknownField
}

// fieldSet remembers which known keys an object had.
type fieldSet uint32

// key consumes a key and its colon. Of the known ones, which the object may have once, it says which it is.
func (s *scanner) key(known fieldSet, seen *fieldSet) (field, error) {
	text, err := s.text()
	if err != nil {
		return unknownField, err
	}
	f := fieldOf(text)
	if known&(1<<f) == 0 {
		f = unknownField
	}
	if f != unknownField {
		if *seen&(1<<f) != 0 {
			return f, s.failf("%q a second time", text)
		}
		*seen |= 1 << f
	}
	return f, s.expect(':')
}

func setOf(known ...field) (set fieldSet) {
	for _, f := range known {
		set |= 1 << f
	}
	return set
}
