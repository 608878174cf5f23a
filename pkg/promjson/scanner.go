package promjson

import (
	"errors"
	"fmt"
	"io"
)

const (
	// windowSize is what the reader looks at in one piece of a large answer. Smaller ones cost more calls to the
	// network than they save in cache. Most answers are small and need no more than the first window.
	windowSize, firstWindow = 512 << 10, 64 << 10
	// maxKeptWindow is the largest window that is kept for the next answer: a long token makes it grow.
	maxKeptWindow = 2 * windowSize
)

// scanner reads JSON through a window that slides over the input. Positions and slices of the window are valid until
// the next call that may slide it, except from mark on, which sliding preserves.
type scanner struct {
	input io.Reader
	// window[pos:end] is what is read and not yet consumed.
	window   []byte
	pos, end int
	// before counts the bytes that slid out.
	before int64
	// mark is a position that must stay in the window with everything behind it; noMark is none.
	mark int
	// failed is the input's error, io.EOF among them.
	failed error
}

const noMark = -1

func (s *scanner) reset(input io.Reader) {
	if s.window == nil || len(s.window) > maxKeptWindow {
		s.window = make([]byte, firstWindow)
	}
	*s = scanner{input: input, window: s.window, mark: noMark}
}

func (s *scanner) offset() int64 { return s.before + int64(s.pos) }

// fail gives err its place in the answer.
func (s *scanner) fail(err error) error {
	return &FormatError{Offset: s.offset(), Err: err}
}

func (s *scanner) failf(format string, args ...any) error {
	return s.fail(fmt.Errorf(format, args...))
}

// more slides the window and reads on. It is false at the end of the input and at its error.
func (s *scanner) more() bool {
	if s.failed != nil {
		return false
	}
	keep := s.pos
	if s.mark != noMark {
		keep = s.mark
		s.mark = 0
	}
	old := s.window
	if s.end == len(old) && len(old) < windowSize {
		s.window = make([]byte, windowSize) // there is much to read
	}
	s.end = copy(s.window, old[keep:s.end])
	s.pos -= keep
	s.before += int64(keep)
	if s.end == len(s.window) {
		s.window = append(s.window, make([]byte, len(s.window))...)
	}
	for empty := 0; ; empty++ {
		n, err := s.input.Read(s.window[s.end:])
		s.end += n
		switch {
		case n > 0:
			s.failed = err
			return true
		case err != nil:
			s.failed = err
			return false
		case empty > 100:
			s.failed = io.ErrNoProgress
			return false
		}
	}
}

// ended is why there is nothing more.
func (s *scanner) ended() error {
	if errors.Is(s.failed, io.EOF) {
		return s.fail(io.ErrUnexpectedEOF)
	}
	return s.fail(s.failed)
}

// ahead tries to have n bytes in the window.
func (s *scanner) ahead(n int) bool {
	for s.end-s.pos < n {
		if !s.more() {
			return false
		}
	}
	return true
}

// peek skips white space and looks at the byte behind it.
func (s *scanner) peek() (c byte, err error) {
	if s.pos < s.end {
		c = s.window[s.pos]
	}
	if c > ' ' {
		return c, nil
	}
	return s.peekFar()
}

func (s *scanner) peekFar() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.window[s.pos]; c {
			case ' ', '\n', '\t', '\r':
				s.pos++
			default:
				return c, nil
			}
		}
		if !s.more() {
			return 0, s.ended()
		}
	}
}

// expect skips white space and consumes the byte behind it, which must be this one.
func (s *scanner) expect(want byte) error {
	if s.pos == s.end || s.window[s.pos] != want {
		return s.expectFar(want)
	}
	s.pos++
	return nil
}

func (s *scanner) expectFar(want byte) error {
	c, err := s.peekFar()
	if err != nil {
		return err
	}
	if c != want {
		return s.failf("%q in place of %q", c, want)
	}
	s.pos++
	return nil
}

// endOfInput refuses everything but white space.
func (s *scanner) endOfInput() error {
	c, err := s.peek()
	switch {
	case err == nil:
		return s.failf("%q after the end of the answer", c)
	case errors.Is(s.failed, io.EOF):
		return nil
	}
	return err
}
