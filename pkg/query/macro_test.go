package query

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var sample = macros{step: 90 * time.Second, span: 3_600_499 * time.Millisecond, rate: 75 * time.Second}

func TestMacros(t *testing.T) {
	for in, want := range map[string]string{
		"$__interval":           "1m",
		"$__interval_ms":        "90000",
		"$__range":              "3600s",
		"$__range_s":            "3600",
		"$__range_ms":           "3600499",
		"$__rate_interval":      "1m15s",
		"$__rate_interval_ms":   "75000",
		"${__interval}":         "1m",
		"${__interval_ms}":      "90000",
		"${__range}":            "3600s",
		"${__range_s}":          "3600",
		"${__range_ms}":         "3600499",
		"${__rate_interval}":    "1m15s",
		"${__rate_interval_ms}": "75000",

		"rate(a[$__rate_interval])/$__interval_ms": "rate(a[1m15s])/90000",
		"a[${__range_s}s] b[$__range_ss]":          "a[3600s] b[3600s]",
		"a[$__interval_msms]":                      "a[90000ms]",
		"$__interval_extra $__rangefinder":         "$__interval_extra $__rangefinder",
		"$__interval_mss ${__range_ssms}":          "$__interval_mss ${__range_ssms}",
		"${__interval":                             "${__interval",
		"$$__interval $":                           "$1m $",
		"$__INTERVAL $job ${job} $1 ${1}":          "$__INTERVAL $job ${job} $1 ${1}",
		`label_replace(a, "b", "$1", "c", "(.*)")`: `label_replace(a, "b", "$1", "c", "(.*)")`,
	} {
		require.Equal(t, want, interpolate(in, sample), in)
	}
}

func TestRangeRounds(t *testing.T) {
	require.Equal(t, "1s 1 500", interpolate("$__range $__range_s $__range_ms", macros{span: 500 * time.Millisecond}))
	require.Equal(t, "0s", interpolate("$__range", macros{span: 499 * time.Millisecond}))
}

// FuzzMacros holds interpolate against an obvious reader that walks the text
// byte by byte.
func FuzzMacros(f *testing.F) {
	for _, s := range []string{
		"rate(a[$__rate_interval])", "${__interval}$__interval_ms", "$__range_ss", "${}", "$", "${__range", "$__interval_é", "a{b=\"$x\"}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		require.Equal(t, walk(expr), interpolate(expr, sample))
	})
}

func walk(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		word, n := readName(s[i:])
		v, ok := sample.value(word)
		switch {
		case n == 0:
			out.WriteByte(s[i])
			n = 1
		case ok:
			out.WriteString(v)
		default:
			out.WriteString(s[i : i+n])
		}
		i += n
	}
	return out.String()
}

// readName returns the name of the reference that s begins with and the
// reference's length.
func readName(s string) (string, int) {
	if len(s) < 2 || s[0] != '$' {
		return "", 0
	}
	start := 1
	if s[1] == '{' {
		start = 2
	}
	end := start
	for end < len(s) && (s[end] == '_' || s[end] >= '0' && s[end] <= '9' || s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z') {
		end++
	}
	switch {
	case end == start, start == 2 && (end == len(s) || s[end] != '}'):
		return "", 0
	case start == 2:
		return s[start:end], end + 1
	}
	return s[start:end], end
}
