package plugin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/settings"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// options are what tests put in the place of the world.
type options struct {
	getenv func(string) string
	now    func() time.Time
	retry  amp.Retry
	read   frameReader
}

func newDataSource(ctx context.Context, ds backend.DataSourceInstanceSettings, o options) *DataSource {
	d := &DataSource{read: o.read, now: o.now, passed: awscreds.PassedOn(ctx, o.getenv)}
	if err := d.configure(ctx, ds, o); err != nil {
		d.broken = fmt.Errorf("the data source is not set up: %w", err)
	}
	return d
}

func (d *DataSource) configure(ctx context.Context, ds backend.DataSourceInstanceSettings, o options) error {
	var err error
	if d.settings, err = settings.Parse(ds.URL, ds.JSONData, ds.DecryptedSecureJSONData); err != nil {
		return err
	}
	endpoint, noEndpoint := d.endpoint()
	for _, w := range append(d.settings.Warnings, endpoint.Warnings...) {
		backend.Logger.FromContext(ctx).Warn("Data source settings", "uid", ds.UID, "warning", w)
	}
	var sign func(http.RoundTripper) http.RoundTripper
	if d.settings.SigV4Auth {
		if d.credentials, err = awscreds.New(ctx, awscreds.Options{Settings: d.settings, Region: endpoint.Region, Getenv: o.getenv, Now: o.now}); err != nil {
			return err
		}
		sign = signer(endpoint, d.settings.Service, d.credentials, o.now)
	}
	if noEndpoint != nil {
		return noEndpoint // workspaces can be listed all the same
	}
	transport, pool, err := newTransport(ctx, ds, sign)
	if err != nil {
		return err
	}
	d.pool = pool
	d.client = amp.NewClient(amp.Config{
		Endpoint:          endpoint,
		Transport:         transport,
		Service:           d.settings.Service,
		Method:            d.settings.HTTPMethod,
		CustomParameters:  d.settings.CustomQueryParameters,
		MaxSamplesWarning: d.settings.MaxSamplesProcessedWarning,
		MaxSamplesError:   d.settings.MaxSamplesProcessedError,
		QueryTimeout:      d.settings.QueryTimeout,
		Timeout:           d.settings.Timeout,
		Retry:             o.retry,
		Now:               o.now,
	})
	return nil
}

var errNoWorkspace = errors.New("no workspace is chosen: choose one in the data source's settings, or paste its URL there")

func (d *DataSource) endpoint() (amp.Endpoint, error) {
	if d.settings.URL == "" && d.settings.SigV4Auth {
		return amp.Endpoint{}, errNoWorkspace
	}
	return amp.FromSettings(d.settings)
}

func signer(e amp.Endpoint, service string, c aws.CredentialsProvider, now func() time.Time) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return sigv4.New(next, sigv4.Config{Credentials: c, Region: e.Region, Service: service, SignHost: e.SignHost, Now: now})
	}
}
