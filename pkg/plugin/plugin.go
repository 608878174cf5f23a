// Package plugin is what Grafana talks to: a data source's queries, its health
// check and the resources of its editors. Every data source has one instance,
// with one signer, one cache of credentials and one pool of connections.
package plugin

import (
	"context"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/settings"
)

// ID is the data source's type in Grafana.
const ID = awscreds.PluginID

// DataSource is the instance of one data source. It is safe for concurrent use
// until it is disposed of.
type DataSource struct {
	settings    settings.Settings
	client      *amp.Client
	credentials *awscreds.Credentials // nil when requests are not signed
	pool        *http.Transport
	passed      awscreds.Passed  // what Grafana passed on
	now         func() time.Time // nil but in tests
	read        frameReader      // nil but in tests
	// broken says what is wrong with the configuration. Every call answers
	// with it, so that it shows in panels and not only in the server's log.
	broken error
}

var (
	_ backend.QueryDataHandler      = (*DataSource)(nil)
	_ backend.CheckHealthHandler    = (*DataSource)(nil)
	_ backend.CallResourceHandler   = (*DataSource)(nil)
	_ instancemgmt.InstanceDisposer = (*DataSource)(nil)
)

// New is the instance factory for datasource.Manage. A configuration that can't
// be used is no error here: the instance tells it with every call.
func New(ctx context.Context, ds backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	return newDataSource(ctx, ds, options{}), nil
}

// Dispose releases connections and credentials. Grafana disposes of an instance
// when its data source was changed, some time after the last call began.
func (d *DataSource) Dispose() {
	if d.credentials != nil {
		d.credentials.Close()
	}
	if d.pool != nil {
		d.pool.CloseIdleConnections()
	}
}
