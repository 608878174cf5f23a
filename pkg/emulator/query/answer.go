package query

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Members is a list that is there even when it is empty, as AWS sends it.
type Members[T any] struct {
	Items []T `xml:"member"`
}

// List makes Members.
func List[T any](items []T) Members[T] { return Members[T]{items} }

// Time is a time as it stands in XML.
func Time(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Write answers <operation>Response with a result, or without one where result
// is nil.
func Write(w http.ResponseWriter, operation, namespace, requestID string, result any) error {
	var b bytes.Buffer
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	response := xml.StartElement{
		Name: xml.Name{Local: operation + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespace}},
	}
	err := enc.EncodeToken(response)
	if err == nil && result != nil {
		err = enc.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: operation + "Result"}})
	}
	if err == nil {
		err = enc.EncodeElement(struct {
			RequestID string `xml:"RequestId"`
		}{requestID}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	}
	if err == nil {
		err = enc.EncodeToken(response.End())
	}
	if err == nil {
		err = enc.Flush()
	}
	if err != nil {
		return fmt.Errorf("encode the answer to %s: %w", operation, err)
	}
	b.WriteByte('\n')
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // a client that has gone is not an error of ours
	return nil
}
