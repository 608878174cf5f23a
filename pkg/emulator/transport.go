package emulator

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Transport reaches the emulator in-process whatever host a request names,
// https included: nothing leaves the process and no port is opened. What
// travels is real HTTP, so that bodies, headers and cancellation behave as on a
// network. It ends with Close.
func (e *Emulator) Transport() http.RoundTripper {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.inProcess == nil {
		e.inProcess = newInProcess(e)
		if e.closed {
			e.inProcess.close()
		}
	}
	return e.inProcess
}

type inProcess struct {
	pipes     *pipes
	server    *http.Server
	transport *http.Transport
	// serving counts the server's goroutines: one for accepting, and one for
	// each connection.
	serving sync.WaitGroup
}

func newInProcess(h http.Handler) *inProcess {
	p := &inProcess{
		pipes:  &pipes{accept: make(chan net.Conn), closed: make(chan struct{})},
		server: &http.Server{Handler: h, ReadHeaderTimeout: time.Minute},
	}
	p.server.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			p.serving.Add(1)
		case http.StateClosed, http.StateHijacked:
			p.serving.Done()
		case http.StateActive, http.StateIdle: // still the same connection
		}
	}
	p.transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return p.pipes.dial(ctx) },
	}
	p.serving.Go(func() {
		_ = p.server.Serve(p.pipes) // ends with http.ErrServerClosed
	})
	return p
}

// RoundTrip sends a copy of the request that is plain HTTP; the host, which is
// signed, stays.
func (p *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	local := r.Clone(r.Context())
	local.URL.Scheme = "http"
	resp, err := p.transport.RoundTrip(local)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// CloseIdleConnections is what http.Client.CloseIdleConnections calls.
func (p *inProcess) CloseIdleConnections() { p.transport.CloseIdleConnections() }

func (p *inProcess) close() {
	p.transport.CloseIdleConnections()
	_ = p.server.Close()
	p.serving.Wait()
}

// pipes is a net.Listener whose connections are made by dial.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accept <- server:
		return client, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "emulator", Net: "pipe"} }
