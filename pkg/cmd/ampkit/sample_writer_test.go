package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
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
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call < 11 {
			return errOutOfOrder
		}
		return nil
	}}
	out, _, _, err := write(t, svc, 0, sampleWriteOptions{})
	require.ErrorIs(t, err, errOutOfOrder)
	require.ErrorContains(t, err, "8,800 samples from 11:05:15 to 11:55:00 UTC refused")
	require.ErrorContains(t, err, "--follow")
	require.Contains(t, out, "wrote 880 samples")
	require.Len(t, svc.counts, 11, "later samples may be welcome")
}

func TestDeniedEndsAtOnce(t *testing.T) {
	svc := &service{refuse: func(int, []prompb.TimeSeries) error { return errDenied }}
	for _, follow := range []bool{false, true} {
		svc.counts = nil
		_, _, _, err := write(t, svc, 5, sampleWriteOptions{Follow: follow})
		require.ErrorIs(t, err, errDenied)
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

var (
	errDenied      = &amp.Error{Status: http.StatusForbidden, Kind: amp.KindAccessDenied, Message: "not authorized to perform: aps:RemoteWrite"}
	errUnavailable = &amp.Error{Status: http.StatusServiceUnavailable, Kind: amp.KindUnavailable, Message: "try later"}
	errGone        = &amp.Error{Status: http.StatusNotFound, Kind: amp.KindWorkspaceNotFound, Message: "Workspace not found"}
	errOutOfOrder  = &amp.Error{Status: http.StatusBadRequest, Kind: amp.KindBadRequest, Message: "out of order sample"}
)

func TestFollowMakesUpForAnOutage(t *testing.T) {
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		switch call {
		case 13, 14:
			return errUnavailable
		case 15:
			return errDenied
		}
		return nil
	}}
	_, notes, _, err := write(t, svc, 6, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Equal(t, []int{44, 44, 2 * 44, 4 * 44, 8 * 44, 44}, svc.counts[11:], "less and less often, and as before when all is well")
	require.Equal(t, "following; Ctrl-C ends it\n"+
		"not written, trying again in 15s, then less often: 503 from AMP: try later\n"+
		"not written, trying again in 1m0s, then less often: 403 from AMP: not authorized to perform: aps:RemoteWrite\n"+
		"writing again\n", notes, "what is wrong is told once")
}

// after refuses with err whatever follows so many calls.
func after(calls int, err error) func(int, []prompb.TimeSeries) error {
	return func(call int, _ []prompb.TimeSeries) error {
		if call > calls {
			return err
		}
		return nil
	}
}

func TestFollowRestsFiveMinutesAtMost(t *testing.T) {
	svc := &service{refuse: after(11, errDenied)}
	_, notes, at, err := write(t, svc, 12, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(notes, "403"))
	rests := 15*(1+1+2+4+8+16)*time.Second + 6*5*time.Minute
	require.Equal(t, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(rests), at)
}

// A role that was just made may be taken here and not there for a minute.
func TestFollowGoesOnFromABrokenPast(t *testing.T) {
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call == 3 {
			return errDenied
		}
		return nil
	}}
	out, notes, at, err := write(t, svc, 1, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Contains(t, out, "wrote 9,724 samples", "55 minutes and a quarter, each once")
	require.Equal(t, at.UnixMilli(), svc.newest)
	require.Contains(t, notes, "403 from AMP")
	require.Contains(t, notes, "writing again")
}

func TestFollowEndsWithTheWorkspace(t *testing.T) {
	svc := &service{refuse: after(12, errGone)}
	_, _, _, err := write(t, svc, 5, sampleWriteOptions{Follow: true})
	require.ErrorIs(t, err, errGone)
	require.Len(t, svc.counts, 13)
}

func TestFollowTellsOfSamplesThatAreNotTaken(t *testing.T) {
	svc := &service{refuse: after(12, errOutOfOrder)} // another one writes the same series
	_, notes, _, err := write(t, svc, 4, sampleWriteOptions{Follow: true})
	require.NoError(t, err)
	require.Equal(t, []int{44, 44, 44, 44}, svc.counts[11:])
	require.Equal(t, 1, strings.Count(notes, "not taken, going on with what is new: 400 from AMP: out of order sample"), notes)
}

// A refusal of the service itself, between two writes that it takes.
func TestFollowOutlivesARefusal(t *testing.T) {
	e, err := emulator.New(emulator.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	server := httptest.NewServer(e)
	defer server.Close()
	workspace, err := e.CreateWorkspace(t.Context(), "prod", "")
	require.NoError(t, err)
	key, err := e.AddUser("", "writer", emulator.Policy(emulator.WriteActions))
	require.NoError(t, err)
	t.Setenv("AWS_ACCESS_KEY_ID", key.ID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key.Secret)
	t.Setenv("AWS_REGION", e.Region())
	target, err := workspaceOptions{Workspace: workspace.ID, awsOptions: awsOptions{EndpointURL: server.URL}}.connect(t.Context())
	require.NoError(t, err)
	defer target.close()
	sender := remotewrite.New(remotewrite.Config{URL: target.endpoint.RemoteWriteURL(), HTTPClient: target.client})

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := &clock{at: time.Now().Add(-5 * time.Minute), waits: 4, stop: stop}
	accepted := func() int { return e.Counts().Data("api/v1/remote_write", http.StatusOK) }
	before := 0
	var stdout, stderr bytes.Buffer
	w := &sampleWriter{
		set: sampledata.Walkthrough(1), send: sender.Send, describe: sender.Describe, interval: sampledata.Step, now: c.now,
		wait: func(ctx context.Context, d time.Duration) error {
			if c.waits == 3 { // one sample was followed
				before = accepted()
				e.Inject(2, emulator.Fault{Status: http.StatusForbidden, Body: `{"message":"User: x is not authorized to perform: aps:RemoteWrite"}`})
			}
			return c.wait(ctx, d)
		},
		streams: streams{out: &stdout, err: &stderr},
	}
	require.NoError(t, w.run(ctx, sampleWriteOptions{Since: 10 * time.Minute, Follow: true}))
	require.Equal(t, before+1, accepted(), stderr.String())
	require.Equal(t, 1, strings.Count(stderr.String(), "403 from AMP"), stderr.String())
	require.Contains(t, stderr.String(), "writing again")
	require.Regexp(t, `^wrote 1,980 samples of 44 series`, stdout.String(), "of ten minutes and of five ticks, each once")
}

func TestFollowGoesOnWhereThePastIsKnown(t *testing.T) {
	svc := &service{refuse: func(call int, _ []prompb.TimeSeries) error {
		if call <= 11 {
			return errOutOfOrder
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
