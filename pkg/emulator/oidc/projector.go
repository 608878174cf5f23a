package oidc

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Projector keeps a fresh token in a file, as the kubelet does for a projected
// volume: the file is replaced whole, never written into, and long before the
// token in it expires.
type Projector struct {
	Issuer  *Issuer
	Path    string
	Request TokenRequest
	// Interval is how often Run looks at the clock; ten seconds when zero.
	Interval time.Duration
	// Logger hears of rotations that failed; nobody when nil.
	Logger *slog.Logger

	mu   sync.Mutex
	last Token
}

// Refresh writes a token if there is none yet, or if the last one has lived
// 80 % of its life or a day, and reports whether it did. It is safe for
// concurrent use.
func (p *Projector) Refresh() (rotated bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Issuer.opts.Clock()
	if p.last.Raw != "" && now.Before(p.last.rotateAt()) {
		return false, nil
	}
	request := p.Request
	request.At = now
	token, err := p.Issuer.Mint(request)
	if err != nil {
		return false, err
	}
	if err := statefile.Write(p.Path, []byte(token.Raw)); err != nil {
		return false, err
	}
	p.last = token
	return true, nil
}

// Run refreshes until ctx ends, and returns nil then. It fails only if the
// first token can't be written: later the old one is still good for a while,
// and the next interval tries again.
func (p *Projector) Run(ctx context.Context) error {
	if _, err := p.Refresh(); err != nil {
		return err
	}
	interval := p.Interval
	if interval == 0 {
		interval = 10 * time.Second
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if _, err := p.Refresh(); err != nil && p.Logger != nil {
				p.Logger.WarnContext(ctx, "token not rotated, trying again", "path", p.Path, "err", err)
			}
		}
	}
}

func (t Token) rotateAt() time.Time {
	return t.Issued.Add(min(t.Expires.Sub(t.Issued)*8/10, 24*time.Hour))
}
