// Package awscreds is the only place that builds AWS configurations and
// credential providers: for a data source (New), where Grafana's switches are
// obeyed, and for the command line (Load), where the SDK's default chain is.
package awscreds

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// PluginID is the data source's id, as it has to be written into Grafana's configuration.
const PluginID = "grafana-ampkitprometheus-datasource"

// retrieveTime bounds how long a query waits for credentials; a call of STS
// takes some 100 ms.
const retrieveTime = 15 * time.Second

// Credentials are one data source's or command's: a provider with one cache in
// front of it. They are safe for concurrent use; 100 callers at once cause one
// call of STS.
type Credentials struct {
	config   aws.Config // without credentials
	provider aws.CredentialsProvider
	origin   string
	ways     string // what helps when nothing is configured
	now      func() time.Time

	client   *http.Client
	lifetime context.Context //nolint:containedctx // ends what is under way when closed
	end      context.CancelFunc
}

// Retrieve returns cached credentials, refreshed before they expire. The error
// is an *Error, or the context's.
func (c *Credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if c.lifetime.Err() != nil {
		return aws.Credentials{}, &Error{Reason: ReasonClosed, Message: "the data source was changed or removed meanwhile"}
	}
	bounded, cancel := context.WithTimeout(ctx, retrieveTime)
	defer cancel()
	defer context.AfterFunc(c.lifetime, cancel)()
	v, err := c.provider.Retrieve(bounded)
	switch {
	case err == nil:
		return v, nil
	case ctx.Err() != nil:
		return aws.Credentials{}, ctx.Err()
	case c.lifetime.Err() != nil:
		return aws.Credentials{}, &Error{Reason: ReasonClosed, Message: "the data source was changed or removed meanwhile"}
	case bounded.Err() != nil:
		// The cause below is the bound set here, not the caller's deadline.
		err = errors.New("no answer within " + retrieveTime.String())
	}
	return aws.Credentials{}, explain(err, c.ways)
}

// Config is an AWS configuration with these credentials, for SDK clients. Its
// HTTP client ends with Close.
func (c *Credentials) Config() aws.Config {
	cfg := c.config.Copy()
	cfg.Credentials = c
	return cfg
}

// Source says in a few words where the credentials come from, for people.
func (c *Credentials) Source() string { return c.origin }

// Close ends what is under way and releases connections. The credentials can't
// be used afterwards.
func (c *Credentials) Close() { c.end() }
