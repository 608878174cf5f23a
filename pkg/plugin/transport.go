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
	jsonData, names, err := sdkSettings(ds.JSONData)
	if err != nil {
		return nil, nil, err
	}
	ds.JSONData = jsonData
	opts, err := ds.HTTPClientOptions(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("HTTP settings: %w", err)
	}
	opts.Header = customHeaders(names, ds.DecryptedSecureJSONData)
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

// customHeaders puts names and values together by their numbers. The SDK's own
// reading ends at the first number that is missing, and the settings page leaves
// one behind where a header was removed.
func customHeaders(names, secrets map[string]string) http.Header {
	out := http.Header{}
	for number, name := range names {
		if value, ok := secrets["httpHeaderValue"+number]; ok && name != "" {
			out.Add(name, value)
		}
	}
	return out
}

// sdkSettings keeps of jsonData what the plugin SDK reads itself, in the types
// it insists on: it takes no "true". The names of headers come apart from it, by
// their numbers. Everything else is ours and was read by package settings.
func sdkSettings(jsonData []byte) (out []byte, headers map[string]string, err error) {
	var in map[string]any
	if len(jsonData) > 0 {
		if err := json.Unmarshal(jsonData, &in); err != nil {
			return nil, nil, fmt.Errorf("jsonData: %w", err)
		}
	}
	kept := map[string]any{}
	headers = map[string]string{}
	for key, value := range in {
		switch key {
		case "tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify", "enableSecureSocksProxy":
			on, err := strconv.ParseBool(strings.TrimSpace(fmt.Sprint(value)))
			if err != nil && value != nil && value != "" {
				return nil, nil, fmt.Errorf("%s is %v: it must be true or false", key, value)
			}
			kept[key] = on
		case "serverName", "secureSocksProxyUsername":
			if value != nil {
				kept[key] = fmt.Sprint(value)
			}
		default:
			if number, ok := strings.CutPrefix(key, "httpHeaderName"); ok && value != nil {
				headers[number] = strings.TrimSpace(fmt.Sprint(value))
			}
		}
	}
	out, err = json.Marshal(kept)
	return out, headers, err
}
