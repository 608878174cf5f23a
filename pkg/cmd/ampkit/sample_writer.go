package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/prompb"
	"github.com/schollz/progressbar/v3"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// batchSpan is how much time one call of the sender covers: a few hundred
// samples a second of progress, well below a megabyte.
const batchSpan = 5 * time.Minute

// sampleWriter writes the past, then, if asked to, the present as it comes.
type sampleWriter struct {
	set      *sampledata.Set
	describe func(context.Context, []prompb.MetricMetadata) error
	send     func(context.Context, []prompb.TimeSeries) (remotewrite.Summary, error)
	interval time.Duration
	now      func() time.Time
	wait     func(context.Context, time.Duration) error
	streams  streams

	total   remotewrite.Summary
	refused refusedError
}

// refusedError is what the workspace did not take as out of order or too old.
type refusedError struct {
	samples  int   // in requests refused in whole or in part: the answer does not say
	from, to int64 // in ms since the epoch
	err      error // the first
}

func (r *refusedError) add(batch []prompb.TimeSeries, samples int, err error) {
	times := batch[0].Samples // all series of a batch have the same times, and the first is no histogram
	if r.err == nil {
		r.err, r.from = err, times[0].Timestamp
	}
	r.samples += samples
	r.to = times[len(times)-1].Timestamp
}

func (r *refusedError) Error() string {
	clock := func(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.TimeOnly) }
	return fmt.Sprintf("%s samples from %s to %s UTC refused, in whole or in part: %v; AMP takes samples of the last hour, in order and once: --follow goes on from what the workspace holds",
		thousands(r.samples), clock(r.from), clock(r.to), r.err)
}

func (r *refusedError) Unwrap() error { return r.err }

func (w *sampleWriter) run(ctx context.Context, o sampleWriteOptions) error {
	began := w.now()
	end := o.Until
	if end.IsZero() {
		end = began
	}
	from := end.Add(-o.Since)
	err := w.describe(ctx, w.set.Metadata())
	if err == nil {
		from, err = w.past(ctx, from, end)
	}
	if o.Follow && (err == nil || w.welcome() && heals(err)) {
		if w.refused.err != nil {
			w.streams.note("the workspace holds samples of this time already; writing what is new")
		}
		w.streams.note("following; Ctrl-C ends it")
		err = w.follow(ctx, from, err)
	}
	if o.Follow && ctx.Err() != nil {
		err = nil // Ctrl-C is the way to end it
	}
	w.total.Duration = w.now().Sub(began)
	if _, printErr := fmt.Fprintln(w.streams.out, w.summary()); err == nil {
		err = printErr
	}
	if err == nil && !o.Follow && w.refused.err != nil {
		err = &w.refused
	}
	return err
}

// past writes start <= t < end and returns how far it came.
func (w *sampleWriter) past(ctx context.Context, start, end time.Time) (time.Time, error) {
	bar := w.progress(int64(end.Sub(start) / w.interval * time.Duration(w.set.Len())))
	defer func() { _ = bar.Exit() }()
	reached, err := w.write(ctx, start, end, func(samples int) { _ = bar.Add(samples) })
	if err != nil {
		return reached, err
	}
	return reached, bar.Finish()
}

// follow writes each sample as its time comes, beginning with what err, the
// end of the past, left over. A write whose failure may heal is tried again,
// less and less often, together with what has come due since; what is wrong is
// told once.
func (w *sampleWriter) follow(ctx context.Context, from time.Time, err error) error {
	known := w.refused.err != nil
	rest, told := w.interval, amp.Kind("")
	for {
		next := w.interval
		switch e := new(amp.Error); {
		case err == nil:
			if told != "" {
				w.streams.note("writing again")
			}
			rest, told = w.interval, ""
		case heals(err) && errors.As(err, &e):
			if told != e.Kind {
				w.streams.note("not written, trying again in %s, then less often: %v", rest, err)
			}
			next, rest, told = rest, max(w.interval, min(2*rest, longestRest)), e.Kind
		default:
			return err
		}
		due := w.now().Add(next).Truncate(w.interval)
		if err := w.wait(ctx, due.Sub(w.now())); err != nil {
			return err
		}
		to := w.now().Truncate(w.interval).Add(w.interval) // what is due by now, and nothing before its time
		from, err = w.write(ctx, from, to, func(int) {})
		if w.refused.err != nil && !known {
			known = true
			w.streams.note("not taken, going on with what is new: %v", w.refused.err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// longestRest is short beside the hour within which AMP takes what is missing.
const longestRest = 5 * time.Minute

// heals tells whether a later write may be taken although nobody changes the
// command: a role or policy takes effect late, a session is renewed, a service
// or a network comes back. A workspace that is gone does not.
func heals(err error) bool {
	return errors.As(err, new(*amp.Error)) &&
		!amp.IsKind(err, amp.KindWorkspaceNotFound, amp.KindNotFound, amp.KindBadRequest, amp.KindTooLarge, amp.KindRefused)
}

// welcome tells whether the workspace has taken a write, or would have but for
// its samples: address, identity and permission are right then.
func (w *sampleWriter) welcome() bool { return w.total.Requests > 0 || w.refused.err != nil }

// write sends start <= t < end, batch by batch, tells of each, and returns how
// far it came. A refusal of samples (out of order, too old, known already) is
// counted, for the next batch may be welcome; anything else ends it.
func (w *sampleWriter) write(ctx context.Context, start, end time.Time, sent func(samples int)) (time.Time, error) {
	for batch := range w.set.Batches(start, end, w.interval, batchSpan) {
		sum, err := w.send(ctx, batch)
		w.total.Samples += sum.Samples
		w.total.Histograms += sum.Histograms
		w.total.Requests += sum.Requests
		w.total.Retries += sum.Retries
		w.total.Bytes += sum.Bytes
		samples := sampledata.Count(batch)
		if answer := new(amp.Error); errors.As(err, &answer) && answer.Status == http.StatusBadRequest {
			w.refused.add(batch, samples-sum.Samples-sum.Histograms, err)
		} else if err != nil {
			return start, err
		}
		times := batch[0].Samples // all series have the same times, and the first is no histogram
		start = time.UnixMilli(times[len(times)-1].Timestamp + 1)
		sent(samples)
	}
	return end, nil
}

func (w *sampleWriter) summary() string {
	t := w.total
	text := fmt.Sprintf("wrote %s samples of %d series: %s, %s, %.1f s",
		thousands(t.Samples+t.Histograms), w.set.Len(), plural(t.Requests, "request"), byteSize(t.Bytes), t.Duration.Seconds())
	if t.Retries > 0 {
		text += fmt.Sprintf(", %d sent again", t.Retries)
	}
	return text
}

// progress is a bar on a terminal and nothing elsewhere.
func (w *sampleWriter) progress(samples int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(samples,
		progressbar.OptionSetWriter(w.streams.err),
		progressbar.OptionSetVisibility(isTerminal(w.streams.err)),
		progressbar.OptionSetDescription("writing samples"),
		progressbar.OptionSetWidth(40),
		progressbar.OptionShowCount(),
		progressbar.OptionEnableColorCodes(useColour(w.streams.err)),
		progressbar.OptionClearOnFinish(),
	)
}
