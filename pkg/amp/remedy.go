package amp

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"
)

// denial is AWS's documented sentence for a policy that does not allow. It is
// read to name what to grant, never to decide what happened.
var denial = regexp.MustCompile(`^(?:You are not authorized to perform this operation\. )?User: (\S+) is not authorized to perform: (\S+)(?: on resource: (\S+))?`)

// RemedyOf says what to do about errors of a kind, as far as the kind alone
// tells, or "". It is for faults of answers that came with status 200.
func RemedyOf(k Kind) string { return remedy(&Error{Kind: k}, Context{}) }

// remedy says what to do about e, or "".
func remedy(e *Error, c Context) string {
	switch e.Kind {
	case KindAccessDenied:
		return grant(e, c.Endpoint.ARN(""))
	case KindUnsigned:
		return "the request was not signed, or AMP has no such path: sigV4Auth must not be false, and the URL must end after the workspace id"
	case KindSignature:
		return "the secret key does not belong to the access key, or a proxy on the way changes signed requests: check the keys, and that nothing between here and AWS rewrites Host, path, query or body"
	case KindScope:
		return fmt.Sprintf("it was signed for region %q and service %q: sigV4Region must be the workspace's region and sigv4Service %q",
			c.Endpoint.Region, cmp.Or(c.Service, Service), Service)
	case KindTokenInvalid:
		return "AWS does not know the access key or session token: check them, that the key is active, and that an opt-in region is enabled in the account"
	case KindTokenExpired:
		return "temporary credentials ran out: renew the session token, or use a role, which is renewed by itself" + clock(e)
	case KindClockSkew:
		return "this machine's clock is wrong" + clock(e) + ": set it by NTP"
	case KindForbidden:
		return "check that the credentials may use this workspace"
	case KindWorkspaceNotFound:
		return fmt.Sprintf("no workspace %s in %s for this account: check the id, the region and the account of the credentials", c.Endpoint.Workspace, c.Endpoint.Region)
	case KindNotFound:
		return "there is no such path: check the URL"
	case KindTooLarge:
		if _, reading := findRoute(c.Path); reading {
			return "shorten the query, or choose fewer values of its variables; where httpMethod is GET, set httpMethod to POST"
		}
		return "send fewer samples in a request: AMP takes 1 MB compressed"
	case KindExecution:
		return "when a limit is named, narrow the selection, the range or the step"
	case KindThrottled:
		return "the workspace's rate limit is reached: ask less often, or raise the quota in Service Quotas"
	case KindUnavailable:
		return "try again later; see the AWS Health Dashboard when it lasts"
	case KindTimeout:
		return "narrow the range or the selection, or raise the timeout"
	case KindNetwork:
		return reach(e.Err, c.Endpoint)
	case KindUnexpected:
		return "this is not an answer of AMP: check the URL and any proxy on the way"
	case KindCredentials:
		return "check the authentication settings"
	case KindQuota:
		return "raise the quota in Service Quotas, or delete what is not used any more"
	case KindConflict, KindBadRequest, KindServer, KindRefused, KindCanceled:
		// The message says it, or nothing is known to help.
	}
	return ""
}

// grant names action, resource and who needs it.
func grant(e *Error, resource string) string {
	who, action := "the identity that signs", e.Action
	if m := denial.FindStringSubmatch(e.Message); m != nil {
		who, action = m[1], m[2]
		if m[3] != "" {
			resource = m[3]
		}
	}
	if onAll[action] {
		resource = "*"
	}
	if action == "" {
		return ""
	}
	if strings.Contains(e.Message, "explicit deny") {
		return fmt.Sprintf("remove the explicit deny of %s on %s for %s", action, resource, who)
	}
	return fmt.Sprintf("grant %s on %s to %s%s", action, resource, who, grantedBy(action, who))
}

// onAll are AMP's actions that a policy can only allow on all resources,
// whatever the refusal names.
var onAll = map[string]bool{"aps:ListWorkspaces": true, "aps:CreateWorkspace": true}

// grants are the flags by which ampkit irsa apply gives an action to pods.
var grants = map[string]string{
	"aps:RemoteWrite":       "--ingest-service-account",
	"aps:QueryMetrics":      "--query-service-account",
	"aps:GetLabels":         "--query-service-account",
	"aps:GetSeries":         "--query-service-account",
	"aps:GetMetricMetadata": "--query-service-account",
	"aps:ListRules":         "--alerting",
	"aps:ListAlerts":        "--alerting",
	"aps:ListWorkspaces":    "--picker",
}

// grantedBy names the command that grants an action, or is "". The command makes
// roles: a user has to be given the action by hand.
func grantedBy(action, who string) string {
	flag := grants[action]
	if flag == "" || strings.Contains(who, ":user/") {
		return ""
	}
	return " (on EKS, ampkit irsa apply " + flag + " does it)"
}

// clock tells a difference that AWS would mind; a second or two is the network.
func clock(e *Error) string {
	switch d := e.Skew.Abs(); {
	case d < time.Minute:
		return ""
	case e.Skew > 0:
		return fmt.Sprintf(" (it is %s behind AMP's)", d)
	default:
		return fmt.Sprintf(" (it is %s ahead of AMP's)", d)
	}
}

func reach(err error, ep Endpoint) string {
	host := "the host"
	if ep.Base != nil {
		host = ep.Base.Host
	}
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &dns) && dns.IsTimeout:
		return fmt.Sprintf("no answer of DNS about %s: check the name servers of this machine or pod, and that the network lets it reach them", host)
	case errors.As(err, &dns):
		return fmt.Sprintf("%s is not known to DNS: check the region and the URL; a network without internet needs a VPC endpoint for aps-workspaces with private DNS", host)
	case errors.As(err, &authority):
		return fmt.Sprintf("%s shows a certificate of an unknown authority: add it with tlsCACert, or AWS_CA_BUNDLE in the plugin's environment", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate of %s is for another name: check the URL and the endpoint to connect to", host)
	case errors.As(err, &invalid):
		return fmt.Sprintf("the certificate of %s is not valid: check when it expires, a proxy on the way that has its own, and this machine's clock", host)
	case ep.Custom:
		return fmt.Sprintf("%s could not be reached: see that it runs, and check the network, security groups and proxy", host)
	}
	return fmt.Sprintf("%s could not be reached: check the network, security groups and proxy, or add a VPC endpoint for aps-workspaces", host)
}
