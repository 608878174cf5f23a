package emulator

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"sync"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// call is what is known of a request while it is served: for the log and the
// counters, nothing decides by it.
type call struct {
	plane     Plane
	path      string // below the workspace, as sent
	workspace string
	requestID string
	action    string
	principal string
	refused   awserr.Code
}

type callKey struct{}

// callOf finds the call of a request under observe, and something to write on
// for any other.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return new(call)
}

// observe stamps the answer, counts it and logs it.
func (e *Emulator) observe(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request, *call)) {
	began := e.o.Clock()
	c := &call{requestID: awserr.Stamp(w.Header())}
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	serve(rec, r.WithContext(context.WithValue(r.Context(), callKey{}, c)), c)

	e.counts.add(c, rec.status)
	level := slog.LevelInfo
	if c.plane == other {
		level = slog.LevelDebug
	}
	e.o.Logger.LogAttrs(r.Context(), level, "request",
		slog.String("plane", string(c.plane)), slog.String("method", r.Method), slog.String("path", c.path),
		slog.String("workspace", c.workspace), slog.String("action", c.action), slog.String("principal", c.principal),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes), slog.String("refused", string(c.refused)),
		slog.Duration("took", e.o.Clock().Sub(began)), slog.String("requestID", c.requestID))
}

// recorder notes what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	began  bool
}

func (r *recorder) WriteHeader(status int) {
	if !r.began {
		r.status, r.began = status, true
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.began = true
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Call is one kind of answer that was given.
type Call struct {
	Plane Plane
	// Path is the one below the workspace on the data plane ("api/v1/query"),
	// and the whole path elsewhere.
	Path string
	// Action is "aps:QueryMetrics", "sts:AssumeRole" and so on; empty for what
	// was refused before it was known.
	Action string
	Status int
}

// Counts are how often each kind of answer was given.
type Counts map[Call]int

// STS is the number of requests for an STS action ("AssumeRole"), answered
// well or not; for all of them when it is empty.
func (c Counts) STS(action string) int {
	return c.sum(func(k Call) bool { return k.Plane == STS && (action == "" || k.Action == "sts:"+action) })
}

// Data is the number of data-plane answers for a path ("api/v1/query") with a
// status; an empty path or a zero status means any.
func (c Counts) Data(path string, status int) int {
	return c.sum(func(k Call) bool {
		return k.Plane == DataPlane && (path == "" || k.Path == path) && (status == 0 || k.Status == status)
	})
}

func (c Counts) sum(counted func(Call) bool) int {
	n := 0
	for k, v := range c {
		if counted(k) {
			n += v
		}
	}
	return n
}

// Counts gives the counters since New.
func (e *Emulator) Counts() Counts {
	e.counts.mu.Lock()
	defer e.counts.mu.Unlock()
	return maps.Clone(e.counts.m)
}

type counter struct {
	mu sync.Mutex
	m  Counts
}

// maxCounted bounds the counters against clients that make up paths.
const maxCounted = 10_000

func (c *counter) add(k *call, status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = Counts{}
	}
	key := Call{Plane: k.plane, Path: k.path, Action: k.action, Status: status}
	if _, seen := c.m[key]; seen || len(c.m) < maxCounted {
		c.m[key]++
	}
}
