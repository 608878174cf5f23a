// Package amp knows Amazon Managed Service for Prometheus: its endpoints, its
// data-plane API, its control plane and the errors both answer with.
package amp

import (
	"net/url"
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
