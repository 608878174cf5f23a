package query

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Selectors names the series that queries are about, as far as their metrics'
// names and the filters tell: one selector a metric, sorted, for match[]. A
// query that can't be parsed is left out, for it is being written. With no
// metric at all the filters alone are a selector; with no filters either there
// is none.
func Selectors(queries []string, scopes, adhoc []Filter) ([]string, error) {
	filters, err := Matchers(scopes, adhoc)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, q := range queries {
		// Any duration does: only names are looked for.
		root, err := promql.ParseExpr(interpolate(q, macros{step: time.Minute, span: time.Hour, rate: time.Minute}))
		if err != nil {
			continue
		}
		parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
			if v, ok := n.(*parser.VectorSelector); ok {
				if s := selector(v, filters); s != "" {
					out = append(out, s)
				}
			}
			return nil
		})
	}
	if len(out) == 0 && len(filters) > 0 {
		out = append(out, (&parser.VectorSelector{LabelMatchers: filters}).String())
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// selector keeps of v what names the metric, and adds the filters.
func selector(v *parser.VectorSelector, filters []*labels.Matcher) string {
	named := &parser.VectorSelector{Name: v.Name}
	for _, m := range v.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			named.LabelMatchers = append(named.LabelMatchers, m)
		}
	}
	if len(named.LabelMatchers) == 0 {
		return ""
	}
	filterSelector(named, filters)
	return named.String()
}
