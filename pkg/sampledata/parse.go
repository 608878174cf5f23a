package sampledata

import (
	_ "embed"
	"fmt"
	"hash/fnv"
	"math"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/promql/parser"
)

//go:embed walkthrough.series
var walkthrough string

// series is one line of the notation, taken apart into what it grows by.
type series struct {
	labels []prompb.Label // sorted, with __name__
	group  uint64         // series of one group share their noise
	steps  []step         // one round; then it begins again
	whole  bool           // grows in whole numbers
}

// step is one value of the notation: what is added to the one before, or, after
// a restart, the value itself.
type step struct {
	restart bool
	add     float64
	addHist *histogram.FloatHistogram
}

// parse reads lines of series notation and the "# HELP" and "# TYPE" lines of
// the exposition format; other comments and empty lines are skipped.
func parse(text string, seed uint64) (*Set, error) {
	set := &Set{seed: seed}
	types := map[string]model.MetricType{}
	for n, line := range strings.Split(text, "\n") {
		var err error
		switch {
		case strings.HasPrefix(line, "# HELP "):
			name, help, _ := strings.Cut(strings.TrimPrefix(line, "# HELP "), " ")
			set.metadata = append(set.metadata, prompb.MetricMetadata{MetricFamilyName: name, Help: help})
		case strings.HasPrefix(line, "# TYPE "):
			name, typ, _ := strings.Cut(strings.TrimPrefix(line, "# TYPE "), " ")
			types[name] = model.MetricType(typ)
		case line != "" && line[0] != '#':
			err = set.parseSeries(line, types)
		}
		if err != nil {
			return nil, fmt.Errorf("sample series, line %d: %w", n+1, err)
		}
	}
	for i := range set.metadata {
		md := &set.metadata[i]
		md.Type = prompb.FromMetadataType(types[md.MetricFamilyName])
	}
	return set, nil
}

func (s *Set) parseSeries(line string, types map[string]model.MetricType) error {
	lbls, values, err := parser.NewParser(parser.Options{}).ParseSeriesDesc(line)
	if err != nil {
		return err
	}
	counter := types[lbls.Get(model.MetricNameLabel)] != model.MetricTypeGauge
	sr := series{
		labels: prompb.FromLabels(lbls, nil),
		group:  groupOf(lbls),
		steps:  make([]step, len(values)),
		whole:  true,
	}
	for i, v := range values {
		st := step{restart: i == 0, add: v.Value, addHist: v.Histogram}
		switch {
		case v.Omitted:
			return fmt.Errorf("series %s: gaps are not supported", lbls)
		case v.Histogram != nil && i > 0:
			if st.addHist, _, _, err = v.Histogram.Copy().Sub(values[i-1].Histogram); err != nil {
				return fmt.Errorf("series %s: %w", lbls, err)
			}
		case i > 0:
			st.restart = counter && v.Value < values[i-1].Value
			if !st.restart {
				st.add -= values[i-1].Value
			}
		}
		sr.whole = sr.whole && st.add == math.Trunc(st.add)
		sr.steps[i] = st
	}
	s.series = append(s.series, sr)
	return nil
}

// groupOf hashes what all series of one target and one set of dimensions share.
// Not labels.Hash: that one may change between releases and build tags, and
// with it every value.
func groupOf(lbls labels.Labels) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(labels.NewBuilder(lbls).Del(model.MetricNameLabel, labels.BucketLabel).Labels().String()))
	return h.Sum64()
}
