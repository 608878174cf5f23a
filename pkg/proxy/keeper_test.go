package proxy

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// source gives credentials of an hour's life, each time others, unless err is set.
type source struct {
	mu    sync.Mutex
	asked []time.Time
	err   error
	life  time.Duration // 0: they do not expire
	took  time.Duration
}

func (s *source) Retrieve(ctx context.Context) (aws.Credentials, error) {
	s.mu.Lock()
	s.asked = append(s.asked, time.Now())
	n, err, life := len(s.asked), s.err, s.life
	s.mu.Unlock()
	if s.took > 0 {
		select {
		case <-time.After(s.took):
		case <-ctx.Done():
			return aws.Credentials{}, ctx.Err()
		}
	}
	return aws.Credentials{AccessKeyID: "ASIA" + string(rune('A'+n-1)), SecretAccessKey: "secret", CanExpire: life != 0, Expires: time.Now().Add(life)}, err
}

func (s *source) set(err error) { s.mu.Lock(); s.err = err; s.mu.Unlock() }

func (s *source) times() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.asked) }

// bubble is a test whose time costs nothing.
type bubble struct{ *testing.T }

// keeping runs f over a keeper.
func keeping(t *testing.T, s *source, f func(t bubble, k *keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newKeeper(s, time.Now, slog.New(slog.DiscardHandler), func(error) {})
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() { k.run(ctx) })
		f(bubble{t}, k)
		cancel()
		done.Wait()
	})
}

func key(t bubble, k *keeper) string {
	t.Helper()
	c, err := k.Retrieve(t.Context())
	require.NoError(t, err)
	return c.AccessKeyID
}

func TestCredentialsAreRenewedLongBeforeTheyExpire(t *testing.T) {
	keeping(t, &source{life: time.Hour}, func(t bubble, k *keeper) {
		require.Equal(t, "ASIAA", key(t, k), "the first request waits for the first fetch")
		time.Sleep(40 * time.Minute)
		require.Equal(t, "ASIAA", key(t, k))
		time.Sleep(6 * time.Minute) // 45 at most
		began := time.Now()
		require.Equal(t, "ASIAB", key(t, k))
		require.Zero(t, time.Since(began), "no request waits for it")
	})
}

func TestSTSDownForAWhile(t *testing.T) {
	s := &source{life: time.Hour}
	keeping(t, s, func(t bubble, k *keeper) {
		key(t, k)
		s.set(errors.New("STS is down"))
		time.Sleep(59 * time.Minute)
		require.Greater(t, s.times(), 10, "it is asked again and again")
		require.Less(t, s.times(), 100, "but not without end")
		began := time.Now()
		require.Equal(t, "ASIAA", key(t, k), "what is at hand is good until it expires")
		require.Zero(t, time.Since(began))
		time.Sleep(2 * time.Minute)
		_, err := k.Retrieve(t.Context())
		require.ErrorContains(t, err, "STS is down")
		require.False(t, k.holds())
		s.set(nil)
		time.Sleep(retryMost)
		require.NotEqual(t, "ASIAA", key(t, k))
	})
}

func TestNoCredentialsAtFirst(t *testing.T) {
	s := &source{life: time.Hour, took: time.Minute}
	keeping(t, s, func(t bubble, k *keeper) {
		began := time.Now()
		_, err := k.Retrieve(t.Context())
		require.ErrorIs(t, err, errFirst)
		require.Equal(t, firstWait, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = k.Retrieve(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(fetchTime)
		_, err = k.Retrieve(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded, "a fetch has an end")
	})
}

func TestKeysWithoutExpiryAreLookedUpAgain(t *testing.T) {
	s := &source{}
	keeping(t, s, func(t bubble, k *keeper) {
		key(t, k)
		_, expires := k.expiresIn()
		require.False(t, expires)
		time.Sleep(reread + time.Second)
		require.Equal(t, "ASIAB", key(t, k), "the file they came from may have changed")
	})
}

// A source such as the instance's metadata gives the same ones until it has others.
func TestSourceThatCaches(t *testing.T) {
	s := &source{life: 3 * time.Second}
	keeping(t, s, func(t bubble, _ *keeper) {
		time.Sleep(time.Minute)
		require.LessOrEqual(t, s.times(), 1+int(time.Minute/(soonest*9/10)))
	})
	s = &source{life: -time.Second}
	keeping(t, s, func(t bubble, k *keeper) {
		_, err := k.Retrieve(t.Context())
		require.ErrorContains(t, err, "expired")
	})
}

func TestRenewal(t *testing.T) {
	s := &source{life: time.Hour}
	keeping(t, s, func(t bubble, k *keeper) {
		first, err := k.Retrieve(t.Context())
		require.NoError(t, err)
		require.False(t, k.renew(t.Context(), first), "they were fetched a moment ago")
		time.Sleep(time.Minute)
		results := make(chan bool, 100)
		for range cap(results) {
			go func() { results <- k.renew(t.Context(), first) }()
		}
		for range cap(results) {
			require.True(t, <-results)
		}
		require.Equal(t, 2, s.times(), "a hundred callers cause one fetch")
		require.True(t, k.renew(t.Context(), first), "there are others already")
		require.Equal(t, 2, s.times())
	})
}
