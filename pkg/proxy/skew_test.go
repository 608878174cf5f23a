package proxy

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClockLearns(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) http.Header {
		return http.Header{"Date": {at.Add(d).Format(http.TimeFormat)}}
	}
	for name, c := range map[string]struct {
		header http.Header
		took   time.Duration
		want   time.Duration
	}{
		"right":                   {date(0), time.Second, 0},
		"written while it waited": {date(50 * time.Second), time.Minute, 0},
		"a little off":            {date(15 * time.Second), 0, 0},
		"ahead":                   {date(10 * time.Minute), 2 * time.Minute, 8 * time.Minute},
		"behind":                  {date(-10 * time.Minute), 2 * time.Minute, -10 * time.Minute},
		"of a cache":              {http.Header{"Date": date(-time.Hour)["Date"], "Age": {"3600"}}, 0, 0},
		"nonsense":                {http.Header{"Date": {"yesterday"}}, 0, 0},
	} {
		clock := &serviceClock{now: func() time.Time { return at.Add(c.took) }}
		clock.learn(c.header, at, true)
		require.Equal(t, c.want, clock.skew(), name)
		require.Equal(t, at.Add(c.took+c.want), clock.Now(), name)
		require.Equal(t, c.want != 0, clock.moved(0), name)
	}
}

// A signature that was taken was made at a time that is nearly right.
func TestDateThatCannotBe(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := &serviceClock{now: func() time.Time { return at }}
	answer := func(off time.Duration) http.Header {
		return http.Header{"Date": {at.Add(off).Format(http.TimeFormat)}}
	}
	clock.learn(answer(time.Hour), at, false)
	require.Zero(t, clock.skew())
	clock.learn(answer(2*time.Minute), at, false)
	require.Equal(t, 2*time.Minute, clock.skew(), "a clock that drifts is corrected before it matters")
	clock.learn(answer(6*time.Minute), at, false)
	require.Equal(t, 6*time.Minute, clock.skew(), "as signed, it was four minutes wrong")
}
