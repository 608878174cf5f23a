package dataplane

import (
	"fmt"
	"time"
)

// Limits are the quotas of a workspace. The zero value of a field means the
// service's default; see [DefaultLimits] for them and their sources.
type Limits struct {
	// SampleAge is how old a sample may be when it is written.
	SampleAge time.Duration
	// SampleAhead is how far in the future a sample may lie.
	SampleAhead time.Duration
	// OutOfOrder is the workspace's out-of-order window. Negative means none.
	OutOfOrder time.Duration
	// WriteBytes bounds the compressed body of one write.
	WriteBytes int64
	// WriteDecodedBytes bounds what a write may decompress to.
	WriteDecodedBytes int
	// Labels is how many labels a series may have, the metric name among them.
	Labels int
	// Series is how many series may be active.
	Series uint64
	// Metadata is how many metrics may have metadata; more is dropped.
	Metadata int

	// QueryBytes bounds the body of a query sent by POST.
	QueryBytes int64
	// QueryTime is how long a query may take.
	QueryTime time.Duration
	// QuerySamples is how many samples a query may process.
	QuerySamples int64
	// QueryRange is how far apart the first and last sample of a selector may be.
	QueryRange time.Duration
	// QueryPoints is how many points a series of a range query may have. More
	// than 11,000 can't be had: Prometheus' API holds the same limit.
	QueryPoints int64

	// AlignRange moves the start and the end of range queries to multiples of
	// the step, as users report the service does at times.
	AlignRange bool
	// UTF8Names accepts metric and label names beyond [a-zA-Z_:][a-zA-Z0-9_:]*.
	UTF8Names bool
}

// DefaultLimits are the quotas that AWS documents for a new workspace
// (docs.aws.amazon.com/prometheus/latest/userguide/AMP_quotas.html); SampleAhead,
// WriteDecodedBytes and QueryBytes are not documented and set as Cortex sets them.
func DefaultLimits() Limits {
	return Limits{
		SampleAge:         time.Hour,
		SampleAhead:       10 * time.Minute,
		OutOfOrder:        time.Minute,
		WriteBytes:        1 << 20,
		WriteDecodedBytes: 32 << 20,
		Labels:            70,
		Series:            10_000_000,
		Metadata:          20_000,
		QueryBytes:        1 << 20,
		QueryTime:         time.Minute,
		QuerySamples:      50_000_000,
		QueryRange:        32 * 24 * time.Hour,
		QueryPoints:       maxPoints,
	}
}

const (
	maxPoints     = 11_000 // web/api/v1 refuses more
	maxOutOfOrder = 10 * time.Minute
	maxQueryRange = 95 * 24 * time.Hour
)

// WithDefaults fills what is zero and refuses what the service could not be set to.
func (l Limits) WithDefaults() (Limits, error) {
	d := DefaultLimits()
	fill(&l.SampleAge, d.SampleAge)
	fill(&l.SampleAhead, d.SampleAhead)
	fill(&l.OutOfOrder, d.OutOfOrder)
	fill(&l.WriteBytes, d.WriteBytes)
	fill(&l.WriteDecodedBytes, d.WriteDecodedBytes)
	fill(&l.Labels, d.Labels)
	fill(&l.Series, d.Series)
	fill(&l.Metadata, d.Metadata)
	fill(&l.QueryBytes, d.QueryBytes)
	fill(&l.QueryTime, d.QueryTime)
	fill(&l.QuerySamples, d.QuerySamples)
	fill(&l.QueryRange, d.QueryRange)
	fill(&l.QueryPoints, d.QueryPoints)
	l.OutOfOrder = max(l.OutOfOrder, 0)
	switch {
	case l.OutOfOrder > maxOutOfOrder:
		return l, fmt.Errorf("out-of-order window %v: AMP allows 0s to %v", l.OutOfOrder, maxOutOfOrder)
	case l.QueryRange > maxQueryRange:
		return l, fmt.Errorf("query range %v: AMP allows up to %v", l.QueryRange, maxQueryRange)
	case l.QueryPoints > maxPoints:
		return l, fmt.Errorf("query points %d: Prometheus' API allows up to %d", l.QueryPoints, maxPoints)
	}
	return l, nil
}

func fill[T comparable](field *T, value T) {
	if zero := *new(T); *field == zero {
		*field = value
	}
}

// BodyLimit is how many bytes a request for the route may carry. The limits
// must be complete: see WithDefaults.
func (l Limits) BodyLimit(route Route) int64 {
	if route.Endpoint == RemoteWrite {
		return l.WriteBytes
	}
	return l.QueryBytes
}
