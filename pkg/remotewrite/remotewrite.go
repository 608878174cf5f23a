// Package remotewrite sends samples by the Prometheus remote-write protocol 1.0.
package remotewrite

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/prompb"
)

// Config says where and how to send. Only URL is needed.
type Config struct {
	// URL is the whole remote-write URL (amp.Endpoint.RemoteWriteURL).
	URL string
	// HTTPClient signs and sends; see pkg/sigv4. http.DefaultClient when nil.
	HTTPClient *http.Client
	// MaxBytes is the largest compressed body, 0 for 1,000,000: AMP refuses more than 1 MB.
	MaxBytes int
	// MaxSamples bounds one request, 0 for 10,000.
	MaxSamples int
	// Attempts is how often one request is sent at most, 0 for 8.
	Attempts int
	// Base and Max bound the jittered wait between them, 0 for 300 ms and 10 s.
	Base, Max time.Duration
	UserAgent string
	// Progress is called after each request that was accepted, never concurrently.
	Progress func(Summary)
	// Now is the clock, time.Now when nil. Wait waits or returns the context's
	// error, a timer when nil.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// Summary counts what was accepted.
type Summary struct {
	Samples, Histograms, Series, Requests, Retries int
	// Bytes is the compressed size of all accepted requests.
	Bytes    int64
	Duration time.Duration
}

// Sender sends series. It is safe for concurrent use.
type Sender struct{ config Config }

// New returns a sender.
func New(c Config) *Sender { return &Sender{config: c} }

// Send sends the series in as many requests as they need and returns what was
// accepted, also when it ends with an error. A refusal is an *amp.Error.
func (s *Sender) Send(ctx context.Context, series []prompb.TimeSeries) (Summary, error) {
	return Summary{}, errors.New("not there yet")
}

// SendSeq is Send for series that are made as they are sent.
func (s *Sender) SendSeq(ctx context.Context, series iter.Seq[prompb.TimeSeries]) (Summary, error) {
	return Summary{}, errors.New("not there yet")
}
