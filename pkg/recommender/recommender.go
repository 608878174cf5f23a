// Package recommender is the application of the getting-started walkthrough: a
// web service that recommends products and counts what it answers, for a
// Prometheus to scrape.
//
// Every metric says job="recommender" itself. A Prometheus keeps its own job
// label and renames this one to exported_job, unless it scrapes with
// honor_labels: true; the walkthrough's queries match exported_job.
package recommender

import (
	"net/http"
	"time"

	smithytime "github.com/aws/smithy-go/time"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Job is the value of the label job that the application gives its metrics.
const Job = "recommender"

// Paths are what the application answers, /metrics and /healthz aside. No
// other path gets a series: whoever calls must not be able to make series.
func Paths() []string {
	return []string{"/popular/category", "/popular/product", "/user/product"}
}

// Config is how the application behaves; its zero value is the walkthrough's.
type Config struct {
	// Work is how long an answer on a path takes to find, nil for some tens of
	// milliseconds, unevenly distributed. It is called concurrently.
	Work func(path string) time.Duration
}

// App is the application, an http.Handler.
type App struct {
	mux      *http.ServeMux
	work     func(path string) time.Duration
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// New returns the application with all its counters at zero, so that the first
// request of a path is seen by rate() too.
func New(c Config) *App {
	a := &App{
		mux: http.NewServeMux(), work: c.Work,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered, by path.",
		}, []string{"path"}),
		// Both kinds at once: which one is scraped is the scraper's choice.
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time to answer, by path.",
			Buckets:                     []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5},
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160,
			NativeHistogramMinResetDuration: time.Hour,
		}, []string{"path"}),
	}
	if a.work == nil {
		a.work = newWork()
	}
	registry := prometheus.NewRegistry()
	prometheus.WrapRegistererWith(prometheus.Labels{"job": Job}, registry).MustRegister(
		a.requests, a.duration, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	for _, path := range Paths() {
		a.requests.WithLabelValues(path)
		a.duration.WithLabelValues(path)
		a.mux.Handle("GET "+path, a.measured(path))
	}
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	a.mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return a
}

func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// measured answers on a path and counts it, whether or not the caller waited.
func (a *App) measured(path string) http.Handler {
	requests, duration := a.requests.WithLabelValues(path), a.duration.WithLabelValues(path)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		if smithytime.SleepWithContext(r.Context(), a.work(path)) == nil {
			answer(w, path, r.URL.Query().Get("user"))
		}
		requests.Inc()
		duration.Observe(time.Since(began).Seconds())
	})
}
