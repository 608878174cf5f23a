package promjson

import (
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// series is one series of a matrix or vector, its floats and its native histograms apart.
type series struct {
	labels data.Labels
	floats []sample
	// histograms counts them: one without buckets has no cells.
	histograms int
	cells      []cell
}

// cell is one bucket of a native histogram.
type cell struct {
	millis          int64
	layout          int8
	min, max, count float64
}

// oneSeries reads one series; of a vector it must have a sample.
func (a *answer) oneSeries(instant bool) (series, error) {
	s := series{labels: data.Labels{}}
	readers := map[string]func() error{
		"metric": func() error { return a.labels(s.labels) },
		"value":  func() error { return a.floatSample(&s) }, "histogram": func() error { return a.histogramSample(&s) },
		"values":     func() error { return a.array(func() error { return a.floatSample(&s) }) },
		"histograms": func() error { return a.array(func() error { return a.histogramSample(&s) }) },
	}
	foreign := []string{"value", "histogram"}
	if instant {
		foreign = []string{"values", "histograms"}
	}
	for _, key := range foreign {
		readers[key] = func() error { return a.failf("%q in a %s", key, a.Type) }
	}
	if err := a.object(readers); err != nil {
		return s, err
	}
	if instant && len(s.floats)+s.histograms == 0 {
		return s, a.failf("a series of a vector without a sample")
	}
	return s, nil
}

func (a *answer) labels(into data.Labels) error {
	if err := a.delim('{'); err != nil {
		return err
	}
	for a.dec.More() {
		name, err := a.string()
		if err != nil {
			return err
		}
		value, err := a.string()
		if err != nil {
			return err
		}
		if _, twice := into[name]; twice {
			return a.failf("label %q a second time", name)
		}
		into[name] = value
	}
	return a.delim('}')
}

// pair reads [timestamp, something].
func (a *answer) pair(millis *int64, second func() error) (err error) {
	if err := a.delim('['); err != nil {
		return err
	}
	if *millis, err = a.timestamp(); err != nil {
		return err
	}
	if err := second(); err != nil {
		return err
	}
	return a.delim(']')
}

func (a *answer) floatSample(s *series) error {
	var f sample
	err := a.pair(&f.millis, func() (err error) {
		f.value, err = a.float()
		return err
	})
	s.floats = append(s.floats, f)
	return err
}

func (a *answer) histogramSample(s *series) error {
	s.histograms++
	var millis int64
	return a.pair(&millis, func() error {
		return a.object(map[string]func() error{
			"buckets": func() error {
				return a.array(func() error {
					c, err := a.bucket()
					c.millis = millis
					s.cells = append(s.cells, c)
					return err
				})
			},
		})
	})
}

// bucket reads [layout, "min", "max", "count"].
func (a *answer) bucket() (c cell, err error) {
	if err := a.delim('['); err != nil {
		return c, err
	}
	layout, err := a.number()
	if err != nil {
		return c, err
	}
	n, err := strconv.ParseInt(layout, 10, 8)
	if err != nil {
		return c, a.failf("bucket layout %w", err)
	}
	c.layout = int8(n)
	for _, into := range []*float64{&c.min, &c.max, &c.count} {
		if *into, err = a.float(); err != nil {
			return c, err
		}
	}
	return c, a.delim(']')
}
