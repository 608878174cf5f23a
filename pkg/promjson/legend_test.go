package promjson

import (
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/require"
)

func TestLegend(t *testing.T) {
	up := data.Labels{"__name__": "up", "job": "api", "instance": "a:1"}
	for _, c := range []struct {
		name, format string
		labels       data.Labels
		want         string
	}{
		{"empty: Prometheus' notation", "", up, `up{instance="a:1", job="api"}`},
		{"a metric alone", "", data.Labels{"__name__": "up"}, "up"},
		{"labels alone", "", data.Labels{"job": "api"}, `{job="api"}`},
		{"nothing becomes the expression", "", data.Labels{}, "sum(up)"},
		{"label with its value is what is sorted", "", data.Labels{"a": "z", "a1": "y", "b": ""}, `{a1="y", a="z", b=""}`},
		{"values are quoted", "", data.Labels{"a": "x\"\\\n\u00a0é"}, `{a="x\"\\\n\u00a0é"}`},
		{"an empty metric name is a name", "", data.Labels{"__name__": ""}, ""},
		{"placeholders", "{{ job }} on {{instance}}!", up, "api on a:1!"},
		{"a missing label is nothing", "[{{nope}}]", up, "[]"},
		{"what comes out as {} becomes the expression", "{{{nope}}}", up, "}"},
		{"braces alone become the expression", "{{{job}}}", data.Labels{}, "}"},
		{"a plain text", "requests", up, "requests"},
		{"{} as it stands", "{}", up, "sum(up)"},
		{"auto with labels", "__auto", up, ""},
		{"auto without labels", "__auto", data.Labels{}, "sum(up)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Legend: NewLegend(c.format, "sum(up)")}
			got := ""
			if config := displayName(c.labels, o); config != nil {
				got = config.DisplayNameFromDS
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestLegendFunc(t *testing.T) {
	l := LegendFunc(func(l data.Labels) string { return l["job"] + l["nope"] })
	require.Equal(t, "> api", string(l([]byte("> "), []Label{{Name: []byte("job"), Value: []byte("api")}})))
}
