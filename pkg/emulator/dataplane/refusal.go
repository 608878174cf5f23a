package dataplane

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// The words of this file are Cortex' (pkg/util/validation/errors.go and
// pkg/ingester/ingester.go); users of AMP quote the same in public threads.

// refusal is why a sample, a series or a whole write was not stored.
type refusal struct {
	text   string
	status int
}

func (r *refusal) Error() string { return r.text }

func refuse(format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), http.StatusBadRequest}
}

type seriesLimitError struct{ limit uint64 }

func (e *seriesLimitError) Error() string {
	return fmt.Sprintf("per-user series limit of %d exceeded, please contact administrator to raise it", e.limit)
}

// checkLabels judges a series as Cortex' distributor does, before its samples.
func (s *Storage) checkLabels(ls labels.Labels) error {
	names := model.LegacyValidation
	if s.limits.UTF8Names {
		names = model.UTF8Validation
	}
	name := ls.Get(model.MetricNameLabel)
	switch {
	case name == "":
		return refuse("sample missing metric name")
	case !names.IsValidMetricName(name):
		return refuse("sample invalid metric name: %.200q", name)
	case ls.Len() > s.limits.Labels:
		return refuse("series has too many labels (actual: %d, limit: %d) series: '%s'", ls.Len(), s.limits.Labels, cortexSeries(ls))
	}
	if twice, found := ls.HasDuplicateLabelNames(); found {
		return refuse("duplicate label name: %.200q metric %.200q", twice, cortexSeries(ls))
	}
	return ls.Validate(func(l labels.Label) error {
		if !names.IsValidLabelName(l.Name) || !model.LabelValue(l.Value).IsValid() {
			return refuse("sample invalid label: %.200q metric %.200q", l.Name, cortexSeries(ls))
		}
		return nil
	})
}

// checkTime judges a sample's age by the clock.
func (s *Storage) checkTime(at, now int64, ls labels.Labels) error {
	switch {
	case at < now-s.limits.SampleAge.Milliseconds():
		return refuse("timestamp too old: %d metric: %.200q", at, ls.Get(model.MetricNameLabel))
	case at > now+s.limits.SampleAhead.Milliseconds():
		return refuse("timestamp too new: %d metric: %.200q", at, ls.Get(model.MetricNameLabel))
	}
	return nil
}

// checkSchema judges a native histogram. Custom buckets (schema -53) are not
// among those that AMP documents.
func checkSchema(schema int32, ls labels.Labels) error {
	if schema < minSchema || schema > maxSchema {
		return refuse("invalid native histogram schema %d for metric: %.200q. supported schema from %d to %d",
			schema, cortexSeries(ls), minSchema, maxSchema)
	}
	return nil
}

const minSchema, maxSchema = histogram.ExponentialSchemaMin, histogram.ExponentialSchemaMax

// ingestError words what the TSDB refused as Cortex' ingester does, or returns
// err as it is when it is not the sample's fault.
func (s *Storage) ingestError(err error, at int64, ls labels.Labels) error {
	switch {
	case errors.Is(err, storage.ErrDuplicateSampleForTimestamp):
		return refuse("user=%s: err: %v. series=%s", s.tenant, err, ls)
	case errors.Is(err, storage.ErrOutOfOrderSample),
		errors.Is(err, storage.ErrTooOldSample),
		errors.Is(err, storage.ErrOutOfBounds):
		return refuse("user=%s: err: %v. timestamp=%s, series=%s",
			s.tenant, err, time.UnixMilli(at).UTC().Format(time.RFC3339Nano), ls)
	case errors.As(err, new(*seriesLimitError)):
		// Where Cortex says 400, AMP says 429 ("Troubleshoot Amazon Managed
		// Service for Prometheus errors"), which clients may try again.
		return &refusal{fmt.Sprintf("user=%s: %v", s.tenant, err), http.StatusTooManyRequests}
	case errors.As(err, new(histogram.Error)):
		return refuse("user=%s: invalid native histogram, validation err: %v, metric: %.200q", s.tenant, err, cortexSeries(ls))
	}
	return err
}

// cortexSeries is name{label="value", …} with a space after each comma.
func cortexSeries(ls labels.Labels) string {
	var pairs []string
	ls.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			pairs = append(pairs, fmt.Sprintf("%s=%q", l.Name, l.Value))
		}
	})
	name := ls.Get(model.MetricNameLabel)
	if len(pairs) == 0 && name != "" {
		return name
	}
	return fmt.Sprintf("%s{%s}", name, strings.Join(pairs, ", "))
}
