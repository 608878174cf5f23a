package sampledata_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sampledata/sampletest"
)

// What the generator says a query answers is what Prometheus' engine answers,
// at every point of the window: full windows, windows that reach back before
// the first sample, windows with a restart in them.
func TestExpectedAgreesWithTheEngine(t *testing.T) {
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	start := noon.Add(-since)
	store := sampletest.Store(t, set.Between(start, noon, interval))
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)

	for _, q := range []sampledata.SumRate{sampledata.RequestsByPath, sampledata.TransmitByInstance} {
		expected := set.Expect(q, start, noon, interval)
		for at := start; !at.After(noon.Add(4 * time.Minute)); at = at.Add(20 * time.Second) {
			query, err := engine.NewInstantQuery(t.Context(), store, nil, q.Expr, at)
			require.NoError(t, err)
			vector, err := query.Exec(t.Context()).Vector()
			require.NoError(t, err)
			requireSame(t, expected.At(at), vector, q.By)
			query.Close()
		}
		require.Len(t, expected.At(noon), 3)
	}
}

func requireSame(t *testing.T, want map[string]float64, got promql.Vector, by string) {
	t.Helper()
	require.Len(t, got, len(want))
	for _, s := range got {
		require.InEpsilon(t, want[s.Metric.Get(by)], s.F, 1e-9, s.Metric)
	}
}

func TestRateNeedsTwoSamples(t *testing.T) {
	_, ok := sampledata.Rate(nil, noon, time.Minute)
	require.False(t, ok)
}
