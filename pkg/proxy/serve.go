package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Serve answers on l and keeps the credentials until ctx ends. Then it is no
// longer ready, takes no new connections and gives the requests under way their
// time (Timeouts.Drain) before it cuts them off. It closes l and returns nil
// after such an end, when no connection is left. It can be called once.
func (p *Proxy) Serve(ctx context.Context, l net.Listener) error {
	config, err := p.config.Access.tls()
	if err != nil {
		_ = l.Close()
		return err
	}
	local := isLocal(l.Addr().String())
	p.local.Store(local && p.config.Access.open())
	if !local && p.config.Access.open() {
		p.config.Logger.WarnContext(ctx, "everybody who reaches this address can use the workspace: ask for a bearer token or client certificates", "address", l.Addr().String())
	}
	l = callers{l, p.watchdog}
	if config != nil {
		config.NextProtos = []string{"h2", "http/1.1"}
		l = tls.NewListener(l, config)
	}
	var open sync.WaitGroup  // by connection
	var serving sync.RWMutex // read by requests, for those of HTTP/2 outlive their connection
	// What is under way outlives ctx for a while, and needs credentials.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serving.RLock()
			defer serving.RUnlock()
			p.ServeHTTP(w, r)
		}),
		// A connection that is closed does not end the request of a caller who has
		// sent the next one.
		BaseContext: func(net.Listener) context.Context { return life },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed:
				open.Done()
			default:
			}
		},
		ReadHeaderTimeout: p.config.Timeouts.Header, IdleTimeout: p.config.Timeouts.Idle, MaxHeaderBytes: 64 << 10,
		ReadTimeout: p.config.Timeouts.Header + p.config.Timeouts.Body, // taken back once a body is here
		// Over HTTP/2 nothing of a stream ends while a write to its connection does not.
		HTTP2:    &http.HTTP2Config{WriteByteTimeout: p.config.Timeouts.Stall},
		ErrorLog: slog.NewLogLogger(p.config.Logger.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		p.keeper.run(life)
		return nil
	})
	group.Go(func() error {
		p.watchdog.run(life)
		return nil
	})
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("proxy: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		defer end()
		<-ctx.Done()
		p.drain(context.WithoutCancel(ctx), server)
		_ = server.Close() // whoever is left: nobody follows, for Serve has returned
		return nil
	})
	err = group.Wait()
	open.Wait() // so that who was cut off is counted and logged
	serving.Lock()
	defer serving.Unlock()
	p.signed.CloseIdleConnections()
	return err
}

func (p *Proxy) drain(ctx context.Context, server *http.Server) {
	p.draining.Store(true)
	last, cancel := context.WithTimeout(ctx, p.config.Timeouts.Drain)
	defer cancel()
	p.config.Logger.InfoContext(ctx, "draining", "for", p.config.Timeouts.Drain)
	if err := server.Shutdown(last); err != nil {
		p.config.Logger.WarnContext(ctx, "requests under way are cut off", "err", err)
		p.drained.Store(true)
	}
}
