package recommender

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	smithytime "github.com/aws/smithy-go/time"
	"golang.org/x/sync/errgroup"
)

// Load is traffic that never stops and is never even: it swings by a third
// every ten minutes, single requests come when they like, and the paths are
// asked for 6 : 3 : 1.
type Load struct {
	URL    string  // of the application
	Rate   float64 // requests a second, on average
	Client *http.Client
	Seed   uint64
}

// maxInFlight bounds what a slow application is sent at a time; requests
// beyond it are left out.
const maxInFlight = 64

// Run sends requests until ctx ends, which is no error. Requests that fail are
// left to the application's own metrics to tell.
func (l Load) Run(ctx context.Context) error {
	random := rand.New(rand.NewPCG(l.Seed, 3)) //nolint:gosec // traffic of an example is no secret
	var group errgroup.Group
	group.SetLimit(maxInFlight)
	began := time.Now()
	for at := began; ; {
		at = at.Add(l.wait(at.Sub(began), random.ExpFloat64()))
		if smithytime.SleepWithContext(ctx, time.Until(at)) != nil {
			return group.Wait()
		}
		target := strings.TrimSuffix(l.URL, "/") + pickPath(random)
		group.TryGo(func() error { l.send(ctx, target); return nil })
	}
}

// wait is the time between two requests; chance is exponentially distributed
// with a mean of one, as arrivals that do not know of each other are.
func (l Load) wait(since time.Duration, chance float64) time.Duration {
	swing := 1 + math.Sin(2*math.Pi*since.Minutes()/10)/3
	seconds := min(chance, 10) / (l.Rate * swing)
	return time.Duration(seconds * float64(time.Second))
}

func pickPath(random *rand.Rand) string {
	switch n := random.IntN(10); {
	case n < 6:
		return fmt.Sprintf("/user/product?user=%d", random.IntN(1000))
	case n < 9:
		return "/popular/product"
	}
	return "/popular/category"
}

func (l Load) send(ctx context.Context, target string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return
	}
	resp, err := l.Client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // read to its end, the connection is used again
	_ = resp.Body.Close()
}
