// Package remotewrite sends samples by the Prometheus remote-write protocol 1.0,
// within the limits of Amazon Managed Service for Prometheus.
//
// Each request is sent after the one before was accepted, because the service
// takes the samples of a series in time order only.
package remotewrite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/prometheus/prompb"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Defaults for what a Config leaves out.
const (
	// DefaultMaxBytes keeps clear of AMP's 1 MB for a compressed request.
	DefaultMaxBytes   = 900_000
	DefaultMaxSamples = 10_000
)

// Config says where and how to send. Only URL is needed.
type Config struct {
	// URL is the whole remote-write URL (amp.Endpoint.RemoteWriteURL).
	URL string
	// HTTPClient signs and sends; see pkg/sigv4. http.DefaultClient when nil.
	// Redirects are not followed whatever it says.
	HTTPClient *http.Client
	// Endpoint is what refusals are explained with.
	Endpoint amp.Endpoint
	// MaxBytes is the largest compressed body, MaxSamples the most samples in it
	// (a histogram counts as one); 0 for the defaults.
	MaxBytes, MaxSamples int
	// Retry is for 429, every 5xx and requests without an answer.
	Retry amp.Retry
	// UserAgent is sent where not "".
	UserAgent string
	// Progress is called after each request that was accepted.
	Progress func(Summary)
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Summary counts what was accepted.
type Summary struct {
	Samples    int `json:"samples"`
	Histograms int `json:"histograms"`
	// Series counts each set of labels once, however many requests it took,
	// as long as its parts follow each other.
	Series   int `json:"series"`
	Requests int `json:"requests"`
	// Retries are requests that were sent again.
	Retries int `json:"retries"`
	// Bytes is the compressed size of all accepted requests.
	Bytes    int64         `json:"bytes"`
	Duration time.Duration `json:"duration"`
}

// Sender sends series. It is safe for concurrent use, but two concurrent sends
// of one series may arrive out of order.
type Sender struct{ config Config }

// New returns a sender.
func New(c Config) *Sender {
	if c.HTTPClient == nil {
		c.HTTPClient = http.DefaultClient
	}
	client := *c.HTTPClient
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.HTTPClient = &client
	if c.MaxBytes <= 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.MaxSamples <= 0 {
		c.MaxSamples = DefaultMaxSamples
	}
	if c.Retry.Attempts == 0 {
		c.Retry.Attempts = 8
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Sender{config: c}
}

// Send sends the series in as many requests as they need and returns what was
// accepted, also when it ends with an error. A refusal is an *amp.Error, a
// series that no server would take an *InvalidError; nothing after either is sent.
func (s *Sender) Send(ctx context.Context, series []prompb.TimeSeries) (Summary, error) {
	return s.SendSeq(ctx, slices.Values(series))
}

// SendSeq is Send for series that are made as they are sent. The series are not
// changed and not kept.
func (s *Sender) SendSeq(ctx context.Context, series iter.Seq[prompb.TimeSeries]) (Summary, error) {
	run := &run{sender: s, started: s.config.Now()}
	err := run.all(ctx, series)
	run.done.Duration = s.config.Now().Sub(run.started)
	return run.done, err
}

// Describe sends the type, help and unit of metrics, which editors show. They
// must fit in one request: a few thousand do.
func (s *Sender) Describe(ctx context.Context, metadata []prompb.MetricMetadata) error {
	body, err := encode(&prompb.WriteRequest{Metadata: metadata})
	if err != nil {
		return err
	}
	_, err = s.post(ctx, body)
	return err
}

// run is one call of Send.
type run struct {
	sender  *Sender
	started time.Time
	done    Summary
	batch   []prompb.TimeSeries
	samples int
	last    []prompb.Label // of the series counted last
}

func (r *run) all(ctx context.Context, series iter.Seq[prompb.TimeSeries]) error {
	for ts := range series {
		clean, err := normalize(ts)
		if err != nil {
			return err
		}
		for part := range pieces(clean, r.sender.config.MaxSamples) {
			if n := count(part); r.samples+n > r.sender.config.MaxSamples {
				if err := r.flush(ctx); err != nil {
					return err
				}
			}
			r.batch = append(r.batch, part)
			r.samples += count(part)
		}
	}
	return r.flush(ctx)
}

func (r *run) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	err := r.send(ctx, r.batch)
	clear(r.batch)
	r.batch, r.samples = r.batch[:0], 0
	return err
}

// send sends a batch, in halves when it is too large compressed.
func (r *run) send(ctx context.Context, batch []prompb.TimeSeries) error {
	body, err := encode(&prompb.WriteRequest{Timeseries: batch})
	if err != nil {
		return err
	}
	if len(body) > r.sender.config.MaxBytes {
		first, second, ok := halves(batch)
		if !ok {
			return &InvalidError{Labels: labelText(batch[0].Labels), Reason: fmt.Sprintf("one sample makes %d bytes, more than %d", len(body), r.sender.config.MaxBytes)}
		}
		if err := r.send(ctx, first); err != nil {
			return err
		}
		return r.send(ctx, second)
	}
	attempts, err := r.sender.post(ctx, body)
	r.done.Retries += attempts - 1
	if err != nil {
		return err
	}
	r.accepted(batch, len(body))
	return nil
}

func (r *run) accepted(batch []prompb.TimeSeries, size int) {
	for _, ts := range batch {
		r.done.Samples += len(ts.Samples)
		r.done.Histograms += len(ts.Histograms)
		if !slices.EqualFunc(ts.Labels, r.last, sameLabel) {
			r.done.Series++
			r.last = ts.Labels
		}
	}
	r.done.Requests++
	r.done.Bytes += int64(size)
	r.done.Duration = r.sender.config.Now().Sub(r.started)
	if r.sender.config.Progress != nil {
		r.sender.config.Progress(r.done)
	}
}

// InvalidError is a series that no server would take; nothing of it was sent.
type InvalidError struct {
	// Labels of the series, as PromQL writes them.
	Labels string
	Reason string
}

func (e *InvalidError) Error() string { return "series " + e.Labels + ": " + e.Reason }

var errNoURL = errors.New("remote write: no URL")
