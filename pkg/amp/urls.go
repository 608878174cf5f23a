package amp

import (
	"net/url"
	"strings"
)

// Service is AMP's signing name and the service of its ARNs.
const Service = "aps"

// URL is the address of a path below api/v1, such as "query_range".
func (e Endpoint) URL(path string) *url.URL {
	u := *e.Base
	u.Path += "api/v1/" + path
	return &u
}

// QueryURL is where instant queries go.
func (e Endpoint) QueryURL() string { return e.URL("query").String() }

// RemoteWriteURL is where a Prometheus writes to. A plain Prometheus calls it
// api/v1/write, AMP api/v1/remote_write.
func (e Endpoint) RemoteWriteURL() string {
	if e.Workspace == "" {
		return e.URL("write").String()
	}
	return e.URL("remote_write").String()
}

// ARN names the workspace. account is used where the pasted text named none;
// it is "*" when both are empty.
func (e Endpoint) ARN(account string) string {
	if e.Account != "" {
		account = e.Account
	}
	if account == "" {
		account = "*"
	}
	return "arn:" + e.Partition + ":" + Service + ":" + e.Region + ":" + account + ":workspace/" + e.Workspace
}

// ControlPlaneURL is where the workspace is described: AWS's own host for its
// region and partition, or the custom host itself.
func (e Endpoint) ControlPlaneURL() string {
	if e.Custom {
		root := *e.Base
		root.Path = strings.TrimSuffix(root.Path, "/workspaces/"+e.Workspace+"/")
		return strings.TrimSuffix(root.String(), "/")
	}
	return "https://" + hostName("aps", e.Region, e.Partition, e.FIPS, e.DualStack)
}
