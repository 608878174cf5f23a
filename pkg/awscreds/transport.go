package awscreds

import (
	"net/http"
	"time"
)

// Transport returns a new transport with pools and timeouts that suit many
// queries to one host, trusting AWS_CA_BUNDLE where that is set.
func Transport() (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.TLSHandshakeTimeout = 10 * time.Second
	return t, nil
}
