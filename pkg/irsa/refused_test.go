package irsa

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

// refusing answers one action with an error of AWS, and lets the rest through.
type refusing struct {
	next   http.RoundTripper
	action string // of the query protocol, or the path's beginning
	status int
	header string
	body   string
}

func (f *refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(orEmpty(r.Body))
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body))
	if form.Get("Action") != f.action && r.Method+" "+r.URL.Path != f.action {
		return f.next.RoundTrip(r)
	}
	h := http.Header{"X-Amzn-Requestid": {"req-1"}, "X-Amzn-Errortype": {f.header}}
	return &http.Response{StatusCode: f.status, Header: h, Body: io.NopCloser(bytes.NewReader([]byte(f.body))), Request: r}, nil
}

func orEmpty(r io.Reader) io.Reader {
	if r == nil {
		return http.NoBody
	}
	return r
}

func iamError(code, message string) string {
	return fmt.Sprintf(`<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`, code, message)
}

// What the user sees of each class of AWS's errors: testdata/refused.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		refusing
		kind amp.Kind
	}{
		"throttled": {refusing{action: "CreateRole", status: 400, body: iamError("Throttling", "Rate exceeded")}, amp.KindThrottled},
		"denied": {refusing{
			action: "CreateRole", status: 403,
			body: iamError("AccessDenied", "User: arn:aws:iam::123456789012:user/u is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/ampkit-prod-ingest because no identity-based policy allows the iam:CreateRole action"),
		}, amp.KindAccessDenied},
		"denied_by_boundary": {refusing{action: "AttachRolePolicy", status: 403, body: iamError("AccessDenied", "Not today")}, amp.KindAccessDenied},
		"not_found":          {refusing{action: "AttachRolePolicy", status: 404, body: iamError("NoSuchEntity", "The role with name ampkit-prod-ingest cannot be found.")}, amp.KindNotFound},
		"conflict":           {refusing{action: "CreateRole", status: 409, body: iamError("EntityAlreadyExists", "Role with name ampkit-prod-ingest already exists.")}, amp.KindConflict},
		"concurrent":         {refusing{action: "CreatePolicy", status: 409, body: iamError("ConcurrentModification", "The policy is being modified.")}, amp.KindConflict},
		"quota":              {refusing{action: "AttachRolePolicy", status: 409, body: iamError("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")}, amp.KindQuota},
		"malformed":          {refusing{action: "CreatePolicy", status: 400, body: iamError("MalformedPolicyDocument", "Syntax errors in policy.")}, amp.KindBadRequest},
		"expired":            {refusing{action: "GetRole", status: 403, body: iamError("ExpiredToken", "The security token included in the request is expired")}, amp.KindTokenExpired},
		"failure":            {refusing{action: "GetRole", status: 500, body: iamError("ServiceFailure", "Internal failure")}, amp.KindServer},
		"eks_denied":         {refusing{action: "GET /clusters/prod", status: 403, header: "AccessDeniedException", body: `{"message":"User: arn:aws:iam::123456789012:user/u is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:us-east-1:123456789012:cluster/prod"}`}, amp.KindAccessDenied},
		"eks_not_found":      {refusing{action: "GET /clusters/prod", status: 404, header: "ResourceNotFoundException", body: `{"message":"No cluster found for name: prod."}`}, amp.KindNotFound},
		"eks_conflict":       {refusing{action: "POST /clusters/prod/pod-identity-associations", status: 409, header: "ResourceInUseException", body: `{"message":"Association already exists: a-1"}`}, amp.KindConflict},
		"eks_quota":          {refusing{action: "POST /clusters/prod/pod-identity-associations", status: 400, header: "ResourceLimitExceededException", body: `{"message":"The maximum number of associations is reached"}`}, amp.KindQuota},
		"eks_throttled":      {refusing{action: "GET /clusters/prod", status: 429, header: "ThrottlingException", body: `{"message":"Rate exceeded"}`}, amp.KindThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, withPodIdentity)
			tt.next = w.wire.next
			w.wire.next = &tt.refusing
			_, err := w.apply()
			require.True(t, amp.IsKind(err, tt.kind), "%v", err)
			golden.Assert(t, err.Error()+"\n", "refused/"+name+".txt")

			w.wire.next = tt.next
			w.mustApply() // goes on from there
			require.Empty(t, w.mustApply().Steps)
		})
	}
}

// A cable that is pulled is told as such, not as something missing.
func TestNoAnswerIsNotNotFound(t *testing.T) {
	w := newWorld(t)
	w.wire.cut(1, false)
	_, err := w.apply()
	require.True(t, amp.IsKind(err, amp.KindNetwork), "%v", err)
	require.ErrorIs(t, err, errCut)
	require.Zero(t, w.has()["roles"])
}
