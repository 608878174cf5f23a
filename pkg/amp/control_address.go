package amp

import (
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/amp"
)

// asked is the endpoint with what the SDK found in the environment: another
// address of the control plane (AWS_ENDPOINT_URL_AMP), FIPS, dual-stack.
func (e Endpoint) asked(o amp.Options) Endpoint {
	e.FIPS = o.EndpointOptions.UseFIPSEndpoint == aws.FIPSEndpointStateEnabled
	e.DualStack = o.EndpointOptions.UseDualStackEndpoint == aws.DualStackEndpointStateEnabled
	if e.Custom || o.BaseEndpoint == nil {
		return e
	}
	u, err := url.Parse(*o.BaseEndpoint)
	if err != nil || u.Host == "" {
		return e // the SDK says so when it is asked
	}
	// One of AWS's own is a VPC endpoint of the control plane; anything else
	// stands in for all of AMP, as an emulator does.
	if _, ok := parseAWSHost(u.Hostname()); !ok {
		e.Custom = true
		e.Base = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/") + "/"}
	}
	return e
}

// hostOf is the host that is asked.
func hostOf(o amp.Options, e Endpoint) string {
	address := e.ControlPlaneURL()
	if o.BaseEndpoint != nil {
		address = *o.BaseEndpoint
	}
	u, err := url.Parse(address)
	if err != nil { // the SDK says so when it is asked
		return address
	}
	return u.Host
}

// WorkspaceURL is where the data of one of the control plane's workspaces is
// asked for: AWS's host of the same kind, the VPC endpoint or the custom host
// that the control plane's own endpoint names.
func (c *ControlPlane) WorkspaceURL(id string) string {
	e := c.endpoint
	switch {
	case e.Custom:
		return e.ControlPlaneURL() + "/workspaces/" + id + "/"
	case e.SignHost != "":
		return e.Base.Scheme + "://" + e.Base.Host + "/workspaces/" + id + "/"
	}
	return "https://" + hostName(dataPlane, e.Region, e.Partition, e.FIPS, e.DualStack) + "/workspaces/" + id + "/"
}
