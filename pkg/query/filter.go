package query

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Filter is an ad-hoc or scope filter: a label, an operator and one value, or
// several for the operators that take them.
type Filter struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Value    string   `json:"value"`
	Values   []string `json:"values"`
}

// promql accepts whatever any server may: it is the server that decides.
var promql = parser.NewParser(parser.Options{
	EnableExperimentalFunctions:  true,
	ExperimentalDurationExpr:     true,
	EnableExtendedRangeSelectors: true,
	EnableBinopFillModifiers:     true,
})

// ApplyFilters adds filters to every selector of an expression, and labels to
// group by to every aggregation. Filters take the place of matchers on the
// same label, ad-hoc filters that of scopes. An expression that nothing is
// applied to is returned as it was written.
func ApplyFilters(expr string, scopes, adhoc []Filter, groupBy []string) (string, error) {
	matchers, err := Matchers(scopes, adhoc)
	if err != nil {
		return "", err
	}
	groupBy = slices.DeleteFunc(slices.Clone(groupBy), func(key string) bool { return key == "" }) // still being written
	if len(matchers) == 0 && len(groupBy) == 0 {
		return expr, nil
	}
	root, err := promql.ParseExpr(expr)
	if err != nil {
		return "", fmt.Errorf("filters can't be applied to the expression: %w", err)
	}
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			filterSelector(n, matchers)
		case *parser.AggregateExpr:
			groupAggregation(n, groupBy)
		}
		return nil
	})
	return root.String(), nil
}

func filterSelector(v *parser.VectorSelector, matchers []*labels.Matcher) {
	kept := slices.DeleteFunc(slices.Clone(v.LabelMatchers), func(own *labels.Matcher) bool {
		// A metric's name is narrowed, never replaced: rate(a) / rate(b)
		// would otherwise compare a metric with itself.
		return own.Name != model.MetricNameLabel && slices.ContainsFunc(matchers, func(m *labels.Matcher) bool {
			return m.Name == own.Name
		})
	})
	for _, m := range matchers {
		if slices.ContainsFunc(kept, func(k *labels.Matcher) bool { return sameMatcher(k, m) }) {
			continue
		}
		if m.Name == model.MetricNameLabel {
			v.Name = "" // two matchers on the name need the {__name__=…} form
		}
		kept = append(kept, m)
	}
	v.LabelMatchers = kept
}

// groupAggregation keeps the labels in an aggregation's result: added to what
// it groups by, or no longer left out.
func groupAggregation(a *parser.AggregateExpr, keys []string) {
	if a.Without {
		a.Grouping = slices.DeleteFunc(a.Grouping, func(l string) bool { return slices.Contains(keys, l) })
		return
	}
	for _, k := range keys {
		if !slices.Contains(a.Grouping, k) {
			a.Grouping = append(a.Grouping, k)
		}
	}
}

// Matchers turns filters into label matchers, in the order of the filters and
// each once. Scopes that name the same label add up: a series passes when one
// of them admits it and none excludes it. Ad-hoc filters on a label replace
// the scopes' and all hold.
func Matchers(scopes, adhoc []Filter) ([]*labels.Matcher, error) {
	matchers, err := mergeScopes(scopes, adhoc)
	if err != nil {
		return nil, err
	}
	for _, f := range adhoc {
		if f.Key == "" { // a filter that is still being written
			continue
		}
		m, err := f.matcher()
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(matchers, func(k *labels.Matcher) bool { return sameMatcher(k, m) }) {
			matchers = append(matchers, m)
		}
	}
	return matchers, nil
}

func mergeScopes(scopes, adhoc []Filter) ([]*labels.Matcher, error) {
	type slot struct {
		key      string
		negative bool
	}
	var order []slot
	merged := map[slot][]*labels.Matcher{}
	for _, f := range scopes {
		if f.Key == "" || slices.ContainsFunc(adhoc, func(a Filter) bool { return a.Key == f.Key }) {
			continue
		}
		m, err := f.matcher()
		if err != nil {
			return nil, err
		}
		s := slot{f.Key, m.Type == labels.MatchNotEqual || m.Type == labels.MatchNotRegexp}
		if merged[s] == nil {
			order = append(order, s)
		}
		if !slices.ContainsFunc(merged[s], func(k *labels.Matcher) bool { return sameMatcher(k, m) }) {
			merged[s] = append(merged[s], m)
		}
	}
	var matchers []*labels.Matcher
	for _, s := range order {
		m, err := anyOf(merged[s], s.negative)
		if err != nil {
			return nil, err
		}
		matchers = append(matchers, m)
	}
	return matchers, nil
}

// anyOf joins matchers on one label into one.
func anyOf(ms []*labels.Matcher, negative bool) (*labels.Matcher, error) {
	if len(ms) == 1 {
		return ms[0], nil
	}
	alternatives := make([]string, len(ms))
	for i, m := range ms {
		alternatives[i] = m.Value
		if m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual {
			alternatives[i] = regexp.QuoteMeta(m.Value)
		}
	}
	t := labels.MatchRegexp
	if negative {
		t = labels.MatchNotRegexp
	}
	return labels.NewMatcher(t, ms[0].Name, strings.Join(alternatives, "|"))
}

func (f Filter) matcher() (*labels.Matcher, error) {
	value := f.Value
	var t labels.MatchType
	switch f.Operator {
	case "=", "equals":
		t = labels.MatchEqual
	case "!=", "not-equals":
		t = labels.MatchNotEqual
	case "=~", "regex-match":
		t = labels.MatchRegexp
	case "!~", "regex-not-match":
		t = labels.MatchNotRegexp
	case "=|", "one-of":
		t, value = labels.MatchRegexp, f.alternatives()
	case "!=|", "not-one-of":
		t, value = labels.MatchNotRegexp, f.alternatives()
	default:
		return nil, fmt.Errorf("filter on %q: unknown operator %q: use one of = != =~ !~ =| !=|", f.Key, f.Operator)
	}
	m, err := labels.NewMatcher(t, f.Key, value)
	if err != nil {
		return nil, fmt.Errorf("filter on %q: %w", f.Key, err)
	}
	return m, nil
}

// alternatives is a regular expression of the filter's values, each taken
// literally. Grafana also sends a multi-value operator with a single value.
func (f Filter) alternatives() string {
	if len(f.Values) == 0 {
		return f.Value
	}
	quoted := make([]string, len(f.Values))
	for i, v := range f.Values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	return strings.Join(quoted, "|")
}

func sameMatcher(a, b *labels.Matcher) bool {
	return a.Name == b.Name && a.Type == b.Type && a.Value == b.Value
}
