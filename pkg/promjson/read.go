package promjson

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/ampkit/ampkit/pkg/promjson/freelist"
)

// readers keeps the windows and columns of as many readers as there are queries at once on a busy day.
var readers = freelist.New[*reader](16, 30*time.Second)

// Read reads the answer of query or query_range and hands its series to sink. It takes and refuses what ReadFrames
// does, with the same types of error; since it hands on what it has read, an error may come after some series.
//
// It is safe for concurrent use with different inputs and sinks. The input is not closed.
func Read(input io.Reader, sink Sink) (Outcome, error) {
	r, ok := readers.Get()
	if !ok {
		r = &reader{}
	}
	defer r.release()
	r.reset(input)
	r.sink = sink
	return r.read()
}

// reader is one reading of one answer.
type reader struct {
	scanner
	sink Sink
	envelope
	seriesReader
}

// envelope is what was read so far, series aside.
type envelope struct {
	Outcome
	status  string
	failure StatusError
	hasData bool
	// seriesType is what the series turned out to be, empty before the first of them.
	seriesType string
	// resultIsSingle says that the result was [timestamp, "text"], emptyResult that it was [].
	resultIsSingle, emptyResult bool
}

// release gives the reader back without what it read.
func (r *reader) release() {
	r.sink, r.input, r.envelope = nil, nil, envelope{}
	if cap(r.set) > maxKeptWindow {
		r.set = nil
	}
	clear(r.current.Labels[:cap(r.current.Labels)])
	clear(r.distinct[:cap(r.distinct)])
	readers.Put(r)
}

func (r *reader) read() (Outcome, error) {
	if err := r.answer(); err != nil {
		return Outcome{}, err
	}
	if err := r.endOfInput(); err != nil {
		return Outcome{}, err
	}
	switch {
	case r.status == "error":
		r.failure.Offset = r.offset()
		failure := r.failure
		return Outcome{}, &failure
	case r.status != "success":
		return Outcome{}, r.failf("status %q is neither success nor error", r.status)
	case !r.hasData:
		return Outcome{}, r.failf("status success without data")
	}
	return r.Outcome, nil
}

var answerFields = setOf(statusField, dataField, errorField, errorTypeField, warningsField, infosField)

func (r *reader) answer() error {
	if err := r.expect('{'); err != nil {
		return err
	}
	var seen fieldSet
	for first := true; ; first = false {
		if more, err := r.next(first, '}'); err != nil || !more {
			return err
		}
		key, err := r.key(answerFields, &seen)
		if err != nil {
			return err
		}
		switch key {
		case statusField:
			r.status, err = r.textString()
		case errorField:
			r.failure.Message, err = r.textString()
		case errorTypeField:
			r.failure.Type, err = r.textString()
		case warningsField:
			r.Warnings, err = r.notices(data.NoticeSeverityWarning)
		case infosField:
			r.Infos, err = r.notices(data.NoticeSeverityInfo)
		case dataField:
			err = r.data()
		default:
			err = r.skip(maxDepth)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) textString() (string, error) {
	text, err := r.text()
	return string(text), err
}

func (r *reader) notices(severity data.NoticeSeverity) ([]data.Notice, error) {
	if null, err := r.isNull(); err != nil || null {
		return nil, err
	}
	if err := r.expect('['); err != nil {
		return nil, err
	}
	var notices []data.Notice
	for first := true; ; first = false {
		if more, err := r.next(first, ']'); err != nil || !more {
			return notices, err
		}
		text, err := r.textString()
		if err != nil {
			return nil, err
		}
		notices = append(notices, data.Notice{Severity: severity, Text: text})
	}
}

var dataFields = setOf(resultTypeField, resultField, statsField)

func (r *reader) data() error {
	if null, err := r.isNull(); err != nil || null {
		return err
	}
	r.hasData = true
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
			return r.agree(seen&setOf(resultField) != 0)
		}
		key, err := r.key(dataFields, &seen)
		if err != nil {
			return err
		}
		switch key {
		case resultTypeField:
			r.Type, err = r.textString()
		case resultField:
			err = r.result()
		case statsField:
			var raw []byte
			if raw, err = r.raw(); err == nil {
				if err = json.Unmarshal(raw, &r.Stats); err != nil {
					err = r.fail(err)
				}
			}
		default:
			err = r.skip(maxDepth)
		}
		if err != nil {
			return err
		}
	}
}

// result reads the result, whose type may yet be unknown: an array of objects is a matrix or vector, which the samples
// tell apart, and an array that begins with a number is a scalar or string.
func (r *reader) result() error {
	if err := r.expect('['); err != nil {
		return err
	}
	c, err := r.peek()
	if err != nil {
		return err
	}
	if c != '{' && c != ']' {
		r.resultIsSingle = true
		return r.singleSample()
	}
	r.emptyResult = c == ']'
	if r.isSeries() {
		r.seriesType = r.Type
	}
	for first := true; ; first = false {
		if more, err := r.next(first, ']'); err != nil || !more {
			return err
		}
		if err := r.series(); err != nil {
			return err
		}
	}
}

// singleSample reads [timestamp, "text"] behind its opening.
func (r *reader) singleSample() (err error) {
	if r.single.millis, err = r.timestamp(); err != nil {
		return err
	}
	if err := r.expect(','); err != nil {
		return err
	}
	if r.single.text, err = r.textString(); err != nil {
		return err
	}
	return r.expect(']')
}

// agree holds the result against its type.
func (r *reader) agree(hasResult bool) (err error) {
	switch {
	case !hasResult:
		return r.failf("data without a result")
	case r.isSeries():
		if r.resultIsSingle || !r.emptyResult && r.seriesType != r.Type {
			return r.failf("result type %q for another result", r.Type)
		}
		return nil
	case r.Type != scalarType && r.Type != stringType:
		return r.failf("result type %q is unknown", r.Type)
	case !r.resultIsSingle:
		return r.failf("result type %q for another result", r.Type)
	case r.Type == scalarType:
		if r.single.value, err = strconv.ParseFloat(r.single.text, 64); err != nil {
			return r.failf("sample %w", err)
		}
	}
	return nil
}
