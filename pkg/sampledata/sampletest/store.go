// Package sampletest puts sample data into Prometheus' own storage, for tests.
package sampletest

import (
	"context"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

// Store holds series until the test ends.
func Store(t *testing.T, series []prompb.TimeSeries) storage.Storage {
	t.Helper()
	store := teststorage.New(t)
	app := store.Appender(context.Background())
	for _, ts := range series {
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
	return store
}
