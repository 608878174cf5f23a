package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// service is a workspace that keeps the newest time it was sent and answers
// what refuse says.
type service struct {
	newest int64
	counts []int
	refuse func(call int, batch []prompb.TimeSeries) error
}

func (s *service) send(_ context.Context, batch []prompb.TimeSeries) (remotewrite.Summary, error) {
	s.counts = append(s.counts, sampledata.Count(batch))
	if s.refuse != nil {
		if err := s.refuse(len(s.counts), batch); err != nil {
			return remotewrite.Summary{}, err
		}
	}
	for _, ts := range batch {
		for _, sample := range ts.Samples {
			s.newest = max(s.newest, sample.Timestamp)
		}
	}
	return remotewrite.Summary{Samples: sampledata.Count(batch), Requests: 1, Bytes: 1000}, nil
}

// clock stands still but for wait.
type clock struct {
	at    time.Time
	waits int // left until Ctrl-C
	stop  context.CancelFunc
}

func (c *clock) now() time.Time { return c.at }

func (c *clock) wait(ctx context.Context, d time.Duration) error {
	if c.waits == 0 {
		c.stop()
		return ctx.Err()
	}
	c.waits--
	c.at = c.at.Add(d)
	return nil
}

func write(t *testing.T, svc *service, waits int, o sampleWriteOptions) (out, notes string, at time.Time, err error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := &clock{at: time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC), waits: waits, stop: stop}
	var stdout, stderr bytes.Buffer
	w := &sampleWriter{
		set: sampledata.Walkthrough(1), send: svc.send, interval: sampledata.Step,
		describe: func(context.Context, []prompb.MetricMetadata) error { return nil },
		now:      c.now, wait: c.wait, streams: streams{out: &stdout, err: &stderr},
	}
	o.Since = 55 * time.Minute
	err = w.run(ctx, o)
	return stdout.String(), stderr.String(), c.at, err
}

func TestWriteSendsTheWholeWindowInOrder(t *testing.T) {
	svc := &service{}
	out, notes, at, err := write(t, svc, 0, sampleWriteOptions{})
	require.NoError(t, err)
	require.Equal(t, "wrote 9,680 samples of 44 series: 11 requests, 11 kB, 0.0 s\n", out)
	require.Empty(t, notes, "no progress bar where there is no terminal")
	require.Equal(t, at.Truncate(sampledata.Step).UnixMilli(), svc.newest)
}

func TestSecondRunSaysWhatWasRefusedAndNamesFollow(t *testing.T) {
	outOfOrder := &amp.Error{Status: http.StatusBadRequest, Kind: amp.KindBadRequest, Message: "out of order sample"}
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call < 11 {
			return outOfOrder
		}
		return nil
	}}
	out, _, _, err := write(t, svc, 0, sampleWriteOptions{})
	require.ErrorIs(t, err, outOfOrder)
	require.ErrorContains(t, err, "8,800 samples from 11:05:15 to 11:55:00 UTC refused")
	require.ErrorContains(t, err, "--follow")
	require.Contains(t, out, "wrote 880 samples")
	require.Len(t, svc.counts, 11, "later samples may be welcome")
}

func TestDeniedEndsAtOnce(t *testing.T) {
	denied := &amp.Error{Status: http.StatusForbidden, Kind: amp.KindAccessDenied, Message: "not authorized to perform: aps:RemoteWrite"}
	svc := &service{refuse: func(int, []prompb.TimeSeries) error { return denied }}
	for _, follow := range []bool{false, true} {
		svc.counts = nil
		_, _, _, err := write(t, svc, 5, sampleWriteOptions{Follow: follow})
		require.ErrorIs(t, err, denied)
		require.Len(t, svc.counts, 1)
	}
}

func TestFollowWritesEachSampleOnceAndEndsWithCtrlC(t *testing.T) {
	svc := &service{}
	out, notes, at, err := write(t, svc, 4, sampleWriteOptions{Follow: true})
	require.NoError(t, err, "Ctrl-C is how following ends")
	require.Equal(t, []int{44, 44, 44, 44}, svc.counts[11:])
	require.Equal(t, at.UnixMilli(), svc.newest)
	require.Contains(t, out, "wrote 9,856 samples")
	require.Contains(t, notes, "Ctrl-C")
}

func TestFollowMakesUpForAnOutage(t *testing.T) {
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call == 13 || call == 14 {
			return &amp.Error{Status: http.StatusServiceUnavailable, Kind: amp.KindUnavailable, Message: "try later"}
		}
		return nil
	}}
	_, notes, _, err := write(t, svc, 4, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Equal(t, []int{44, 44, 88, 132}, svc.counts[11:])
	require.Contains(t, notes, "trying again")
}

func TestFollowGoesOnWhereThePastIsKnown(t *testing.T) {
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call <= 11 {
			return &amp.Error{Status: http.StatusBadRequest, Kind: amp.KindBadRequest, Message: "out of order sample"}
		}
		return nil
	}}
	out, notes, _, err := write(t, svc, 2, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Contains(t, out, "wrote 88 samples")
	require.Contains(t, notes, "holds samples of this time already")
}

func TestInterruptedHistoryIsAnError(t *testing.T) {
	svc := &service{refuse: func(int, []prompb.TimeSeries) error { return context.Canceled }}
	_, _, _, err := write(t, svc, 0, sampleWriteOptions{})
	require.True(t, errors.Is(err, context.Canceled))
}
