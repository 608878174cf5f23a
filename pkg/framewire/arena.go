package framewire

import (
	"sync/atomic"
	"time"

	"github.com/ampkit/ampkit/pkg/promjson/freelist"
)

const (
	// slabSize is what an answer's memory is a multiple of.
	slabSize = 64 << 10
	// maxIdleSlabs are kept for the next answer; together 32 MB.
	maxIdleSlabs = 512
)

var idleSlabs = freelist.New[[]byte](maxIdleSlabs, 30*time.Second)

// arena is the memory of one answer. Whoever made it or holds it frees it; the last one to do so gives it back.
type arena struct {
	users atomic.Int32
	slabs [][]byte
	// used counts the bytes of the last slab that are taken.
	used int
}

// piece is a part of a slab.
type piece struct {
	slab     int
	from, to int
}

func newArena() *arena {
	a := &arena{}
	a.hold()
	return a
}

func (a *arena) hold() { a.users.Add(1) }

func (p piece) size() int { return p.to - p.from }

// pieces are bytes in their order. Neighbours in a slab are one piece.
type pieces []piece

func (ps *pieces) add(p piece) {
	if n := len(*ps); n > 0 {
		if last := &(*ps)[n-1]; last.slab == p.slab && last.to == p.from {
			last.to = p.to
			return
		}
	}
	if p.size() > 0 {
		*ps = append(*ps, p)
	}
}

// addAll adds others in their order.
func (ps *pieces) addAll(others pieces) {
	for _, p := range others {
		ps.add(p)
	}
}

func (ps pieces) size() int {
	n := 0
	for _, p := range ps {
		n += p.size()
	}
	return n
}

// part is a range of bytes.
func (ps pieces) part(from, to int) pieces {
	var found pieces
	for _, p := range ps {
		n := p.size()
		if from < n && to > 0 {
			found.add(piece{p.slab, p.from + max(from, 0), p.from + min(to, n)})
		}
		from, to = from-n, to-n
	}
	return found
}

func (a *arena) bytes(p piece) []byte { return a.slabs[p.slab][p.from:p.to:p.to] }

// room is how many bytes the last slab has left.
func (a *arena) room() int {
	if len(a.slabs) == 0 {
		return 0
	}
	return len(a.slabs[len(a.slabs)-1]) - a.used
}

// grow begins a slab of at least n bytes.
func (a *arena) grow(n int) {
	slab, ok := []byte(nil), false
	if n <= slabSize {
		n = slabSize
		slab, ok = idleSlabs.Get()
	}
	if !ok {
		slab = make([]byte, n)
	}
	a.slabs, a.used = append(a.slabs, slab), 0
}

// take adds n bytes to ps, to be written by the caller. They hold whatever was there before.
func (a *arena) take(ps *pieces, n int) []byte {
	if n == 0 {
		return nil
	}
	if a.room() < n {
		a.grow(n)
	}
	p := piece{len(a.slabs) - 1, a.used, a.used + n}
	a.used += n
	ps.add(p)
	return a.bytes(p)
}

// takeZero is take, zeroed.
func (a *arena) takeZero(ps *pieces, n int) []byte {
	b := a.take(ps, n)
	clear(b)
	return b
}

// takeSome adds up to n values of width bytes, at least one, and says how many.
func (a *arena) takeSome(ps *pieces, width, n int) ([]byte, int) {
	if a.room() < width {
		a.grow(width)
	}
	n = min(n, a.room()/width)
	return a.take(ps, n*width), n
}

// free gives the memory back if nobody else holds it.
func (a *arena) free() {
	if a.users.Add(-1) > 0 {
		return
	}
	for _, slab := range a.slabs {
		if len(slab) == slabSize {
			idleSlabs.Put(slab)
		}
	}
	a.slabs = nil
}
