// peer is the plugin that ampkit is compared with: promlib, which the Prometheus data sources in use now are made of,
// at the newest version that can be had, with the plugin SDK it was made for.
//
// The Amazon plugin adds the signing of requests to promlib, through grafana-aws-sdk; here the AWS SDK's signer does it.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"github.com/grafana/grafana/pkg/promlib"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "alone" {
		if err := alone(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	logger := backend.NewLoggerWith("logger", "peer")
	err := datasource.Manage("peer-prometheus-datasource", func(context.Context, backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
		return promlib.NewService(httpclient.NewProvider(), logger, extend), nil
	}, datasource.ManageOpts{})
	if err != nil {
		log.DefaultLogger.Error(err.Error())
		os.Exit(1)
	}
}

// extend adds signing with the keys of the data source.
func extend(_ context.Context, settings backend.DataSourceInstanceSettings, opts *httpclient.Options, _ log.Logger) error {
	var jsonData struct {
		Region string `json:"sigV4Region"`
	}
	if err := json.Unmarshal(settings.JSONData, &jsonData); err != nil {
		return err
	}
	keys := aws.Credentials{
		AccessKeyID:     settings.DecryptedSecureJSONData["sigV4AccessKey"],
		SecretAccessKey: settings.DecryptedSecureJSONData["sigV4SecretKey"],
	}
	signer := v4.NewSigner()
	opts.Middlewares = append(opts.Middlewares, httpclient.MiddlewareFunc(func(_ httpclient.Options, next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(req *http.Request) (*http.Response, error) {
			var body []byte
			if req.Body != nil {
				var err error
				if body, err = io.ReadAll(req.Body); err != nil {
					return nil, err
				}
			}
			hash := sha256.Sum256(body)
			req = req.Clone(req.Context())
			// promlib marks its requests with a header that is never sent; the signer would sign it.
			delete(req.Header, "Idempotency-Key")
			req.Body = io.NopCloser(bytes.NewReader(body))
			if err := signer.SignHTTP(req.Context(), keys, req, hex.EncodeToString(hash[:]), "aps", jsonData.Region, time.Now()); err != nil {
				return nil, err
			}
			return next.RoundTrip(req)
		})
	}))
	return nil
}
