package demo

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

func TestReport(t *testing.T) {
	var out bytes.Buffer
	at := time.Unix(0, 0)
	r := report{out: &out, now: func() time.Time { return at }}
	take := func(d time.Duration, detail string, err error) func() (string, error) {
		return func() (string, error) { at = at.Add(d); return detail, err }
	}
	require.NoError(t, r.step("one part", "first", take(1500*time.Microsecond, "as it should be", nil)))
	require.NoError(t, r.step("one part", "second", take(234*time.Millisecond, strings.Repeat("very long ", 20), nil)))
	require.EqualError(t, r.step("another part", "third", take(3*time.Second, "", errors.New("broken"))), "third: broken")
	require.ErrorIs(t, r.step("another part", "fourth", take(0, "", context.Canceled)), context.Canceled)
	r.table(at.Sub(time.Unix(0, 0)))
	golden.Assert(t, out.String(), "report.txt")
}

func TestUnits(t *testing.T) {
	for want, got := range map[string]string{
		"999 B/s": bytesPerSecond(999), "1.5 kB/s": bytesPerSecond(1500), "2.51 MB/s": bytesPerSecond(2.514e6),
		"1 GB/s": bytesPerSecond(1e9), "47.4 req/s": perSecond(47.39), "0 req/s": perSecond(0),
		"0.5 ms": short(500 * time.Microsecond), "15 ms": short(15 * time.Millisecond), "1.20 s": short(1200 * time.Millisecond), "61.0 s": short(61 * time.Second),
	} {
		require.Equal(t, want, got)
	}
}
