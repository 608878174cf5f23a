// Package freelist keeps used buffers for the next query and gives them back when there is none.
//
// sync.Pool would do on a large heap. A plugin's is small, so the collector runs often and empties the pool between
// two refreshes of a dashboard.
package freelist

import (
	"sync"
	"time"
)

// List keeps up to max idle items. What lay unused for a whole interval is dropped at its end, so a burst is forgotten
// within two of them. It is safe for concurrent use.
type List[T any] struct {
	max      int
	interval time.Duration

	mu   sync.Mutex
	idle []T
	// unused is the least number of items that lay here since the last trim: nobody needed those.
	unused  int
	ticking bool
}

// New makes a list of at most maxIdle items that is trimmed every interval while it holds any.
func New[T any](maxIdle int, interval time.Duration) *List[T] {
	return &List[T]{max: maxIdle, interval: interval}
}

// Get hands out the item that was used last, or false when there is none.
func (l *List[T]) Get() (item T, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.idle)
	if n == 0 {
		return item, false
	}
	var none T
	item, l.idle[n-1] = l.idle[n-1], none
	l.idle = l.idle[:n-1]
	l.unused = min(l.unused, n-1)
	return item, true
}

// Put takes an item back; the caller no longer uses it. A full list drops it.
func (l *List[T]) Put(item T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.idle) >= l.max {
		return
	}
	l.idle = append(l.idle, item)
	if !l.ticking {
		l.ticking = true
		time.AfterFunc(l.interval, l.trim)
	}
}

// trim drops what nobody needed since the last time, oldest first.
func (l *List[T]) trim() {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := copy(l.idle, l.idle[l.unused:])
	clear(l.idle[rest:])
	l.idle = l.idle[:rest]
	l.unused = rest
	l.ticking = rest > 0
	if l.ticking {
		time.AfterFunc(l.interval, l.trim)
	}
}
