package amp

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
)

const (
	example    = "https://aps-workspaces.<region>.amazonaws.com/workspaces/<workspace-id>"
	maxPasted  = 4096
	dataPlane  = "aps-workspaces"
	controlAPI = "aps"
)

var (
	workspaceUUID  = regexp.MustCompile(`^ws-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	workspaceOther = regexp.MustCompile(`^ws-[0-9A-Za-z][0-9A-Za-z-]{0,60}$`)
	hasScheme      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)
)

// EndpointError is a pasted text that can't be used: what was understood of it
// and what to paste instead.
type EndpointError struct {
	// Raw is what was pasted.
	Raw    string
	Reason string
	// Paste is what to paste instead, "" where the reason says it.
	Paste string
}

func (e *EndpointError) Error() string {
	text := e.Reason
	if e.Paste != "" {
		text += "; paste " + e.Paste
	}
	return text
}

// ParseEndpoint reads what people paste: a workspace's URL with or without
// /api/v1/query, /api/v1/remote_write or a trailing slash, a bare workspace id
// (region needed), an ARN, the console's URL, a VPC endpoint, a custom host
// (region needed). region is the configured one or ""; where it contradicts
// raw, the error names both. Errors are *EndpointError.
//
// The endpoint is one to sign for. For a server that is not, use ParsePlain.
func ParseEndpoint(raw, region string) (Endpoint, error) {
	p := parser{raw: tidy(raw), region: strings.TrimSpace(region), signed: true}
	return p.parse()
}

// ParsePlain reads the URL of a Prometheus-compatible server that is not signed
// for; the region may stay unknown. Errors are *EndpointError.
func ParsePlain(raw string) (Endpoint, error) {
	p := parser{raw: tidy(raw)}
	return p.parse()
}

type parser struct {
	raw, region string
	signed      bool
	out         Endpoint
}

// tidy takes off what copying leaves around a text.
func tidy(raw string) string { return strings.Trim(raw, " \t\r\n\"'`") }

func (p *parser) fail(paste, format string, args ...any) error {
	return &EndpointError{Raw: p.raw, Reason: fmt.Sprintf(format, args...), Paste: paste}
}

func (p *parser) parse() (Endpoint, error) {
	var err error
	switch {
	case p.raw == "":
		err = p.fail(example, "no URL is set")
	case len(p.raw) > maxPasted:
		err = p.fail(example, "the URL has %d characters", len(p.raw))
	case strings.ContainsAny(p.raw, "<>{}$"):
		err = p.fail("", "%q still holds a placeholder: put your own region and workspace id in its place", p.raw)
	case strings.HasPrefix(p.raw, "arn:"):
		err = p.arn()
	case strings.HasPrefix(p.raw, "ws-") && !strings.ContainsAny(p.raw, "./:"):
		err = p.bare()
	default:
		err = p.url()
	}
	if err != nil {
		return Endpoint{}, err
	}
	return p.out, nil
}

func (p *parser) arn() error {
	const form = "arn:<partition>:aps:<region>:<account>:workspace/<workspace-id>"
	parts := strings.SplitN(p.raw, ":", 6)
	if len(parts) < 6 || parts[2] != Service {
		return p.fail(form+" or "+example, "%q is not the ARN of a workspace", p.raw)
	}
	id, found := strings.CutPrefix(parts[5], "workspace/")
	if !found || !workspaceUUID.MatchString(id) {
		return p.fail(form+" or "+example, "%q is the ARN of AMP in %s but of no workspace", p.raw, parts[3])
	}
	if err := p.settle(parts[3], "the ARN"); err != nil {
		return err
	}
	if parts[1] != p.out.Partition {
		return p.fail("", "the ARN says partition %q, but region %q is in %q", parts[1], p.out.Region, p.out.Partition)
	}
	p.out.Workspace, p.out.Account = id, parts[4]
	p.out.Base = p.workspaceURL()
	return nil
}

func (p *parser) bare() error {
	if !workspaceUUID.MatchString(p.raw) {
		return p.fail(example, "%q is not a workspace id, which is ws- and 36 characters", p.raw)
	}
	if p.region == "" {
		return p.fail("", "%q is a workspace id without its region: set the region, or paste %s", p.raw, example)
	}
	if err := p.settle("", ""); err != nil {
		return err
	}
	p.out.Workspace = p.raw
	p.out.Base = p.workspaceURL()
	return nil
}

// settle decides the region from what was pasted ("" when it names none) and
// what is configured, and fills in region, partition and warnings.
func (p *parser) settle(pasted, where string) error {
	region := p.region
	if pasted != "" {
		if region != "" && region != pasted {
			return p.fail("", "the region is set to %q but %s says %q: remove the one or correct the other", region, where, pasted)
		}
		region = pasted
	}
	if strings.ContainsAny(region, "<>{}$") {
		return p.fail("", "the region %q is a placeholder: put a region such as us-east-1 in its place", region)
	}
	id, warning, err := CheckRegion(region)
	if err != nil {
		return p.fail("", "%v", err)
	}
	if warning != "" {
		p.out.Warnings = append(p.out.Warnings, warning)
	}
	p.out.Region, p.out.Partition = region, id
	return nil
}

func (p *parser) workspaceURL() *url.URL {
	host := hostName(dataPlane, p.out.Region, p.out.Partition, p.out.FIPS, p.out.DualStack)
	return &url.URL{Scheme: "https", Host: host, Path: "/workspaces/" + p.out.Workspace + "/"}
}

func (p *parser) url() error {
	text := p.raw
	if !hasScheme.MatchString(text) {
		host, _, _ := strings.Cut(text, "/")
		if !strings.ContainsAny(host, ".:") && host != "localhost" {
			return p.fail(example, "%q is neither a URL nor a workspace id nor an ARN", p.raw)
		}
		text = schemeFor(host) + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return p.fail(example, "%q is not a URL (%v)", p.raw, err)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return p.fail(example, "the URL begins with %q, not https", u.Scheme)
	case u.Hostname() == "":
		return p.fail(example, "the URL names no host")
	case u.User != nil:
		return &EndpointError{Raw: "[redacted]", Reason: "the URL holds a user name or password; remove it", Paste: ""}
	case u.RawPath != "" || strings.Contains(u.Path, ".."):
		return p.fail(example, "the path %q of the URL holds an encoded slash or ..", u.EscapedPath())
	}
	u.Host = strings.ToLower(strings.TrimSuffix(u.Host, "."))
	return p.host(u)
}

// schemeFor is what a host typed without a scheme is asked by.
func schemeFor(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = hostPort
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		return "http"
	}
	return "https"
}
