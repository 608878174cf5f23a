// Package amp knows Amazon Managed Service for Prometheus: its endpoints, its
// data-plane API, its control plane and the errors both answer with.
package amp

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ampkit/ampkit/pkg/settings"
)

// Endpoint is one workspace, or one plain Prometheus-compatible server, as it
// was understood from what a user pasted.
type Endpoint struct {
	// Base ends in a slash and is where connections go: …/workspaces/<id>/, or
	// the root of a plain Prometheus.
	Base *url.URL
	// SignHost is the Host to send and sign when it is not Base's, as behind a
	// VPC endpoint's own name; "" otherwise.
	SignHost string
	// Region is "" only for a plain Prometheus that is not signed for.
	Region string
	// Partition is aws, aws-cn, aws-us-gov …; "" when the region is.
	Partition string
	// Workspace is ws-<uuid>, or "" for a plain Prometheus.
	Workspace string
	// Account is known only from a pasted ARN.
	Account string
	// Custom is true for a host that is not AWS's (an emulator, a proxy).
	Custom bool
	// FIPS and DualStack tell which kind of AWS's host names was pasted; the
	// control plane is then asked at the same kind.
	FIPS, DualStack bool
	// Warnings are what is unusual but may be right, such as a region that this
	// version does not know.
	Warnings []string
}

// FromSettings reads the endpoint of a data source: its URL and region, and the
// address to connect to where that is another one. Errors are *EndpointError.
func FromSettings(s settings.Settings) (Endpoint, error) {
	if !s.SigV4Auth {
		e, err := ParsePlain(s.URL)
		if err == nil && !e.Custom {
			return Endpoint{}, &EndpointError{Raw: s.URL, Reason: "sigV4Auth is false, but AMP answers signed requests only: set it to true or remove it"}
		}
		return e, err
	}
	e, err := ParseEndpoint(s.URL, s.Region)
	if err != nil || s.Endpoint == "" {
		return e, err
	}
	return e.Connect(s.Endpoint)
}

// Connect returns the endpoint with connections going to address, a host or the
// URL of one, while the Host that is sent and signed stays. An address of
// another region's VPC endpoint is refused.
func (e Endpoint) Connect(address string) (Endpoint, error) {
	text := strings.TrimSpace(address)
	if !hasScheme.MatchString(text) {
		host, _, _ := strings.Cut(text, "/")
		text = schemeFor(host) + "://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return Endpoint{}, &EndpointError{Raw: address, Reason: "the endpoint to connect to is not a host or its URL", Paste: "vpce-<id>.aps-workspaces.<region>.vpce.amazonaws.com"}
	}
	if h, ok := parseAWSHost(strings.ToLower(u.Hostname())); ok && e.Region != "" && h.region != e.Region {
		return Endpoint{}, &EndpointError{Raw: address, Reason: fmt.Sprintf("the workspace is in region %q but the endpoint to connect to is in %q", e.Region, h.region)}
	}
	base := *e.Base
	if !strings.EqualFold(u.Host, base.Host) && e.SignHost == "" {
		e.SignHost = base.Host
	}
	base.Scheme, base.Host = u.Scheme, strings.ToLower(u.Host)
	e.Base = &base
	return e, nil
}
