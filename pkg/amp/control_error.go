package amp

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// explain makes an *Error of what the SDK returned.
func (c *ControlPlane) explain(err error, action, workspace string) *Error {
	ep := c.endpoint
	ep.Workspace = workspace
	var api smithy.APIError
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || !errors.As(err, &api) {
		return c.noAnswer(err, action)
	}
	e := &Error{
		Status: answer.HTTPStatusCode(), Message: api.ErrorMessage(), Code: shapeName(api.ErrorCode()),
		RequestID: answer.ServiceRequestID(), Action: action, Err: err,
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.Status)
	}
	if date, parseErr := http.ParseTime(answer.Response.Header.Get("Date")); parseErr == nil {
		e.Skew = time.Until(date).Round(time.Second)
	}
	e.Kind = classify(e.Status, e.Code, said{text: e.Message})
	e.Remedy = remedy(e, Context{Endpoint: ep})
	if e.Kind == KindThrottled {
		e.Remedy = "AWS takes no more requests of this kind for now: try again in a minute"
	}
	return e
}

// noAnswer says of the control plane, which has an address of its own, what has
// to be done to reach it.
func (c *ControlPlane) noAnswer(err error, action string) *Error {
	var sent *url.Error
	if errors.As(err, &sent) {
		// What the SDK wraps around it says nothing more.
		if err = sent.Err; !strings.Contains(err.Error(), c.host) {
			err = fmt.Errorf("%s: %w", c.host, err)
		}
	}
	e := NoAnswer(err, Context{Endpoint: c.endpoint})
	e.Action = action
	if (e.Kind == KindNetwork || e.Kind == KindTimeout) && !c.endpoint.Custom {
		e.Remedy = fmt.Sprintf("check the network and its proxy; a VPC without internet needs an endpoint of its own for workspaces' management, com.amazonaws.%s.aps", c.endpoint.Region)
	}
	return e
}
