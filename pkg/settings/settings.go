// Package settings reads a data source's jsonData and secureJsonData into one
// validated struct. It accepts the spellings of Grafana's core Prometheus data
// source with SigV4 and of grafana-amazonprometheus-datasource, so that a
// provisioning file written for either works with only its type changed.
//
// The package knows neither Grafana's SDK nor AWS's: what a region, a workspace
// or a role can do is decided in pkg/amp and pkg/awscreds.
package settings

import (
	"net/url"
	"time"
)

// Defaults for what a data source leaves out.
const (
	DefaultService      = "aps"
	DefaultHTTPMethod   = "POST"
	DefaultTimeInterval = 15 * time.Second
	DefaultTimeout      = 30 * time.Second
)

// AuthType says where the credentials come from. It is a closed set.
type AuthType string

// The auth types Grafana's AWS form offers.
const (
	// AuthDefault is the SDK's default chain: environment, web identity
	// (IRSA), shared profile, container endpoint (Pod Identity), instance role.
	AuthDefault AuthType = "default"
	// AuthKeys is an access key and secret stored with the data source.
	AuthKeys AuthType = "keys"
	// AuthCredentials is a profile of the server's shared credentials file.
	AuthCredentials AuthType = "credentials"
	// AuthEC2IAMRole is the instance role, without the rest of the chain.
	AuthEC2IAMRole AuthType = "ec2_iam_role"
	// AuthGrafanaAssumeRole is Grafana's own account assuming the user's role.
	AuthGrafanaAssumeRole AuthType = "grafana_assume_role"
)

// Settings is one data source, validated on its own: every field is usable as
// it stands, but nothing here was compared with the URL yet (amp.ParseEndpoint
// does that).
type Settings struct {
	// URL is the data source's URL as the user typed it.
	URL string
	// SigV4Auth is false only where sigV4Auth is plainly false.
	SigV4Auth bool
	AuthType  AuthType
	// Region is "" when the URL is to name it.
	Region string
	// Profile of the shared credentials file; "" is the default profile.
	Profile string
	// AssumeRoleARN is assumed with the credentials of AuthType; "" for none.
	AssumeRoleARN string
	ExternalID    string
	// UsePerDatasourceExternalID and GrafanaExternalID belong to
	// AuthGrafanaAssumeRole: with the switch on, this id goes before the stack's.
	UsePerDatasourceExternalID bool
	GrafanaExternalID          string
	// Endpoint is where to connect when it differs from the host to sign (a VPC
	// endpoint); never an STS endpoint.
	Endpoint string
	// STSEndpoint is a full URL, "" for the regional default.
	STSEndpoint string
	// Service is the signing name, "aps" unless told otherwise.
	Service string

	AccessKey    string
	SecretKey    Secret
	SessionToken Secret

	// HTTPMethod is GET or POST.
	HTTPMethod string
	// TimeInterval is the scrape interval.
	TimeInterval time.Duration
	// QueryTimeout is sent as timeout=; 0 sends none.
	QueryTimeout time.Duration
	// Timeout bounds one query over HTTP, retries included; 0 sets no bound.
	Timeout time.Duration
	// CustomQueryParameters are added to every request.
	CustomQueryParameters url.Values
	// MaxSamplesProcessedWarning and MaxSamplesProcessedError are AMP's
	// thresholds, sent with queries only; 0 sends none.
	MaxSamplesProcessedWarning int64
	MaxSamplesProcessedError   int64
	// QueryStats asks for stats=all.
	QueryStats bool

	// Warnings name keys that are most likely misspelt and therefore have no
	// effect; none of them holds a secret.
	Warnings []string
}

// DefaultSettings is what an empty jsonData means.
func DefaultSettings() Settings {
	return Settings{
		SigV4Auth:    true,
		AuthType:     AuthDefault,
		Service:      DefaultService,
		HTTPMethod:   DefaultHTTPMethod,
		TimeInterval: DefaultTimeInterval,
		Timeout:      DefaultTimeout,
	}
}
