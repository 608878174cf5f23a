package query

import (
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
	"github.com/stretchr/testify/require"
)

func TestStep(t *testing.T) {
	const h = time.Hour
	for name, tc := range map[string]struct {
		in         intervals
		step, rate time.Duration
	}{
		"nothing given":                 {intervals{span: h, panel: 15 * time.Second}, 15 * time.Second, time.Minute},
		"width decides":                 {intervals{span: 24 * h, maxPoints: 1000, panel: time.Minute}, time.Minute, 75 * time.Second},
		"1500 points by default":        {intervals{span: 48 * h}, 2 * time.Minute, time.Minute},
		"query before intervalMs":       {intervals{span: h, query: "1m", queryMS: 5000, panel: time.Minute}, time.Minute, 4 * time.Minute},
		"intervalMs before data source": {intervals{span: h, queryMS: 5000, scrape: time.Minute}, 5 * time.Second, 4 * time.Minute},
		"data source":                   {intervals{span: h, scrape: 30 * time.Second}, 30 * time.Second, 2 * time.Minute},
		"0s counts as not given":        {intervals{span: h, query: "0s", scrape: 30 * time.Second}, 30 * time.Second, 0},
		"a minimum stays as it stands":  {intervals{span: h, query: "7s"}, 7 * time.Second, 28 * time.Second},
		"days and brackets":             {intervals{span: h, query: "<1d>"}, 24 * h, 96 * h},
		"bare number is seconds":        {intervals{span: h, query: "20"}, 20 * time.Second, 80 * time.Second},
		"factor":                        {intervals{span: h, factor: 3}, 45 * time.Second, time.Minute},
		"factor below one":              {intervals{span: h, factor: -2}, 15 * time.Second, time.Minute},
		"factor can't overflow":         {intervals{span: h, query: "365d", factor: 1 << 60}, 292 * 365 * 24 * h, 4 * 365 * 24 * h},
		"step of $__rate_interval":      {intervals{span: 24 * h, query: "$__rate_interval", maxPoints: 1000, factor: 5, scrape: 15 * time.Second}, 75 * time.Second, 75 * time.Second},
		"step of ${__rate_interval}":    {intervals{span: h, query: "${__rate_interval}"}, time.Minute, time.Minute},
		"scrape of $__interval":         {intervals{span: 24 * h, query: "$__interval", maxPoints: 1000, panel: time.Minute}, time.Minute, 4 * time.Minute},
		"scrape of another macro":       {intervals{span: h, query: "$__rate_interval_ms", scrape: 20 * time.Second}, 20 * time.Second, 80 * time.Second},
		"empty range":                   {intervals{}, 15 * time.Second, time.Minute},
		"range the wrong way round":     {intervals{span: -h}, 15 * time.Second, time.Minute},
		"finer than a millisecond":      {intervals{span: time.Second, query: "1us"}, time.Millisecond, 4 * time.Microsecond},
		"safe":                          {intervals{span: 72 * h, query: "1s", maxPoints: 100_000}, 30 * time.Second, 4 * time.Second},
		"strict: rounded down too far":  {intervals{span: 81_400 * time.Second, query: "1s", maxPoints: 100_000}, 10 * time.Second, 4 * time.Second},
		"strict: wide panel":            {intervals{span: 16 * 11_000 * time.Second, maxPoints: 11_000}, 20 * time.Second, time.Minute},
		"strict: just fits":             {intervals{span: 10_999 * time.Second, query: "1s", maxPoints: 100_000}, time.Second, 4 * time.Second},
		"strict: saved by the factor":   {intervals{span: 16 * 11_000 * time.Second, maxPoints: 11_000, factor: 2}, 30 * time.Second, time.Minute},
		"strict: one too many":          {intervals{span: 11_000 * time.Second, query: "1s", maxPoints: 100_000}, 2 * time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			step, err := tc.in.step()
			require.NoError(t, err)
			require.Equal(t, tc.step.String(), step.String())
			rate, err := tc.in.rateInterval(step)
			require.NoError(t, err)
			require.Equal(t, tc.rate.String(), rate.String())
		})
	}
}

// TestStrictLimit holds for every length of range and every phase: the aligned
// range never has more points than the service answers.
func TestStrictLimit(t *testing.T) {
	base := time.Date(2026, 3, 1, 7, 13, 29, 317e6, time.UTC)
	for span := time.Second; span < 400*day; span += span/97 + 37*time.Millisecond {
		for _, points := range []int64{0, 500, 11_000, 100_000} {
			step, err := intervals{span: span, query: "1ms", maxPoints: points}.step()
			require.NoError(t, err)
			for phase := range 7 {
				from := base.Add(time.Duration(phase) * step / 7)
				n := align(from.Add(span), step, 0).Sub(align(from, step, 0))/step + 1
				require.LessOrEqual(t, int64(n), int64(maxPoints), "range %s, step %s", span, step)
			}
		}
	}
}

// TestRoundSteps compares the table with the SDK's function, whose values it
// repeats because it has no inverse.
func TestRoundSteps(t *testing.T) {
	seen := map[time.Duration]bool{}
	for d := time.Millisecond; d < 1000*day; d += d/50 + time.Microsecond {
		seen[gtime.RoundInterval(d)] = true
	}
	require.Len(t, seen, len(roundSteps))
	for i, r := range roundSteps {
		require.True(t, seen[r], "%s", r)
		if i > 0 {
			require.Equal(t, r, nextRound(roundSteps[i-1]))
		}
	}
	require.Equal(t, 2*365*day, nextRound(365*day))
}

func TestAlign(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		require.NoError(t, err)
		return v
	}
	for _, tc := range []struct {
		t            string
		step, offset time.Duration
		want         string
	}{
		{"2026-03-01T10:07:44.999Z", 15 * time.Second, 0, "2026-03-01T10:07:30Z"},
		{"2026-03-01T10:07:45Z", 15 * time.Second, 0, "2026-03-01T10:07:45Z"},
		{"2026-03-01T10:07:45Z", day, 2 * time.Hour, "2026-02-28T22:00:00Z"},
		{"2026-03-01T03:00:00Z", day, -5 * time.Hour, "2026-02-28T05:00:00Z"},
		{"2026-03-01T10:07:45Z", 7 * day, 0, "2026-02-26T00:00:00Z"},
		{"1969-12-31T23:59:59Z", time.Minute, 0, "1969-12-31T23:59:00Z"},
	} {
		require.Equal(t, at(tc.want), align(at(tc.t), tc.step, tc.offset), "%+v", tc)
	}
}
