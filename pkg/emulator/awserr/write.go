package awserr

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"net/http"
	"strconv"

	"github.com/google/uuid"
)

// The response headers by which every answer of AWS is known.
const (
	RequestIDHeader = "X-Amzn-Requestid"
	errorTypeHeader = "X-Amzn-Errortype"
)

// Stamp gives the answer a request id, unless it has one, and the server name.
// Handlers call it before anything else so that good answers carry both too.
func Stamp(h http.Header) (requestID string) {
	h.Set("Server", "amazon")
	if id := h.Get(RequestIDHeader); id != "" {
		return id
	}
	id := uuid.NewString()
	h.Set(RequestIDHeader, id)
	return id
}

// WriteDataPlane answers as the workspaces' Prometheus API does: a short JSON
// object whose only member is message or Message, or the bare text, by code.
func WriteDataPlane(w http.ResponseWriter, e *Error) {
	s := specs[e.Code]
	var body []byte
	contentType := "application/json"
	switch s.style {
	case upper:
		body = encode(struct{ Message string }{e.Message})
	case plain:
		body, contentType = []byte(e.Message), "text/plain; charset=utf-8"
	default:
		body = encode(struct {
			Message string `json:"message"`
		}{e.Message})
	}
	if s.style != plain {
		w.Header().Set(errorTypeHeader, string(e.Code))
	}
	write(w, e, e.Status, contentType, body)
}

// restBody is the union of the members of the errors in service/amp's model.
type restBody struct {
	Message      string  `json:"message"`
	ResourceID   string  `json:"resourceId,omitempty"`
	ResourceType string  `json:"resourceType,omitempty"`
	ServiceCode  string  `json:"serviceCode,omitempty"`
	QuotaCode    string  `json:"quotaCode,omitempty"`
	Reason       string  `json:"reason,omitempty"`
	FieldList    []Field `json:"fieldList,omitempty"`
}

// WriteREST answers as the control plane does: the error's name in
// x-amzn-ErrorType, its members in the body.
func WriteREST(w http.ResponseWriter, e *Error) {
	w.Header().Set(errorTypeHeader, string(e.Code))
	write(w, e, e.Status, "application/json", encode(restBody{
		Message: e.Message, ResourceID: e.ResourceID, ResourceType: e.ResourceType,
		ServiceCode: e.ServiceCode, QuotaCode: e.QuotaCode, Reason: e.Reason, FieldList: e.Fields,
	}))
}

// queryBody is the error document of the query protocol.
type queryBody struct {
	XMLName xml.Name `xml:"ErrorResponse"`
	XMLNS   string   `xml:"xmlns,attr"`
	Error   struct {
		Type, Code, Message string
	}
	RequestID string `xml:"RequestId"`
}

// WriteQueryXML answers as STS and IAM do; xmlns is the service's namespace,
// for example "https://sts.amazonaws.com/doc/2011-06-15/".
func WriteQueryXML(w http.ResponseWriter, e *Error, xmlns string) {
	s := specs[e.Code]
	var b queryBody
	b.XMLNS, b.RequestID = xmlns, Stamp(w.Header())
	b.Error.Type, b.Error.Code, b.Error.Message = "Sender", s.query, e.Message
	if s.query == "" {
		b.Error.Code = string(e.Code)
	}
	if e.Status >= http.StatusInternalServerError {
		b.Error.Type = "Receiver"
	}
	if e.Code == UnrecognizedClient {
		b.Error.Message += "." // STS and IAM end this sentence, the data plane does not
	}
	if e.Code == MissingToken {
		b.Error.Message = "Request is missing Authentication Token" // and begin this one
	}
	status := e.Status
	if s.queryStatus != 0 {
		status = s.queryStatus
	}
	body, err := xml.MarshalIndent(b, "", "  ")
	if err != nil { // strings only: cannot happen
		panic(err)
	}
	write(w, e, status, "text/xml", append(body, '\n'))
}

func write(w http.ResponseWriter, e *Error, status int, contentType string, body []byte) {
	h := w.Header()
	Stamp(h)
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone is not an error of ours
}

func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)              // ARNs of roles may hold <, > and &
	if err := enc.Encode(v); err != nil { // strings only: cannot happen
		panic(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
