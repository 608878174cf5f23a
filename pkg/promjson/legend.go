package promjson

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// Label is one label of a series. The bytes belong to the caller and change after the call.
type Label struct {
	Name, Value []byte
	// plain is set where both are known to be.
	plain bool
}

// Legend appends the display name of a series to dst; nothing appended leaves the name to Grafana. The labels come in
// any order, the metric's name among them as __name__, and may be reordered. It must be safe for concurrent use.
//
// It works on bytes because it is asked once for every series, and an instant query can have ten thousand.
type Legend func(dst []byte, labels []Label) []byte

// LegendFunc makes a Legend of a function on a label map. The map is made anew for every series.
func LegendFunc(name func(data.Labels) string) Legend {
	return func(dst []byte, labels []Label) []byte {
		m := make(data.Labels, len(labels))
		for _, l := range labels {
			m[string(l.Name)] = string(l.Value)
		}
		return append(dst, name(m)...)
	}
}

var placeholder = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// NewLegend understands the legend of a query. Empty is the series in Prometheus' notation; in other texts {{label}}
// is replaced by the label's value, by nothing where there is none; "__auto" leaves names to Grafana as long as the
// series has labels. What comes out as {} becomes the expression.
func NewLegend(format, expr string) Legend {
	write := appendSeries
	switch {
	case format == "__auto":
		write = func(dst []byte, labels []Label) []byte {
			if len(labels) > 0 {
				return dst
			}
			return append(dst, "{}"...)
		}
	case format != "":
		write = compileLegend(format)
	}
	return func(dst []byte, labels []Label) []byte {
		start := len(dst)
		dst = write(dst, labels)
		if string(dst[start:]) == "{}" {
			dst = append(dst[:start], expr...)
		}
		return dst
	}
}

func compileLegend(format string) Legend {
	type part struct{ text, label string }
	found := placeholder.FindAllStringSubmatchIndex(format, -1)
	parts := make([]part, 0, len(found))
	rest := 0
	for _, m := range found {
		parts = append(parts, part{format[rest:m[0]], format[m[2]:m[3]]})
		rest = m[1]
	}
	tail := format[rest:]
	return func(dst []byte, labels []Label) []byte {
		for _, p := range parts {
			dst = append(dst, p.text...)
			for _, l := range labels {
				if string(l.Name) == p.label {
					dst = append(dst, l.Value...)
					break
				}
			}
		}
		return append(dst, tail...)
	}
}

// appendSeries writes metric{a="1", b="2"}. What is sorted is the label with its value, as in every other data source
// of this kind: a1="" goes before a="".
func appendSeries(dst []byte, labels []Label) []byte {
	if !slices.IsSortedFunc(labels, byNameAndEquals) {
		slices.SortFunc(labels, byNameAndEquals)
	}
	var metric []byte
	named := false
	for _, l := range labels {
		if string(l.Name) == metricLabel {
			metric, named = l.Value, true
			break
		}
	}
	dst = append(dst, metric...)
	if named && len(labels) == 1 {
		return dst
	}
	dst = append(dst, '{')
	separator := ""
	for _, l := range labels {
		if string(l.Name) == metricLabel {
			continue
		}
		dst = append(dst, separator...)
		dst = append(dst, l.Name...)
		dst = append(dst, '=')
		dst = l.appendValue(dst)
		separator = ", "
	}
	return append(dst, '}')
}

// byNameAndEquals compares name="…" texts; names differ, so values never decide.
func byNameAndEquals(x, y Label) int {
	n := min(len(x.Name), len(y.Name))
	if c := bytes.Compare(x.Name[:n], y.Name[:n]); c != 0 || len(x.Name) == len(y.Name) {
		return c
	}
	if len(x.Name) == n {
		return int('=') - int(y.Name[n])
	}
	return int(x.Name[n]) - int('=')
}

// appendValue appends the value quoted, as a string of Go.
func (l Label) appendValue(dst []byte) []byte {
	if !l.plain && plainLen(l.Value) < len(l.Value) {
		return strconv.AppendQuote(dst, string(l.Value))
	}
	dst = append(dst, '"')
	dst = append(dst, l.Value...)
	return append(dst, '"')
}
