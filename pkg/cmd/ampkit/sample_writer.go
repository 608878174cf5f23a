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
	err := w.describe(ctx, w.set.Metadata())
	if err == nil {
		err = w.past(ctx, end.Add(-o.Since), end)
	}
	if err == nil && o.Follow {
		if w.refused.err != nil {
			w.streams.note("the workspace holds samples of this time already; writing what is new")
		}
		w.streams.note("following; Ctrl-C ends it")
		err = w.follow(ctx, end)
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

// past writes start <= t < end, batch by batch.
func (w *sampleWriter) past(ctx context.Context, start, end time.Time) error {
	bar := w.progress(int64(end.Sub(start) / w.interval * time.Duration(w.set.Len())))
	defer func() { _ = bar.Exit() }()
	for batch := range w.set.Batches(start, end, w.interval, batchSpan) {
		if err := w.write(ctx, batch); err != nil {
			return err
		}
		_ = bar.Add(sampledata.Count(batch))
	}
	return bar.Finish()
}

// follow writes each sample as its time comes. What could not be sent for lack
// of a service is sent again with the next ones.
func (w *sampleWriter) follow(ctx context.Context, from time.Time) error {
	for {
		next := w.now().Truncate(w.interval).Add(w.interval)
		if err := w.wait(ctx, next.Sub(w.now())); err != nil {
			return err
		}
		to := w.now().Truncate(w.interval).Add(w.interval) // what is due by now, and nothing before its time
		err := w.write(ctx, w.set.Between(from, to, w.interval))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case isTransient(err):
			w.streams.note("not written, trying again in %s: %v", w.interval, err)
		case err != nil:
			return err
		default:
			from = to
		}
	}
}

// write sends one batch. A refusal of its samples (out of order, too old, known
// already) is counted, for the next batch may be welcome; anything else ends it.
func (w *sampleWriter) write(ctx context.Context, batch []prompb.TimeSeries) error {
	if len(batch) == 0 {
		return nil
	}
	sum, err := w.send(ctx, batch)
	w.total.Samples += sum.Samples
	w.total.Histograms += sum.Histograms
	w.total.Requests += sum.Requests
	w.total.Retries += sum.Retries
	w.total.Bytes += sum.Bytes
	if answer := new(amp.Error); errors.As(err, &answer) && answer.Status == http.StatusBadRequest {
		w.refused.add(batch, sampledata.Count(batch)-sum.Samples-sum.Histograms, err)
		return nil
	}
	return err
}

func isTransient(err error) bool {
	var e *amp.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Temporary() || e.Kind == amp.KindNetwork || e.Kind == amp.KindTimeout || e.Kind == amp.KindServer
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
