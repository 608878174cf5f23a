package irsa

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Apply sends the requests of the plan, one for each step, and tells of each
// that was done. The error wraps an *amp.Error; what was done until then stays,
// and a new plan goes on from there.
func (p *Plan) Apply(ctx context.Context, c *Clients, done func(Step)) error {
	made := false
	for _, step := range p.Steps {
		if err := c.send(ctx, step, made); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
		made = made || step.Op == Add
		done(step)
	}
	return nil
}

func (c *Clients) send(ctx context.Context, step Step, made bool) error {
	if !made {
		return step.call(ctx, c)
	}
	return c.settle(ctx, func() error { return step.call(ctx, c) }, amp.KindNotFound)
}

// settle repeats what failed in one of the given ways until it works or Settle
// has passed; then the last error is returned.
func (c *Clients) settle(ctx context.Context, try func() error, kinds ...amp.Kind) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Settle, 15*time.Second))
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := try()
		if err == nil || !amp.IsKind(err, kinds...) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}
