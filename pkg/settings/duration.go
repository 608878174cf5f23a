package settings

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	durationPart = regexp.MustCompile(`^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)`)
	durationUnit = map[string]time.Duration{
		"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
		"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour,
	}
)

// parseDuration reads what Grafana's forms and provisioning files hold: 15s,
// 1m30s, 1d, a bare number of seconds, and the old >15s for "at least".
func parseDuration(text string) (time.Duration, error) {
	invalid := fmt.Errorf("%q is not a duration such as 15s, 1m30s or 2h", text)
	rest := strings.TrimLeft(text, "<>")
	if n, err := strconv.ParseFloat(rest, 64); err == nil {
		return nanoseconds(n, time.Second, invalid)
	}
	var total time.Duration
	for rest != "" {
		m := durationPart.FindStringSubmatch(rest)
		if m == nil {
			return 0, invalid
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, invalid
		}
		part, err := nanoseconds(n, durationUnit[m[2]], invalid)
		if err != nil || total > math.MaxInt64-part {
			return 0, invalid
		}
		total += part
		rest = rest[len(m[0]):]
	}
	return total, nil
}

func nanoseconds(n float64, unit time.Duration, invalid error) (time.Duration, error) {
	// Written this way round so that NaN is refused too.
	if ns := math.Round(n * float64(unit)); ns >= 0 && ns < math.MaxInt64 {
		return time.Duration(ns), nil
	}
	return 0, invalid
}
