package dataplane

import (
	"context"
	"errors"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage"
)

// batch is one write on its way into the TSDB.
type batch struct {
	*Storage
	app storage.Appender
	now int64
	// newest is the latest sample of each series in this batch: until it is
	// committed the TSDB does not compare samples of one batch with each other.
	newest map[storage.SeriesRef]point
	// head is the latest sample of the workspace, this batch included.
	head int64
	// refused is the first refusal, which the client is told.
	refused error
}

type point struct {
	at    int64
	value uint64 // the float's bits; histograms leave it 0 and are never compared
	float bool
}

func (s *Storage) newBatch(ctx context.Context) *batch {
	return &batch{
		Storage: s,
		app:     s.db.Appender(ctx),
		now:     s.now().UnixMilli(),
		newest:  map[storage.SeriesRef]point{},
		head:    s.db.Head().MaxTime(),
	}
}

// add appends one series' samples. It returns only errors that end the batch;
// refusals are noted.
func (b *batch) add(ls labels.Labels, ts *prompb.TimeSeries) error {
	if err := b.checkSeries(ls, ts); err != nil {
		b.note(err)
		return nil
	}
	var ref storage.SeriesRef // 0 for a new series
	if known, ok := b.app.(storage.GetRef); ok {
		ref, _ = known.GetRef(ls, ls.Hash())
	}
	for _, sample := range ts.Samples {
		p := point{at: sample.Timestamp, value: math.Float64bits(sample.Value), float: true}
		err := b.append(&ref, p, ls, func() (storage.SeriesRef, error) {
			return b.app.Append(ref, ls, sample.Timestamp, sample.Value)
		})
		if err != nil {
			return err
		}
	}
	for _, h := range ts.Histograms {
		if err := checkSchema(h.Schema, ls); err != nil {
			b.note(err)
			continue
		}
		err := b.append(&ref, point{at: h.Timestamp}, ls, func() (storage.SeriesRef, error) {
			if h.IsFloatHistogram() {
				return b.app.AppendHistogram(ref, ls, h.Timestamp, nil, h.ToFloatHistogram())
			}
			return b.app.AppendHistogram(ref, ls, h.Timestamp, h.ToIntHistogram(), nil)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkSeries judges what makes Cortex' distributor refuse a series whole.
func (b *batch) checkSeries(ls labels.Labels, ts *prompb.TimeSeries) error {
	if err := b.checkLabels(ls); err != nil {
		return err
	}
	for _, s := range ts.Samples {
		if err := b.checkTime(s.Timestamp, b.now, ls); err != nil {
			return err
		}
	}
	for _, h := range ts.Histograms {
		if err := b.checkTime(h.Timestamp, b.now, ls); err != nil {
			return err
		}
	}
	return nil
}

// append stores one sample through do, unless this batch holds a newer one of
// its series that the TSDB can't see yet.
func (b *batch) append(ref *storage.SeriesRef, p point, ls labels.Labels, do func() (storage.SeriesRef, error)) error {
	if last, seen := b.newest[*ref]; seen {
		if p == last && p.float {
			return nil // the very same sample again is no error
		}
		if err := b.order(p, last); err != nil {
			b.note(b.ingestError(err, p.at, ls))
			return nil
		}
	}
	got, err := do()
	if err != nil {
		if err = b.ingestError(err, p.at, ls); !errors.As(err, new(*refusal)) {
			return err
		}
		b.note(err)
		return nil
	}
	*ref = got
	if last, seen := b.newest[got]; !seen || p.at > last.at {
		b.newest[got] = p
	}
	b.head = max(b.head, p.at)
	return nil
}

// order is the TSDB's own rule, for a sample and the latest of its series.
func (b *batch) order(p, last point) error {
	window := b.limits.OutOfOrder.Milliseconds()
	switch {
	case p.at > last.at:
		return nil
	case p.at == last.at:
		return storage.ErrDuplicateSampleForTimestamp
	case window == 0:
		return storage.ErrOutOfOrderSample
	case p.at < b.head-window:
		return storage.ErrTooOldSample
	}
	return nil
}

func (b *batch) note(err error) {
	if b.refused == nil {
		b.refused = err
	}
}
