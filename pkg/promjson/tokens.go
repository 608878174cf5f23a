package promjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// tokens reads JSON with encoding/json, a token at a time.
type tokens struct {
	dec *json.Decoder
	// start is where the decoder's input begins in the whole answer.
	start int64
}

func newTokens(r io.Reader, start int64) *tokens {
	dec := json.NewDecoder(r)
	dec.UseNumber()
	return &tokens{dec: dec, start: start}
}

func (t *tokens) offset() int64 { return t.start + t.dec.InputOffset() }

// fail gives err its place in the answer, once.
func (t *tokens) fail(err error) error {
	var placed *FormatError
	if errors.As(err, &placed) {
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &FormatError{Offset: t.offset(), Err: err}
}

func (t *tokens) failf(format string, args ...any) error {
	return t.fail(fmt.Errorf(format, args...))
}

func (t *tokens) delim(want json.Delim) error {
	tok, err := t.dec.Token()
	if err != nil {
		return t.fail(err)
	}
	if tok != want {
		return t.failf("%v in place of %q", tok, want)
	}
	return nil
}

// delimOrNull is false for null, where Go's encoders write that for an empty list.
func (t *tokens) delimOrNull(want json.Delim) (bool, error) {
	tok, err := t.dec.Token()
	if err != nil {
		return false, t.fail(err)
	}
	if tok != nil && tok != want {
		return false, t.failf("%v in place of %q", tok, want)
	}
	return tok != nil, nil
}

func (t *tokens) string() (string, error) {
	tok, err := t.dec.Token()
	if err != nil {
		return "", t.fail(err)
	}
	s, ok := tok.(string)
	if !ok {
		return "", t.failf("%v in place of a string", tok)
	}
	return s, nil
}

func (t *tokens) number() (string, error) {
	tok, err := t.dec.Token()
	if err != nil {
		return "", t.fail(err)
	}
	n, ok := tok.(json.Number)
	if !ok {
		return "", t.failf("%v in place of a number", tok)
	}
	return n.String(), nil
}

// object reads an object whose known keys have a reader each; others are skipped.
func (t *tokens) object(known map[string]func() error) error {
	if err := t.delim('{'); err != nil {
		return err
	}
	return t.members(known)
}

// members is an object behind its opening brace.
func (t *tokens) members(known map[string]func() error) error {
	seen := make(map[string]bool, len(known))
	for t.dec.More() {
		key, err := t.string()
		if err != nil {
			return err
		}
		read, ok := known[key]
		if !ok {
			if _, err := t.raw(); err != nil {
				return err
			}
			continue
		}
		if seen[key] {
			return t.failf("%q a second time", key)
		}
		seen[key] = true
		if err := read(); err != nil {
			return err
		}
	}
	return t.delim('}')
}

// array reads an array with one call for each element.
func (t *tokens) array(element func() error) error {
	if err := t.delim('['); err != nil {
		return err
	}
	return t.elements(element)
}

// elements is an array behind its opening bracket.
func (t *tokens) elements(element func() error) error {
	for t.dec.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return t.delim(']')
}

// raw is the next value as it stands.
func (t *tokens) raw() (json.RawMessage, error) {
	var raw json.RawMessage
	if err := t.dec.Decode(&raw); err != nil {
		return nil, t.fail(err)
	}
	return raw, nil
}

// end refuses anything behind the answer.
func (t *tokens) end() error {
	tok, err := t.dec.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return t.fail(err)
	}
	return t.failf("%v after the end of the answer", tok)
}

// timestamp is in milliseconds.
func (t *tokens) timestamp() (int64, error) {
	text, err := t.number()
	if err != nil {
		return 0, err
	}
	ms, err := parseTimestamp(text)
	if err != nil {
		return 0, t.fail(err)
	}
	return ms, nil
}

func (t *tokens) float() (float64, error) {
	text, err := t.string()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, t.failf("sample %w", err)
	}
	return v, nil
}

// maxMillis keeps timestamps within the nanoseconds of a frame's time column.
const maxMillis = math.MaxInt64 / 1_000_000

func parseTimestamp(text string) (int64, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("timestamp %w", err)
	}
	ms := math.Round(seconds * 1000)
	if math.Abs(ms) > maxMillis {
		return 0, fmt.Errorf("timestamp %s is out of range", text)
	}
	return int64(ms), nil
}
