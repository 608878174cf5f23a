package proxy

import (
	"cmp"
	"time"
)

// Timeouts bound each stage of a request; a zero field has its default. How long
// an answer may take as a whole is not bounded: it may be of any size.
type Timeouts struct {
	// Header is for the caller's request line and headers: 10 s.
	Header time.Duration
	// Body is for the caller's whole body: 30 s.
	Body time.Duration
	// Answer is from sending the request to the headers of the service's answer:
	// 2 min, for AMP gives a query one.
	Answer time.Duration
	// Stall is for the next piece of the service's answer, and for the caller to
	// take a piece: 1 min.
	Stall time.Duration
	// Idle is how long a caller's connection is kept without a request: 2 min.
	Idle time.Duration
	// Drain is for requests under way when Serve is told to end: 25 s, which is
	// less than the 30 that Kubernetes gives.
	Drain time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{
		Header: cmp.Or(t.Header, 10*time.Second),
		Body:   cmp.Or(t.Body, 30*time.Second),
		Answer: cmp.Or(t.Answer, 2*time.Minute),
		Stall:  cmp.Or(t.Stall, time.Minute),
		Idle:   cmp.Or(t.Idle, 2*time.Minute),
		Drain:  cmp.Or(t.Drain, 25*time.Second),
	}
}
