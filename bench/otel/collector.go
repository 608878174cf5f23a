package main

import (
	"context"
	"fmt"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusremotewriteexporter"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

// config is a collector's, as a user would write it.
const config = `
receivers:
  otlp: {protocols: {http: {endpoint: %s}}}
exporters:
  prometheus_remote_write:
    endpoint: %s/api/v1/remote_write
    max_batch_request_parallelism: 1 # AMP takes samples in order
    retry_on_failure: {initial_interval: 200ms, max_interval: 1s, max_elapsed_time: 2m}
service:
  telemetry: {logs: {level: fatal}, metrics: {level: none}}
  pipelines:
    metrics: {receivers: [otlp], exporters: [prometheus_remote_write]}
`

// collect runs a collector until ctx ends.
func collect(ctx context.Context, listen, proxy string) error {
	c, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "otelcol", Version: "bench"}, DisableGracefulShutdown: true,
		Factories: func() (otelcol.Factories, error) {
			write, otlp := prometheusremotewriteexporter.NewFactory(), otlpreceiver.NewFactory()
			return otelcol.Factories{
				Receivers: map[component.Type]receiver.Factory{otlp.Type(): otlp},
				Exporters: map[component.Type]exporter.Factory{write.Type(): write},
				Telemetry: otelconftelemetry.NewFactory(),
			}, nil
		},
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"yaml:" + fmt.Sprintf(config, listen, proxy)}, ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory()},
		}},
	})
	if err != nil {
		return err
	}
	return c.Run(ctx)
}
