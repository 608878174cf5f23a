// Package awscreds is the only place that builds AWS configurations and
// credential providers: for a data source (New), where Grafana's switches are
// obeyed, and for the command line (Load), where the SDK's default chain is.
package awscreds

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ampkit/ampkit/pkg/settings"
)

// PluginID is the data source's id, as it has to be written into Grafana's configuration.
const PluginID = "grafana-ampkitprometheus-datasource"

// Options say whose credentials New returns.
type Options struct {
	// Settings are the data source's.
	Settings settings.Settings
	// Region is the workspace's, in which STS is asked too; the settings' when "".
	Region string
	// Getenv reads the plugin's environment, os.Getenv when nil. Only GF_PLUGIN_*
	// and AWS_AUTH_* are read through it; the SDK reads AWS_* on its own.
	Getenv func(string) string
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Credentials are one data source's or command's: a provider with one cache in
// front of it. It is safe for concurrent use.
type Credentials struct{}

// New builds the credentials of a data source. ctx carries Grafana's
// configuration, as the plugin SDK puts it there. Nothing is fetched yet. An
// *Error says which switch of Grafana refuses, or what is missing.
func New(ctx context.Context, o Options) (*Credentials, error) {
	return nil, errors.New("not there yet")
}

// Retrieve returns cached credentials, refreshed before they expire. 100 callers
// at once cause one call of STS.
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, errors.New("not there yet")
}

// Config is an AWS configuration with these credentials, for SDK clients.
func (c *Credentials) Config() aws.Config { return aws.Config{} }

// Source says in a few words where the credentials come from, for people.
func (c *Credentials) Source() string { return "" }

// Close releases connections and ends what is under way. The credentials can't
// be used afterwards.
func (c *Credentials) Close() {}

// CommandLine are a command's global flags.
type CommandLine struct {
	Region, Profile string
	// EndpointURL is where AWS's services are asked, "" for AWS.
	EndpointURL string
}

// Load builds the credentials of a command from the SDK's default chain.
func Load(ctx context.Context, o CommandLine) (*Credentials, error) {
	return nil, errors.New("not there yet")
}
