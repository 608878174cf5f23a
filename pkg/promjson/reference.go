package promjson

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// ReadFrames reads the answer of query or query_range. It returns at least one frame: an empty result is one frame
// without fields. Errors are *FormatError or *StatusError, and then there are no frames.
//
// The reader is not closed. It is read to its end unless an error is found before.
func ReadFrames(r io.Reader, o Options) (data.Frames, error) {
	a := answer{tokens: newTokens(r, 0)}
	if err := a.envelope('{', a.data); err != nil {
		return nil, err
	}
	return a.frames(o), nil
}

// answer is what was read so far.
type answer struct {
	*tokens
	Outcome
	status  string
	failure StatusError
	series  []series
}

// envelope reads what is around the data of every answer. The data begins with open and is read from behind it.
func (a *answer) envelope(open json.Delim, read func() error) error {
	hasData := false
	err := a.object(map[string]func() error{
		"status":    a.text(&a.status),
		"error":     a.text(&a.failure.Message),
		"errorType": a.text(&a.failure.Type),
		"warnings":  a.notes(data.NoticeSeverityWarning, &a.Warnings),
		"infos":     a.notes(data.NoticeSeverityInfo, &a.Infos),
		"data": func() (err error) {
			if hasData, err = a.delimOrNull(open); err != nil || !hasData {
				return err
			}
			return read()
		},
	})
	if err != nil {
		return err
	}
	if err := a.end(); err != nil {
		return err
	}
	switch {
	case a.status == "error":
		a.failure.Offset = a.offset()
		return &a.failure
	case a.status != "success":
		return a.failf("status %q is neither success nor error", a.status)
	case !hasData:
		return a.failf("status success without data")
	}
	return nil
}

func (a *answer) text(into *string) func() error {
	return func() (err error) {
		*into, err = a.string()
		return err
	}
}

func (a *answer) notes(severity data.NoticeSeverity, into *[]data.Notice) func() error {
	return func() error {
		if some, err := a.delimOrNull('['); err != nil || !some {
			return err
		}
		return a.elements(func() error {
			text, err := a.string()
			*into = append(*into, data.Notice{Severity: severity, Text: text})
			return err
		})
	}
}

// data is the data of query and query_range.
func (a *answer) data() error {
	var early json.RawMessage // a result that came before its type
	var earlyStart int64
	hasResult := false
	err := a.members(map[string]func() error{
		"resultType": a.text(&a.Type),
		"result": func() (err error) {
			hasResult = true
			if a.Type != "" {
				return a.result()
			}
			early, err = a.raw()
			earlyStart = a.offset() - int64(len(early))
			return err
		},
		"stats": func() error {
			raw, err := a.raw()
			if err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &a.Stats); err != nil {
				return a.fail(err)
			}
			return nil
		},
	})
	switch {
	case err != nil:
		return err
	case !hasResult:
		return a.failf("data without a result")
	case early == nil:
		return nil
	}
	late := a.tokens
	defer func() { a.tokens = late }()
	a.tokens = newTokens(bytes.NewReader(early), earlyStart)
	return a.result()
}

// result reads what resultType says.
func (a *answer) result() error {
	switch a.Type {
	case matrixType, vectorType:
		return a.array(func() error {
			s, err := a.oneSeries(a.Type == vectorType)
			a.series = append(a.series, s)
			return err
		})
	case scalarType:
		return a.pair(&a.single.millis, func() (err error) {
			a.single.value, err = a.float()
			return err
		})
	case stringType:
		return a.pair(&a.single.millis, a.text(&a.single.text))
	}
	return a.failf("result type %q is unknown", a.Type)
}
