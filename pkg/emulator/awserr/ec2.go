package awserr

import (
	"encoding/xml"
	"net/http"
)

// ec2Body is the error document of EC2's query protocol.
type ec2Body struct {
	XMLName xml.Name `xml:"Response"`
	Error   struct {
		Code, Message string
	} `xml:"Errors>Error"`
	RequestID string
}

// WriteEC2XML answers as EC2 does, which has its own names for what goes wrong
// with a signature or a permission.
func WriteEC2XML(w http.ResponseWriter, e *Error) {
	told := e
	switch e.Code {
	case MissingToken, IncompleteSignature, InvalidSignature, UnrecognizedClient:
		told = New(AuthFailure, "AWS was not able to validate the provided access credentials")
	case ExpiredToken:
		told = New(RequestExpired, "Request has expired.")
	case AccessDenied:
		told = New(UnauthorizedOperation, "You are not authorized to perform this operation. %s", e.Message)
	case Validation, ValidationError, MalformedPolicy:
		told = New(InvalidParameterEC2, "%s", e.Message)
	default: // EC2's own
	}
	var b ec2Body
	b.Error.Code, b.Error.Message, b.RequestID = string(told.Code), told.Message, Stamp(w.Header())
	if told.Code == Internal {
		b.Error.Code = "InternalError"
	}
	body, err := xml.MarshalIndent(b, "", "  ")
	if err != nil { // strings only: cannot happen
		panic(err)
	}
	write(w, told, told.Status, "text/xml;charset=UTF-8", append(body, '\n'))
}
