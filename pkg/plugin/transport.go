package plugin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

// maxIdlePerHost lets a busy dashboard keep its connections: all queries of a
// data source go to one host.
const maxIdlePerHost = 64

// newTransport builds the plugin SDK's transport, with its TLS, proxy, tracing,
// metrics, response limit and configured headers. sign wraps the part next to
// the wire, so that nothing that is added on the way can replace the signature;
// nil leaves requests unsigned. The pool is returned to be closed.
func newTransport(ctx context.Context, ds backend.DataSourceInstanceSettings, sign func(http.RoundTripper) http.RoundTripper) (http.RoundTripper, *http.Transport, error) {
	jsonData, err := sdkSettings(ds.JSONData)
	if err != nil {
		return nil, nil, err
	}
	ds.JSONData = jsonData
	opts, err := ds.HTTPClientOptions(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("HTTP settings: %w", err)
	}
	roots, err := awscreds.RootCAs()
	if err != nil {
		return nil, nil, err
	}
	// Time is bounded by the client, which knows about retries.
	opts.Timeouts.Timeout = 0
	opts.ForwardHTTPHeaders = false
	opts.ConfigureTLSConfig = func(_ httpclient.Options, c *tls.Config) {
		if c.RootCAs == nil {
			c.RootCAs = roots
		}
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	}
	var pool *http.Transport
	opts.ConfigureTransport = func(_ httpclient.Options, t *http.Transport) {
		t.MaxIdleConnsPerHost = maxIdlePerHost
		t.DisableCompression = true // the client decides on Accept-Encoding
		pool = t
	}
	opts.Middlewares = httpclient.DefaultMiddlewares()
	if sign != nil {
		opts.Middlewares = append(opts.Middlewares, httpclient.NamedMiddlewareFunc("sigv4",
			func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper { return sign(next) }))
	}
	opts.Middlewares = append(opts.Middlewares, httpclient.NamedMiddlewareFunc("unpack",
		func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper { return amp.Unpack(next) }))
	transport, err := httpclient.GetTransport(opts)
	if err != nil {
		return nil, nil, fmt.Errorf("HTTP settings: %w", err)
	}
	return transport, pool, nil
}

// sdkSettings keeps of jsonData what the plugin SDK reads itself, in the types
// it insists on: it panics at a header's name that is not text, and takes no
// "true". Everything else is ours and was read by package settings.
func sdkSettings(jsonData []byte) ([]byte, error) {
	var in map[string]any
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &in); err != nil {
			return nil, fmt.Errorf("jsonData: %w", err)
		}
	}
	out := map[string]any{}
	for key, value := range in {
		switch key {
		case "tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify", "enableSecureSocksProxy":
			on, err := strconv.ParseBool(strings.TrimSpace(fmt.Sprint(value)))
			if err != nil && value != nil && value != "" {
				return nil, fmt.Errorf("%s is %v: it must be true or false", key, value)
			}
			out[key] = on
		case "serverName", "secureSocksProxyUsername":
			if value != nil {
				out[key] = fmt.Sprint(value)
			}
		default:
			if strings.HasPrefix(key, "httpHeaderName") && value != nil {
				out[key] = fmt.Sprint(value)
			}
		}
	}
	return json.Marshal(out)
}
