package proxy

import (
	"net/http"
	"sync/atomic"
	"time"
)

// tolerated is how wrong this machine's clock may be before it is corrected.
// AWS tolerates five minutes; a Date header has whole seconds and may have been
// written by an edge with a clock of its own.
const tolerated = 20 * time.Second

// serviceClock is this machine's clock, corrected by what the service's answers
// say in their Date. It is safe for concurrent use.
type serviceClock struct {
	now    func() time.Time
	offset atomic.Int64
	last   atomic.Pointer[date]
}

// date is a Date header that was read.
type date struct {
	text string
	at   time.Time
}

// read parses one Date of a second, for many answers have the same.
func (c *serviceClock) read(text string) (time.Time, error) {
	if last := c.last.Load(); last != nil && last.text == text {
		return last.at, nil
	}
	at, err := http.ParseTime(text)
	if err == nil {
		c.last.Store(&date{text, at})
	}
	return at, err
}

func (c *serviceClock) Now() time.Time { return c.now().Add(c.skew()) }

// skew is how far the service's clock is ahead of this machine's; zero while
// the difference is not worth a correction.
func (c *serviceClock) skew() time.Duration { return time.Duration(c.offset.Load()) }

// window is how wrong a signature's time may be for AWS to take it.
const window = 5 * time.Minute

// learn compares the Date of an answer with the time between sent and now, in
// which it was written. A Date by which AWS would have refused the signature is
// not believed unless it did: the edge that wrote it has a wrong clock then.
func (c *serviceClock) learn(h http.Header, sent time.Time, refused bool) {
	date, err := c.read(h.Get("Date"))
	if err != nil || h.Get("Age") != "" { // a cache's answer tells the time of long ago
		return
	}
	var off time.Duration
	switch received := c.now(); {
	case date.Before(sent.Add(-tolerated)):
		off = date.Sub(sent)
	case date.After(received.Add(tolerated)):
		off = date.Sub(received)
	}
	if refused || !c.differs(off, window) {
		c.offset.Store(int64(off.Round(time.Second)))
	}
}

// moved reports whether a signature made with the correction used is another's now.
func (c *serviceClock) moved(used time.Duration) bool { return c.differs(used, tolerated) }

func (c *serviceClock) differs(off, by time.Duration) bool { return (c.skew() - off).Abs() >= by }
