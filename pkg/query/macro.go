package query

import (
	"regexp"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
)

// macros holds the values of Grafana's built-in variables for one query.
type macros struct {
	step, span, rate time.Duration
}

// reference is a use of a variable. Names are taken whole, so that a longer
// name is never eaten by a shorter one.
var reference = regexp.MustCompile(`\$(?:(\w+)|\{(\w+)\})`)

// interpolate replaces the macros of an expression, `$x` and `${x}` alike.
// Whatever else begins with a dollar sign stays as it is.
func interpolate(expr string, m macros) string {
	return reference.ReplaceAllStringFunc(expr, func(ref string) string {
		if v, ok := m.value(name(ref)); ok {
			return v
		}
		return ref
	})
}

func (m macros) value(name string) (string, bool) {
	seconds := (m.span.Milliseconds() + 500) / 1000
	switch name {
	case "__interval":
		return gtime.FormatInterval(m.step), true
	case "__interval_ms":
		return millis(m.step), true
	case "__range":
		return strconv.FormatInt(seconds, 10) + "s", true
	case "__range_s":
		return strconv.FormatInt(seconds, 10), true
	case "__range_ms":
		return millis(m.span), true
	case "__rate_interval":
		return m.rate.String(), true
	case "__rate_interval_ms":
		return millis(m.rate), true
	}
	// A number and its unit are one word, as in [$__range_ss]: dashboards
	// have it, and no variable can be meant by it.
	for _, unit := range []string{"ms", "s"} {
		if number, ok := cutUnit(name, unit); ok {
			v, _ := m.value(number)
			return v + unit, true
		}
	}
	return "", false
}

func cutUnit(name, unit string) (string, bool) {
	switch number := name[:max(len(name)-len(unit), 0)]; number + unit {
	case "__interval_msms", "__range_msms", "__rate_interval_msms", "__range_ss":
		return number, number+unit == name
	}
	return "", false
}

func millis(d time.Duration) string {
	return strconv.FormatInt(d.Milliseconds(), 10)
}

// name strips a reference of its sign and braces.
func name(ref string) string {
	ref = ref[1:]
	if ref[0] == '{' {
		return ref[1 : len(ref)-1]
	}
	return ref
}

func isRateMacro(interval string) bool {
	return interval == "$__rate_interval" || interval == "${__rate_interval}"
}

func isIntervalMacro(interval string) bool {
	return interval == "$__interval" || interval == "${__interval}"
}

// isMacro tells whether a min step is one of the macros that stand for an interval.
func isMacro(interval string) bool {
	switch interval {
	case "$__interval_ms", "${__interval_ms}", "$__rate_interval_ms", "${__rate_interval_ms}":
		return true
	}
	return isRateMacro(interval) || isIntervalMacro(interval)
}
