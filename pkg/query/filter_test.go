package query

import (
	"testing"
	"unicode/utf8"

	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
)

func eq(k, v string) Filter { return Filter{Key: k, Operator: "equals", Value: v} }

func TestApplyFilters(t *testing.T) {
	one := func(k, op, v string, vs ...string) []Filter {
		return []Filter{{Key: k, Operator: op, Value: v, Values: vs}}
	}
	for name, tc := range map[string]struct {
		expr          string
		scopes, adhoc []Filter
		groupBy       []string
		want          string
	}{
		"nothing to apply keeps the text": {expr: "sum( up )by(a)", want: "sum( up )by(a)"},
		"every selector": {
			expr:  `sum(rate(a{x="1"}[5m])) / on(job) b offset 1h > bool max_over_time(c[1h:1m] @ end())`,
			adhoc: []Filter{eq("job", "api")},
			want:  `sum(rate(a{job="api",x="1"}[5m])) / on (job) b{job="api"} offset 1h > bool max_over_time(c{job="api"}[1h:1m] @ end())`,
		},
		"equals":           {expr: "a", adhoc: one("l", "=", "v"), want: `a{l="v"}`},
		"not equals":       {expr: "a", adhoc: one("l", "!=", "v"), want: `a{l!="v"}`},
		"matches":          {expr: "a", adhoc: one("l", "=~", "v.*"), want: `a{l=~"v.*"}`},
		"matches not":      {expr: "a", adhoc: one("l", "regex-not-match", "v.*"), want: `a{l!~"v.*"}`},
		"one of":           {expr: "a", adhoc: one("l", "=|", "x.y", "x.y", "a|b", "ü"), want: `a{l=~"x\\.y|a\\|b|ü"}`},
		"not one of":       {expr: "a", adhoc: one("l", "not-one-of", "", "404", "400"), want: `a{l!~"404|400"}`},
		"one of one":       {expr: "a", adhoc: one("l", "one-of", "404"), want: `a{l=~"404"}`},
		"escaped":          {expr: "a", adhoc: one("l", "=", `"} or b{x="\`), want: `a{l="\"} or b{x=\"\\"}`},
		"newline":          {expr: "a", adhoc: one("l", "=", "x\ny"), want: `a{l="x\ny"}`},
		"replaces":         {expr: `a{l="1",l!="2",m="3"}`, adhoc: one("l", "=~", "x"), want: `a{l=~"x",m="3"}`},
		"no duplicates":    {expr: `a{l="1"}`, adhoc: []Filter{eq("l", "1"), eq("l", "1")}, want: `a{l="1"}`},
		"all hold":         {expr: "a", adhoc: []Filter{{Key: "l", Operator: "!=", Value: "1"}, {Key: "l", Operator: "!=", Value: "2"}}, want: `a{l!="1",l!="2"}`},
		"being written":    {expr: "a", adhoc: []Filter{{}}, want: "a"},
		"name":             {expr: "a + b", adhoc: one("__name__", "=~", "a.*"), want: `{__name__="a",__name__=~"a.*"} + {__name__="b",__name__=~"a.*"}`},
		"same name":        {expr: "a", adhoc: []Filter{eq("__name__", "a")}, want: "a"},
		"name as matcher":  {expr: `{__name__="a"}`, adhoc: []Filter{eq("l", "1")}, want: `{__name__="a",l="1"}`},
		"no metric":        {expr: `{x="1"}`, adhoc: []Filter{eq("l", "1")}, want: `{l="1",x="1"}`},
		"UTF-8":            {expr: `{"http.requests", "a.b"="1"}`, adhoc: []Filter{eq("c.d", "2")}, want: `{"a.b"="1","c.d"="2",__name__="http.requests"}`},
		"scope":            {expr: "a", scopes: []Filter{eq("l", "1")}, want: `a{l="1"}`},
		"scopes add up":    {expr: "a", scopes: []Filter{eq("l", "1.0"), eq("l", "2"), eq("l", "2")}, want: `a{l=~"1\\.0|2"}`},
		"scopes exclude":   {expr: "a", scopes: []Filter{eq("l", "1"), {Key: "l", Operator: "not-equals", Value: "2"}}, want: `a{l!="2",l="1"}`},
		"ad hoc before":    {expr: "a", scopes: []Filter{eq("l", "1"), eq("m", "2")}, adhoc: []Filter{eq("l", "3")}, want: `a{l="3",m="2"}`},
		"group":            {expr: "sum(a)", groupBy: []string{"x"}, want: "sum by (x) (a)"},
		"group further":    {expr: "sum by (y) (count by (x) (a))", groupBy: []string{"x", "z"}, want: "sum by (y, x, z) (count by (x, z) (a))"},
		"group keeps":      {expr: "sum without (x, y) (a)", groupBy: []string{"x"}, want: "sum without (y) (a)"},
		"group, quoted":    {expr: "sum(a)", groupBy: []string{"a.b", "by"}, want: `sum by ("a.b", by) (a)`},
		"group, written":   {expr: "sum(a)", groupBy: []string{"", "x"}, want: "sum by (x) (a)"},
		"group, not yet":   {expr: "sum( a )", groupBy: []string{""}, want: "sum( a )"},
		"group of nothing": {expr: "a", groupBy: []string{"x"}, want: "a"},
		"experimental":     {expr: "limitk(2, a)", adhoc: []Filter{eq("l", "1")}, want: `limitk(2, a{l="1"})`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ApplyFilters(tc.expr, tc.scopes, tc.adhoc, tc.groupBy)
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
			_, err = promql.ParseExpr(got)
			require.NoError(t, err)
		})
	}
}

// FuzzFilters: whatever value a filter has, the result parses and every
// selector holds that very value.
func FuzzFilters(f *testing.F) {
	f.Add("job", "api", "x.y")
	f.Add("a.b", `"}`, `\`)
	f.Fuzz(func(t *testing.T, key, value, other string) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) || !utf8.ValidString(other) {
			t.Skip("JSON holds no such text")
		}
		filters := []Filter{eq(key, value), {Key: "m", Operator: "=|", Values: []string{value, other}}}
		got, err := ApplyFilters(`sum(rate(a{x="1"}[5m])) / b`, nil, filters, nil)
		require.NoError(t, err)
		root, err := promql.ParseExpr(got)
		require.NoError(t, err, got)
		parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
			v, ok := n.(*parser.VectorSelector)
			if !ok || key == "" {
				return nil
			}
			var found bool
			for _, m := range v.LabelMatchers {
				found = found || m.Name == key && m.Matches(value)
				if m.Name == "m" && key != "m" {
					require.True(t, m.Matches(value) && m.Matches(other), got)
				}
			}
			require.True(t, found, got)
			return nil
		})
	})
}
