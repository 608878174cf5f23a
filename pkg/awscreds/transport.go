package awscreds

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

const maxBundle = 4 << 20

// Transport returns a new transport with pools and timeouts that suit many
// queries to one host. As in AWS's SDKs, the certificates of AWS_CA_BUNDLE are
// trusted in place of the system's where that variable is set. How long an
// answer may take is left to the request's context.
func Transport() (*http.Transport, error) {
	roots, err := RootCAs()
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}, nil
}

// RootCAs are the certificates of AWS_CA_BUNDLE, nil (the system's) without it.
// For transports that are built elsewhere, such as by Grafana's plugin SDK.
func RootCAs() (*x509.CertPool, error) {
	path := os.Getenv("AWS_CA_BUNDLE")
	if path == "" {
		return nil, nil
	}
	invalid := func(err error) error {
		return &Error{Reason: ReasonInvalid, Message: "AWS_CA_BUNDLE can't be used", Err: err, Remedy: "it must name a file of PEM certificates that the process may read"}
	}
	f, err := os.Open(path) //nolint:gosec // the administrator's own choice, not a data source's
	if err != nil {
		return nil, invalid(err)
	}
	defer func() { _ = f.Close() }() // only read
	pem, err := io.ReadAll(io.LimitReader(f, maxBundle))
	if err != nil {
		return nil, invalid(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, invalid(fmt.Errorf("%s holds no certificate", path))
	}
	return roots, nil
}
