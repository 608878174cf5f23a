package proxy

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	fetchTime  = 30 * time.Second // for one fetch
	firstWait  = 5 * time.Second  // how long a request waits for the first fetch, or for one it asked for
	retryFirst = time.Second      // after a fetch that failed; doubles
	retryMost  = 30 * time.Second
	// reread is when keys without an expiry are looked up again: the file they
	// came from may have been changed.
	reread = 10 * time.Minute
	// soonest keeps a source that always gives the same old credentials from
	// being asked without end.
	soonest = 5 * time.Second
)

var (
	// errFirst is before the first fetch has ended.
	errFirst = errors.New("credentials are still being fetched")
	// errPassed is when credentials have expired before their time to be renewed.
	errPassed = errors.New("the credentials have expired")
)

// keeper has credentials at hand, so that no request waits for STS. They are
// fetched anew when three quarters of what is left of their life have passed,
// which for an hour's session is a quarter of an hour before its end: so long
// may STS be down. It is safe for concurrent use.
type keeper struct {
	source aws.CredentialsProvider
	now    func() time.Time
	log    *slog.Logger
	// fetched hears of each attempt, with its error.
	fetched func(error)
	kick    chan struct{}

	mu    sync.Mutex
	held  aws.Credentials
	err   error         // of the last attempt
	tried time.Time     // when it ended
	next  chan struct{} // closed when the next one ends
}

func newKeeper(source aws.CredentialsProvider, now func() time.Time, log *slog.Logger, fetched func(error)) *keeper {
	return &keeper{source: source, now: now, log: log, fetched: fetched, kick: make(chan struct{}, 1), err: errFirst, next: make(chan struct{})}
}

// run fetches until ctx ends.
func (k *keeper) run(ctx context.Context) {
	for failures := 0; ; {
		err := k.fetch(ctx)
		if ctx.Err() != nil {
			return
		}
		var pause time.Duration
		if err == nil {
			pause, failures = k.refreshIn(), 0
		} else {
			pause = jitter(min(retryFirst<<min(failures, 8), retryMost))
			failures++
			k.log.WarnContext(ctx, "credentials not fetched, trying again", "in", pause.Round(time.Millisecond), "held", k.holds(), "err", err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-k.kick:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

func (k *keeper) fetch(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	fresh, err := k.source.Retrieve(bounded)
	switch {
	case err == nil && !fresh.HasKeys():
		err = errors.New("the source of credentials gave empty ones")
	case err == nil && k.passed(fresh):
		err = errors.New("the source of credentials gave expired ones")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	k.fetched(err)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.held = fresh
	}
	k.err, k.tried = err, k.now()
	select {
	case <-k.kick: // whoever asked meanwhile has been served
	default:
	}
	close(k.next)
	k.next = make(chan struct{})
	return err
}

// refreshIn is when to fetch again after a fetch that went well.
func (k *keeper) refreshIn() time.Duration {
	left, expires := k.expiresIn()
	if !expires {
		return jitter(reread)
	}
	return jitter(max(soonest, left*3/4))
}

// jitter takes off up to a tenth, so that many proxies do not ask together.
func jitter(d time.Duration) time.Duration {
	return d - rand.N(d/10+1) //nolint:gosec // jitter needs no secrecy
}

// expiresIn is how long the credentials at hand are good; false for ones that
// do not expire.
func (k *keeper) expiresIn() (time.Duration, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held.Expires.Sub(k.now()), k.held.CanExpire
}

func (k *keeper) passed(c aws.Credentials) bool { return c.CanExpire && !k.now().Before(c.Expires) }

func (k *keeper) holds() bool {
	_, err := k.current()
	return err == nil
}

// has reports whether there were credentials at any time.
func (k *keeper) has() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held.HasKeys()
}

// current returns what is at hand if it is good.
func (k *keeper) current() (aws.Credentials, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.held.HasKeys() && !k.passed(k.held):
		return k.held, nil
	case k.err != nil:
		return aws.Credentials{}, k.err
	}
	return aws.Credentials{}, errPassed
}

// Retrieve returns what is at hand. Only before the first fetch has ended does
// it wait, a few seconds at most, and after a sleep of the machine in which they
// expired.
func (k *keeper) Retrieve(ctx context.Context) (aws.Credentials, error) {
	next := k.attempt()
	c, err := k.current()
	switch {
	case errors.Is(err, errFirst):
	case errors.Is(err, errPassed) && k.ask():
	default:
		return c, err
	}
	if err := wait(ctx, next); err != nil {
		return aws.Credentials{}, err
	}
	return k.current()
}

// ask wants a fetch now, unless there was one a moment ago.
func (k *keeper) ask() bool {
	k.mu.Lock()
	recent := k.now().Sub(k.tried).Abs() < soonest
	k.mu.Unlock()
	if recent {
		return false
	}
	select {
	case k.kick <- struct{}{}:
	default: // somebody asked already
	}
	return true
}

// renew is told that the service took used for expired, whatever they say
// themselves. It reports whether there are others now, and waits for a fetch
// unless there was one a moment ago.
func (k *keeper) renew(ctx context.Context, used aws.Credentials) bool {
	next := k.attempt()
	if k.differ(used) {
		return true
	}
	if !k.ask() {
		return false
	}
	return wait(ctx, next) == nil && k.differ(used)
}

func (k *keeper) differ(used aws.Credentials) bool {
	c, err := k.current()
	return err == nil && (c.AccessKeyID != used.AccessKeyID || c.SessionToken != used.SessionToken)
}

// attempt is closed when the fetch under way, or the next one, has ended.
func (k *keeper) attempt() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.next
}

// wait returns when an attempt has ended, or after a few seconds.
func wait(ctx context.Context, attempt <-chan struct{}) error {
	timer := time.NewTimer(firstWait)
	defer timer.Stop()
	select {
	case <-attempt:
		return nil
	case <-timer.C:
		return errFirst
	case <-ctx.Done():
		return ctx.Err()
	}
}
