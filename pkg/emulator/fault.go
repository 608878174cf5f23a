package emulator

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is an answer that the service's edge would give on a bad day. It is
// given before anything is looked at, the signature included.
type Fault struct {
	// On is the plane that fails: the data plane when empty.
	On Plane
	// Action narrows the fault to one action of STS, IAM or EC2, for example
	// "iam:CreateRole"; empty means all.
	Action string
	// Status is the answer's; zero lets the request go on after Delay.
	Status int
	Body   string
	Header http.Header
	// Delay comes before the answer; the client's going away ends it.
	Delay time.Duration
	// Match narrows the fault to some requests; nil means all of the plane.
	Match func(*http.Request) bool
}

type faults struct {
	mu   sync.Mutex
	list []*pending
}

type pending struct {
	Fault
	left int
}

// Inject answers the next n requests that fit with f. Faults are used up in
// the order in which they were injected; the function returned takes back
// what is left.
func (e *Emulator) Inject(n int, f Fault) (cancel func()) {
	if f.On == "" {
		f.On = DataPlane
	}
	p := &pending{f, n}
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.list = append(e.faults.list, p)
	return func() {
		e.faults.mu.Lock()
		defer e.faults.mu.Unlock()
		e.faults.list = slices.DeleteFunc(e.faults.list, func(other *pending) bool { return other == p })
	}
}

func (f *faults) next(r *http.Request, c *call) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, p := range f.list {
		if p.left > 0 && p.On == c.plane && (p.Action == "" || p.Action == c.action) && (p.Match == nil || p.Match(r)) {
			p.left--
			if p.left == 0 {
				f.list = slices.Delete(f.list, i, i+1)
			}
			return p.Fault, true
		}
	}
	return Fault{}, false
}

// answer reports whether a fault answered the request.
func (f *faults) answer(w http.ResponseWriter, r *http.Request, c *call) bool {
	fault, ok := f.next(r, c)
	if !ok {
		return false
	}
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return true
		}
	}
	if fault.Status == 0 {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if strings.HasPrefix(fault.Body, "{") {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Content-Length", strconv.Itoa(len(fault.Body)))
	for name, values := range fault.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(fault.Status)
	_, _ = io.WriteString(w, fault.Body) // a client that has gone is not an error of ours
	return true
}
