package freelist

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeepsWhatIsUsed(t *testing.T) {
	l := New[int](3, time.Hour)
	for i := range 5 {
		l.Put(i)
	}
	require.Equal(t, []int{0, 1, 2}, l.idle, "a full list drops what comes")
	got, ok := l.Get()
	require.True(t, ok)
	require.Equal(t, 2, got, "the last used is the warmest")
}

func TestForgetsABurst(t *testing.T) {
	l := New[int](10, time.Hour)
	for i := range 8 {
		l.Put(i)
	}
	l.trim() // the burst is within this interval
	require.Len(t, l.idle, 8)
	item, _ := l.Get()
	l.Put(item)
	l.trim() // one was needed since
	require.Len(t, l.idle, 1)
	l.trim()
	require.Empty(t, l.idle)
	require.False(t, l.ticking, "an empty list costs nothing")
	_, ok := l.Get()
	require.False(t, ok)
}

func TestTrimsByItself(t *testing.T) {
	l := New[int](10, time.Millisecond)
	l.Put(1)
	require.Eventually(t, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.idle) == 0
	}, 10*time.Second, time.Millisecond)
}
