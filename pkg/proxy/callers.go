package proxy

import (
	"net"
	"sync"
	"time"
)

// callers is a listener whose connections have their deadlines kept by the
// watchdog. net/http sets some four for each request, and a timer of the runtime
// for each wakes a thread to wait for it, which costs a small query a twentieth
// of its CPU.
type callers struct {
	net.Listener
	watchdog *watchdog
}

func (l callers) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &caller{Conn: conn}
	c.read.keep(l.watchdog, conn.SetReadDeadline)
	c.write.keep(l.watchdog, conn.SetWriteDeadline)
	return c, nil
}

// caller is a caller's connection.
type caller struct {
	net.Conn
	read, write deadline
}

func (c *caller) SetReadDeadline(t time.Time) error { return c.read.set(t) }

func (c *caller) SetWriteDeadline(t time.Time) error { return c.write.set(t) }

func (c *caller) SetDeadline(t time.Time) error {
	if err := c.read.set(t); err != nil {
		return err
	}
	return c.write.set(t)
}

func (c *caller) Close() error {
	c.read.watch.end()
	c.write.watch.end()
	return c.Conn.Close()
}

// CloseWrite lets net/http see to it that a caller who is still sending can read
// why nobody listens.
func (c *caller) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// deadline is one of a connection's two. Until it has passed the connection
// itself knows of none.
type deadline struct {
	watch *watch
	impl  func(time.Time) error // the connection's own

	mu     sync.Mutex
	passed bool
}

func (d *deadline) keep(w *watchdog, impl func(time.Time) error) {
	d.impl = impl
	d.watch = w.watch(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.watch.overdue() { // nobody has set another meanwhile
			_ = d.pass() // or the connection is closed
		}
	})
}

func (d *deadline) set(t time.Time) error {
	left := time.Until(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case t.IsZero():
		d.watch.hears()
	case left > 0:
		d.watch.waits(left)
	default:
		return d.pass()
	}
	if !d.passed {
		return nil
	}
	d.passed = false
	return d.impl(time.Time{})
}

// pass ends what is going on.
func (d *deadline) pass() error {
	d.watch.hears()
	d.passed = true
	return d.impl(time.Unix(1, 0))
}
