package proxy

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the proxy's own, in a registry of their own.
type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	in, out  *prometheus.CounterVec
	took     *prometheus.HistogramVec
	inFlight prometheus.Gauge
	signing  prometheus.Histogram
	again    *prometheus.CounterVec
	fetches  *prometheus.CounterVec
	paths    sync.Map // of *path by its label, of which there are few
}

func newMetrics(p *Proxy) *metrics {
	name := func(n string) string { return "ampkit_proxy_" + n }
	counter := func(n, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name(n), Help: help}, labels)
	}
	histogram := func(n, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name(n), Help: help, Buckets: buckets, NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 100}
	}
	m := &metrics{
		requests: counter("requests_total", "Requests by path, status and how they ended.", "path", "code", "outcome"),
		in:       counter("request_bytes_total", "Bytes of request bodies.", "path"),
		out:      counter("response_bytes_total", "Bytes of answers.", "path"),
		took:     prometheus.NewHistogramVec(histogram("request_duration_seconds", "From a request's headers to the end of its answer.", prometheus.DefBuckets), []string{"path"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: name("requests_in_flight"), Help: "Requests being served."}),
		signing:  prometheus.NewHistogram(histogram("signing_seconds", "Signing a request, whose body was hashed as it came in.", prometheus.ExponentialBuckets(1e-5, 4, 8))),
		again:    counter("signed_again_total", "Requests that were signed once more, because the clock or the credentials had changed.", "reason"),
		fetches:  counter("credentials_fetches_total", "Fetches of credentials.", "outcome"),
	}
	for _, outcome := range []string{"ok", "failed"} {
		m.fetches.WithLabelValues(outcome)
	}
	for _, reason := range []string{"clock", "credentials"} {
		m.again.WithLabelValues(reason)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		m.requests, m.in, m.out, m.took, m.inFlight, m.signing, m.again, m.fetches,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name("credentials_expiry_seconds"), Help: "Seconds until the credentials at hand expire; +Inf for ones that do not, NaN while there are none."}, p.expiry),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name("clock_skew_seconds"), Help: "How far the service's clock is ahead of this machine's, as far as signatures are corrected for it."}, func() float64 { return p.clock.skew().Seconds() }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
	return m
}

func (p *Proxy) expiry() float64 {
	if !p.keeper.has() {
		return math.NaN()
	}
	left, expires := p.keeper.expiresIn()
	if !expires {
		return math.Inf(1)
	}
	return left.Seconds()
}

// path is what is counted for a path, looked up once.
type path struct {
	in, out prometheus.Counter
	took    prometheus.Observer
}

func (m *metrics) path(name string) *path {
	if known, ok := m.paths.Load(name); ok {
		return known.(*path) //nolint:forcetypeassert // nothing else is stored
	}
	fresh := &path{in: m.in.WithLabelValues(name), out: m.out.WithLabelValues(name), took: m.took.WithLabelValues(name)}
	m.paths.Store(name, fresh)
	return fresh
}

func (m *metrics) add(c *call, rec *recorder, took time.Duration) {
	name := c.label()
	m.requests.WithLabelValues(name, strconv.Itoa(rec.status), string(c.outcome)).Inc()
	p := m.path(name)
	p.in.Add(float64(c.in))
	p.out.Add(float64(rec.bytes))
	p.took.Observe(took.Seconds())
}

func (m *metrics) fetched(err error) {
	if err != nil {
		m.fetches.WithLabelValues("failed").Inc()
		return
	}
	m.fetches.WithLabelValues("ok").Inc()
}
