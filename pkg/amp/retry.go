package amp

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	smithytime "github.com/aws/smithy-go/time"
)

// Retry is how requests that were throttled, or met an unavailable service, are
// sent again. The zero value is the default.
type Retry struct {
	// Attempts is how often a request is sent at most, 0 for 4, 1 for no retry.
	Attempts int
	// Base and Max bound the jittered wait, 0 for 200 ms and 5 s.
	Base, Max time.Duration
	// Wait waits or returns the context's error; nil for a timer. For tests.
	Wait func(context.Context, time.Duration) error
	// Now is the clock that the context's deadline is compared with, time.Now when nil.
	Now func() time.Time
}

// longestWait bounds a Retry-After where the context sets no deadline.
const longestWait = 2 * time.Minute

// Do calls send until it succeeds, fails with an error that retryable refuses,
// has been called Attempts times, or the next wait would not fit into the
// context's time. It returns how often send was called and its last error.
func (r Retry) Do(ctx context.Context, retryable func(*Error) bool, send func() *Error) (int, *Error) {
	wait := r.Wait
	if wait == nil {
		wait = smithytime.SleepWithContext
	}
	for attempt := 1; ; attempt++ {
		err := send()
		if err == nil {
			return attempt, nil
		}
		err.Attempts = attempt
		if attempt >= cmp.Or(r.Attempts, 4) || !retryable(err) {
			return attempt, err
		}
		pause := r.pause(attempt, err.RetryAfter)
		if !r.fits(ctx, pause) || wait(ctx, pause) != nil {
			return attempt, err
		}
	}
}

// pause doubles with each attempt and is jittered by half, so that many clients
// do not come back together. What the service asked for is never undercut.
func (r Retry) pause(attempt int, asked time.Duration) time.Duration {
	base, limit := cmp.Or(r.Base, 200*time.Millisecond), cmp.Or(r.Max, 5*time.Second)
	full := limit
	if shift := attempt - 1; shift < 16 && base<<shift < limit {
		full = base << shift
	}
	jittered := full/2 + rand.N(full/2+1) //nolint:gosec // jitter needs no secrecy
	if asked > 0 {
		return asked + jittered/4
	}
	return jittered
}

func (r Retry) fits(ctx context.Context, pause time.Duration) bool {
	now := r.Now
	if now == nil {
		now = time.Now
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return pause <= longestWait
	}
	return now().Add(pause).Before(deadline)
}
