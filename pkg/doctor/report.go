package doctor

import (
	"errors"
	"time"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

// Outcome of a check. The set is closed.
type Outcome string

// The outcomes.
const (
	Passed     Outcome = "passed"
	Failed     Outcome = "failed"
	NotChecked Outcome = "not checked" // could not be told: not permitted, not reached, or something it needs failed
)

// Name of a check. The set is closed.
type Name string

// The names, in the order of a report.
const (
	GrafanaEnvironment Name = "environment"    // Grafana passed AWS's variables on, or a role in [plugin.<id>]
	GrafanaSettings    Name = "[aws] settings" // Grafana passed its section [aws] on
	Settings           Name = "settings"       // the data source can be used as it is set up
	Credentials        Name = "credentials"    // there are some; by which provider, until when
	Identity           Name = "identity"       // who AWS takes them for
	DNS                Name = "dns"            // the endpoint's name has addresses
	TLS                Name = "tls"            // it is reached, and shows a certificate that is trusted
	Clock              Name = "clock"          // ours is near enough to AWS's
	Workspace          Name = "workspace"      // exists and is active
	Query              Name = "query"          // aps:QueryMetrics
	Labels             Name = "labels"         // aps:GetLabels
	Series             Name = "series"         // aps:GetSeries
	Metadata           Name = "metadata"       // aps:GetMetricMetadata
	Write              Name = "write"          // aps:RemoteWrite
)

// Report is what was found. Its JSON is stable: fields may come, none goes or
// changes its meaning.
type Report struct {
	// Outcome is failed when a check did that counts.
	Outcome Outcome `json:"outcome"`
	For     Purpose `json:"for"`
	// Workspace and Region are "" for a plain Prometheus.
	Workspace string `json:"workspace,omitempty"`
	Region    string `json:"region,omitempty"`
	// Endpoint is where connections go, SignHost the host signed for where that
	// is another one.
	Endpoint string `json:"endpoint,omitempty"`
	SignHost string `json:"signHost,omitempty"`
	// Credentials are where they come from, in words.
	Credentials string  `json:"credentials,omitempty"`
	Checks      []Check `json:"checks"`
}

// Check is one line of a report.
type Check struct {
	Name    Name    `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Detail says what was found, in words.
	Detail string `json:"detail,omitempty"`
	// Remedy is what to do about it: action, ARN and whose policy, or the setting.
	Remedy string `json:"remedy,omitempty"`
	// Optional is true where a failure does not count.
	Optional bool `json:"optional,omitempty"`
	// Action is the IAM action that was probed.
	Action string `json:"action,omitempty"`
	// Kind, Status and RequestID are those of the service's refusal.
	Kind      amp.Kind `json:"kind,omitempty"`
	Status    int      `json:"status,omitempty"`
	RequestID string   `json:"requestId,omitempty"`
	Facts     Facts    `json:"facts,omitzero"`
}

// Facts are what a check found, for programs.
type Facts struct {
	// Provider and Expires are of the credentials: Expires is when they are
	// renewed, a minute or two before they end; none where no end is known.
	Provider string    `json:"provider,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	// ARN and Account are the identity's.
	ARN     string `json:"arn,omitempty"`
	Account string `json:"account,omitempty"`
	// Addresses are the endpoint's, Network what they are: this machine, private,
	// public or mixed.
	Addresses []string `json:"addresses,omitempty"`
	Network   string   `json:"network,omitempty"`
	Proxy     string   `json:"proxy,omitempty"`
	// Issuer and CertificateExpires are of the endpoint's certificate.
	Issuer             string    `json:"issuer,omitempty"`
	CertificateExpires time.Time `json:"certificateExpires,omitzero"`
	// SkewSeconds is how far AWS's clock is ahead of ours.
	SkewSeconds float64 `json:"skewSeconds,omitempty"`
	// Status and Alias are the workspace's.
	Status string `json:"status,omitempty"`
	Alias  string `json:"alias,omitempty"`
}

// Failures are the checks that failed and count.
func (r Report) Failures() []Check {
	var out []Check
	for _, c := range r.Checks {
		if c.Outcome == Failed && !c.Optional {
			out = append(out, c)
		}
	}
	return out
}

// Check returns a check by its name.
func (r Report) Check(name Name) (Check, bool) {
	for _, c := range r.Checks {
		if c.Name == name {
			return c, true
		}
	}
	return Check{}, false
}

// failure makes a check of an error, its remedy and request id apart.
func failure(err error) Check {
	c := Check{Outcome: Failed, Detail: err.Error()}
	var service *amp.Error
	var credentials *awscreds.Error
	switch {
	case errors.As(err, &service):
		c.Detail, c.Remedy, c.RequestID = service.Summary(), service.Remedy, service.RequestID
		c.Kind, c.Status, c.Action = service.Kind, service.Status, service.Action
	case errors.As(err, &credentials):
		c.Detail, c.Remedy, c.Kind = credentials.Summary(), credentials.Remedy, amp.KindCredentials
	}
	return c
}
