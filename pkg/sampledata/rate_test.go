package sampledata_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/sampledata"
)

// What the generator says a query answers is what Prometheus' engine answers,
// at every point of the window: full windows, windows that reach back before
// the first sample, windows with a restart in them.
func TestExpectedAgreesWithTheEngine(t *testing.T) {
	store := teststorage.New(t)
	set := sampledata.Walkthrough(sampledata.DefaultSeed)
	start := noon.Add(-since)
	app := store.Appender(context.Background())
	for _, ts := range set.Between(start, noon, interval) {
		lbls := labels.NewScratchBuilder(len(ts.Labels))
		for _, l := range ts.Labels {
			lbls.Add(l.Name, l.Value)
		}
		for _, s := range ts.Samples {
			_, err := app.Append(0, lbls.Labels(), s.Timestamp, s.Value)
			require.NoError(t, err)
		}
		for _, h := range ts.Histograms {
			_, err := app.AppendHistogram(0, lbls.Labels(), h.Timestamp, h.ToIntHistogram(), nil)
			require.NoError(t, err)
		}
	}
	require.NoError(t, app.Commit())
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
