package vpcendpoint

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
)

// refusing answers one action with an error of EC2, and lets the rest through.
type refusing struct {
	next    http.RoundTripper
	action  string
	status  int
	code    string
	message string
}

func (f *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil || form.Get("Action") != f.action {
		return f.next.RoundTrip(r)
	}
	// The form of the EC2 API reference, "Error codes".
	answer := fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>req-1</RequestID></Response>`, f.code, f.message)
	return &http.Response{StatusCode: f.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewBufferString(answer)), Request: r}, nil
}

// What the user sees of each class of EC2's errors: testdata/refused.
func TestRefusals(t *testing.T) {
	const user = "User: arn:aws:iam::123456789012:user/u is not authorized to perform: "
	for name, tt := range map[string]struct {
		refusing
		kind amp.Kind
	}{
		"throttled":       {refusing{action: "CreateVpcEndpoint", status: 503, code: "RequestLimitExceeded", message: "Request limit exceeded."}, amp.KindThrottled},
		"throttled_list":  {refusing{action: "DescribeVpcEndpoints", status: 503, code: "RequestLimitExceeded", message: "Request limit exceeded."}, amp.KindThrottled},
		"quota":           {refusing{action: "CreateVpcEndpoint", status: 400, code: "VpcEndpointLimitExceeded", message: "The maximum number of VPC endpoints has been reached."}, amp.KindQuota},
		"denied":          {refusing{action: "CreateVpcEndpoint", status: 403, code: "UnauthorizedOperation", message: "You are not authorized to perform this operation. " + user + "ec2:CreateVpcEndpoint on resource: arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a3f5c7e9b1d20001 because no identity-based policy allows the ec2:CreateVpcEndpoint action"}, amp.KindAccessDenied},
		"denied_list":     {refusing{action: "DescribeVpcEndpoints", status: 403, code: "UnauthorizedOperation", message: "You are not authorized to perform this operation."}, amp.KindAccessDenied},
		"not_found":       {refusing{action: "DescribeVpcAttribute", status: 400, code: "InvalidVpcID.NotFound", message: "The vpc ID 'vpc-0a3f5c7e9b1d20001' does not exist"}, amp.KindNotFound},
		"subnet_missing":  {refusing{action: "CreateVpcEndpoint", status: 400, code: "InvalidSubnetID.NotFound", message: "The subnet ID 'subnet-0a3f5c7e9b1d20011' does not exist"}, amp.KindNotFound},
		"conflict":        {refusing{action: "CreateVpcEndpoint", status: 400, code: "IncorrectState", message: "The VPC is being changed."}, amp.KindConflict},
		"dns_name_taken":  {refusing{action: "CreateVpcEndpoint", status: 400, code: "InvalidParameter", message: "private-dns-enabled cannot be set because there is already a conflicting DNS domain for aps-workspaces.us-east-1.amazonaws.com in the VPC vpc-0a3f5c7e9b1d20001"}, amp.KindBadRequest},
		"keys_of_nobody":  {refusing{action: "DescribeVpcEndpoints", status: 401, code: "AuthFailure", message: "AWS was not able to validate the provided access credentials"}, amp.KindTokenInvalid},
		"clock":           {refusing{action: "DescribeVpcEndpoints", status: 400, code: "RequestExpired", message: "Request has expired."}, amp.KindClockSkew},
		"failure_of_aws":  {refusing{action: "CreateVpcEndpoint", status: 500, code: "InternalError", message: "An internal error has occurred"}, amp.KindServer},
		"not_at_the_time": {refusing{action: "CreateVpcEndpoint", status: 503, code: "Unavailable", message: "The server is overloaded and can't handle the request."}, amp.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			c, w := newClient(t)
			tt.next, w.next = w.next, &tt.refusing
			_, err := apply(t, c, example())
			require.True(t, amp.IsKind(err, tt.kind), "%v", err)
			golden.Assert(t, err.Error()+"\n", "refused/"+name+".txt")

			w.next = tt.next
			_, err = apply(t, c, example()) // goes on from there
			require.NoError(t, err)
			plan, err := apply(t, c, example())
			require.NoError(t, err)
			require.Empty(t, plan.Steps)
		})
	}
}
