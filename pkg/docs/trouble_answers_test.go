package docs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

const requestID = "0a1b2c3d-4e5f-6789-abcd-ef0123456789"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// answered is the error of an answer of AMP.
func answered(t *testing.T, status int, path, body string, more ...string) string {
	t.Helper()
	h := http.Header{"X-Amzn-Requestid": {requestID}}
	for i := 0; i+1 < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	resp := &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
	return amp.Decode(resp, amp.Context{Endpoint: endpoint(t), Path: path, Now: noon}).Error()
}

func answerTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "AMP refuses", intro: "The status, AMP's own words whole, what to do, and the request id that AWS support asks for. Grafana gets the same status, so that alert rules and panels show an error and never \"No data\"."}
	add := func(help string, status int, path, body string, more ...string) {
		t.Helper()
		s.troubles = append(s.troubles, trouble{answered(t, status, path, body, more...), help})
	}
	const (
		session  = "arn:aws:sts::123456789012:assumed-role/grafana-query/ampkit"
		resource = "arn:aws:aps:eu-central-1:123456789012:workspace/" + exampleID
	)
	add("Attach a policy with this action to the role; the managed policy `AmazonPrometheusQueryAccess` has the four for reading. A policy that was changed just now takes some seconds.",
		403, "query", `{"Message":"User: `+session+` is not authorized to perform: aps:QueryMetrics on resource: `+resource+`"}`)
	add("No *allow* helps against a *deny*: it is in the role's own policy, a permissions boundary, a service control policy or the VPC endpoint's policy.",
		403, "query", `{"Message":"User: `+session+` is not authorized to perform: aps:QueryMetrics on resource: `+resource+` with an explicit deny in an identity-based policy"}`)
	add("Either the request had no signature (a proxy may have removed the header), or the path after the workspace's id is none of AMP's.", 403, "query", `{"message":"Missing Authentication Token"}`)
	add("With keys, enter the secret again. With a role, look for a proxy between Grafana and AWS that changes headers or paths.", 403, "query", `{"message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method."}`)
	add("Mostly `sigV4Region` was set by hand, or `sigv4Service` is not `aps`.", 403, "query", `{"message":"Credential should be scoped to a valid region. "}`)
	add("A key that was deleted or deactivated, a session token of other keys, or a region that is not enabled in the account.", 403, "query", `{"message":"The security token included in the request is invalid"}`)
	add("Keys with a session token were stored in the data source. They last for hours at most: use a role.", 403, "query", `{"message":"The security token included in the request is expired"}`)
	add("AWS takes no signature that is more than five minutes off. Virtual machines lose time when they are suspended.", 403, "query", `{"message":"Signature expired: 20260301T114500Z is now earlier than 20260301T115500Z (20260301T120000Z - 5 min.)"}`, "Date", noon.Add(15*time.Minute).Format(http.TimeFormat))
	add("The same, with a clock that is ahead.", 403, "query", `{"message":"Signature not yet current: 20260301T121500Z is still later than 20260301T120500Z (20260301T120000Z + 5 min.)"}`, "Date", noon.Add(-15*time.Minute).Format(http.TimeFormat))
	add("A refusal whose words are not known to this version.", 403, "query", `{"message":"Forbidden"}`)
	add("The workspace was deleted, or id, region and account do not belong together. AMP says it to other accounts' credentials, too.", 404, "query", `Workspace not found`)
	add("The URL must end after the workspace's id.", 404, "query", `404 page not found`)
	add("The expression is wrong; the message has the place. Nothing to set up.", 400, "query", `{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unexpected end of input"}`)
	add("From writers: AMP takes samples of the last hour, in order, or as far apart as the workspace's out-of-order window allows. The samples in question are dropped.", 400, "remote_write", `out of order sample`)
	add("From writers: lower `max_samples_per_send` in Prometheus' `queue_config`.", 413, "remote_write", `Request Entity Too Large`)
	add("Too many samples, or over a minute. Narrow the label matchers first, then the range; use a recording rule for what is shown often. See [query.md](query.md#limits).", 422, "query", `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`)
	add("It was sent again up to three times already, as far as the data source's timeout allowed. Fewer panels at once, longer refresh intervals, or a higher quota.", 429, "query", `{"message":"Rate exceeded"}`)
	add("The same in a writer's words. A Prometheus sends again by itself.", 429, "remote_write", `ingestion rate limit (70000) exceeded while adding 1000 samples and 0 metadata`)
	add("Sent again already, too.", 503, "query", `<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>`)
	add("The query's own time ran out.", 503, "query", `{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}`)
	add("A fault inside the service. The request id is what AWS support wants to know.", 500, "query", `{"message":"Internal server error"}`)
	add("Something between Grafana and AMP answers in its place: a login page, a captive portal, a load balancer.", 302, "query", ``, "Location", "https://login.example.com/")
	s.troubles = append(s.troubles, trouble{amp.Skewed(-11 * time.Minute).Error(), "From Save & test and the doctor, before anything was refused for it."})
	return s
}

func networkTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "AMP is not reached", intro: "No answer came. `ampkit doctor` shows which address the name has, and whether it is a private one."}
	ep := endpoint(t)
	host := ep.Base.Host
	add := func(err error, help string) {
		t.Helper()
		s.troubles = append(s.troubles, trouble{amp.NoAnswer(err, amp.Context{Endpoint: ep, Path: "query"}).Error(), help})
	}
	add(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: host}}, "`ampkit vpc-endpoint apply` makes the endpoints. Private DNS also needs *DNS hostnames* and *DNS support* switched on in the VPC.")
	add(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errors.New("connection refused"))}, "The security group of the VPC endpoint must let 443/tcp in from Grafana's nodes. Grafana hands `HTTPS_PROXY` and `NO_PROXY` on to plugins.")
	add(&net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded}, "The same, where packets are dropped in place of being refused: a security group, or no route to the endpoint.")
	add(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "i/o timeout", Name: host, IsTimeout: true}}, "In Kubernetes mostly CoreDNS, or a network policy that keeps the pod from it.")
	add(&url.Error{Op: "Post", URL: "https://" + host, Err: x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired, Detail: "…"}}, "AWS renews its certificates in time; a proxy that opens TLS may not.")
	add(&url.Error{Op: "Post", URL: "https://" + host, Err: x509.UnknownAuthorityError{}}, "A proxy that opens TLS has an authority of its own.")
	add(&url.Error{Op: "Post", URL: "https://" + host, Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"*.vpce.amazonaws.com"}}, Host: host}}, "Give a VPC endpoint's name as `sigV4Endpoint`, not in place of the URL.")
	add(context.DeadlineExceeded, "`timeout` of the data source is for the request with its retries, `queryTimeout` is what AMP is told.")
	add(&sigv4.CredentialsError{Err: errors.New("…")}, "See [Credentials](#credentials).")
	add(sigv4.ErrBodyTooLarge, "An expression of megabytes, or a write: AMP takes 1 MB.")
	emulated, err := amp.ParseEndpoint("http://127.0.0.1:9099/workspaces/"+exampleID, "us-east-1")
	require.NoError(t, err)
	s.troubles = append(s.troubles,
		trouble{amp.NoAnswer(errors.New("dial tcp 127.0.0.1:9099: connect: connection refused"), amp.Context{Endpoint: emulated, Path: "query"}).Error(), "Of hosts that are not AWS's: `ampkit emulator` or `ampkit proxy` was not started, or ended."},
		trouble{unreached(t, &url.Error{Op: "Get", URL: "https://" + host, Err: &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("i/o timeout")}}), "Queries work without the control plane; `ampkit workspace`, the list of workspaces in the settings and the doctor's check of the workspace ask it."},
		trouble{amp.Explain(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("i/o timeout")}, amp.Call{Service: "IAM"}).Error(), "From `ampkit irsa` and `vpc-endpoint`, which need AWS's management APIs."})
	return s
}
