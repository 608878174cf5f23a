package dataplane

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/route"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/scrape"
	"github.com/prometheus/prometheus/util/notifications"
	v1 "github.com/prometheus/prometheus/web/api/v1"
)

// Serve answers an authorised request for a route that [Match] found.
func (s *Storage) Serve(w http.ResponseWriter, r *http.Request, route Route) {
	switch route.Endpoint {
	case Query, QueryRange:
		s.serveQuery(w, r, route)
	case Labels, LabelValues, Series, Rules, Alerts:
		s.api.ServeHTTP(w, r)
	case RemoteWrite:
		s.write.ServeHTTP(w, r)
	case Metadata, Alertmanager:
		s.rest.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveQuery reads AMP's own parameters and leaves the rest to Prometheus.
func (s *Storage) serveQuery(w http.ResponseWriter, r *http.Request, route Route) {
	r.Body = http.MaxBytesReader(w, r.Body, s.limits.QueryBytes)
	if err := r.ParseForm(); err != nil {
		badData(w, "error parsing form values: "+err.Error())
		return
	}
	var bounds thresholds
	for name, field := range map[string]*int64{
		"max_samples_processed_warning_threshold": &bounds.warning,
		"max_samples_processed_error_threshold":   &bounds.refusal,
	} {
		text := r.Form.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			badData(w, "invalid parameter "+strconv.Quote(name)+": must be a positive integer")
			return
		}
		*field = n
	}
	if route.Endpoint == Query && r.Form.Get("time") == "" {
		r.Form.Set("time", strconv.FormatFloat(float64(s.now().UnixMilli())/1000, 'f', 3, 64))
	}
	s.api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), thresholdsKey{}, bounds)))
}

// newAPI is Prometheus' own HTTP API over the storage. Only what Serve hands
// over reaches it.
func (s *Storage) newAPI() http.Handler {
	api := *prototype()
	api.QueryEngine = engine{s.engine, s.limits}
	api.Queryable = s.db
	api.ExemplarQueryable = s.db
	router := route.New().WithPrefix("/workspaces/" + s.workspace + "/api/v1")
	api.Register(router)
	return router
}

// language is the parser of the API and of all engines.
var language = parser.NewParser(parser.Options{})

// prototype is made once: it takes 0.1 s to describe itself in OpenAPI, which
// nobody is shown.
var prototype = sync.OnceValue(func() *v1.API {
	return v1.NewAPI(
		nil, nil, // engine and storage: see newAPI
		nil, nil, // writes have their own handler
		nil,
		func(context.Context) v1.ScrapePoolsRetriever { return nothing{} },
		func(context.Context) v1.TargetRetriever { return nothing{} },
		func(context.Context) v1.AlertmanagerRetriever { return nothing{} },
		func() config.Config { return config.DefaultConfig },
		nil, v1.GlobalURLOptions{},
		func(h http.HandlerFunc) http.HandlerFunc { return h },
		nil, "", false, false, 0, // no admin API, no search
		slog.New(slog.DiscardHandler), // it would only say that clients went away
		func(context.Context) v1.RulesRetriever { return nothing{} },
		0, 0, 0, // no remote read
		false, nil,
		func() (v1.RuntimeInfo, error) { return v1.RuntimeInfo{}, nil },
		&v1.PrometheusVersion{},
		func() []notifications.Notification { return nil },
		func() (<-chan notifications.Notification, func(), bool) { return nil, func() {}, false },
		prometheus.NewRegistry(), nil, nil,
		false, nil, false, false, false, false,
		lookback, false, false,
		nil, nil, v1.OpenAPIOptions{IncludePaths: []string{"/none"}}, language,
	)
})

// nothing is a server without targets, rules and alertmanagers.
type nothing struct{}

func (nothing) ScrapePools() []string                                 { return nil }
func (nothing) TargetsActive() map[string][]*scrape.Target            { return nil }
func (nothing) TargetsDropped() map[string][]*scrape.Target           { return nil }
func (nothing) TargetsDroppedCounts() map[string]int                  { return nil }
func (nothing) ScrapePoolConfig(string) (*config.ScrapeConfig, error) { return nil, nil }
func (nothing) Alertmanagers() []*url.URL                             { return nil }
func (nothing) DroppedAlertmanagers() []*url.URL                      { return nil }
func (nothing) RuleGroups() []*rules.Group                            { return nil }
func (nothing) AlertingRules() []*rules.AlertingRule                  { return nil }
