package dataplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/compression"
)

// retention is how long AMP keeps samples unless a workspace says otherwise.
const retention = 150 * 24 * time.Hour

// Config says which workspace a Storage holds and where.
type Config struct {
	// Workspace is the id, ws-<uuid>; the API answers below /workspaces/<id>/.
	Workspace string
	// Account owns the workspace; refusals name it as Cortex names its tenant.
	Account string
	// Dir is the workspace's own directory. It is made when missing.
	Dir    string
	Limits Limits
	// Now is the clock samples are judged by and queries without a time use.
	Now func() time.Time
	// Logger gets what Prometheus' packages have to say from warnings up.
	Logger *slog.Logger
}

// Storage is one workspace: its samples, its metadata and the API over them.
// It is safe for concurrent use.
type Storage struct {
	workspace string
	tenant    string
	limits    Limits
	now       func() time.Time
	db        *tsdb.DB
	engine    *promql.Engine
	metadata  *metadataStore
	api       http.Handler
	write     http.Handler
	rest      http.Handler

	// writing keeps writes of a workspace apart: the TSDB checks a sample when
	// it is appended and silently drops it at commit when another write came
	// between, and a 200 must mean that everything was stored.
	writing sync.Mutex
	series  seriesQuota
}

// Open opens or makes the storage under c.Dir. Close it to release the
// directory's lock, the files and the goroutines.
func Open(c Config) (*Storage, error) {
	limits, err := c.Limits.WithDefaults()
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	logger := quiet(c.Logger)
	s := &Storage{
		workspace: c.Workspace,
		tenant:    c.Account + "_" + c.Workspace,
		limits:    limits,
		now:       c.Now,
	}
	s.series.limit = limits.Series
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("workspace %s: %w", c.Workspace, err)
	}
	if s.metadata, err = openMetadata(filepath.Join(c.Dir, "metadata.json"), limits.Metadata); err != nil {
		return nil, fmt.Errorf("workspace %s: %w", c.Workspace, err)
	}
	if s.db, err = tsdb.Open(filepath.Join(c.Dir, "tsdb"), logger, nil, s.tsdbOptions(), nil); err != nil {
		return nil, fmt.Errorf("workspace %s: open its storage: %w", c.Workspace, err)
	}
	s.engine = promql.NewEngine(promql.EngineOpts{
		Logger:               logger,
		MaxSamples:           int(min(limits.QuerySamples, math.MaxInt32)),
		Timeout:              limits.QueryTime,
		LookbackDelta:        lookback,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		EnablePerStepStats:   true,
		Parser:               language,
	})
	s.api = s.newAPI()
	s.write = s.newWriteHandler()
	s.rest = s.newRest()
	return s, nil
}

// Close ends the storage; what was written stays on disk.
func (s *Storage) Close() error {
	return errors.Join(s.engine.Close(), s.db.Close())
}

// Series is the number of series in memory, for tests and logs.
func (s *Storage) Series() uint64 { return s.db.Head().NumSeries() }

func (s *Storage) tsdbOptions() *tsdb.Options {
	o := tsdb.DefaultOptions()
	// The head takes samples up to half a block old, counted from the newest
	// one. Blocks are therefore long enough for the oldest sample that the
	// limits allow beside the newest.
	span := max(2*time.Hour, 2*(s.limits.SampleAge+s.limits.SampleAhead)).Truncate(time.Hour) + time.Hour
	o.MinBlockDuration = span.Milliseconds()
	o.MaxBlockDuration = 9 * span.Milliseconds()
	o.RetentionDuration = retention.Milliseconds()
	o.OutOfOrderTimeWindow = s.limits.OutOfOrder.Milliseconds()
	o.SeriesLifecycleCallback = &s.series
	o.WALCompression = compression.Snappy
	// A local workspace holds thousands of series, not millions.
	o.StripeSize = 1 << 10
	o.HeadChunksWriteBufferSize = chunks.MinWriteBufferSize
	return o
}

// seriesQuota refuses series beyond the workspace's quota, in the place where
// Cortex does it.
type seriesQuota struct {
	limit  uint64
	active atomic.Int64
}

func (q *seriesQuota) PreCreation(labels.Labels) error {
	if uint64(max(q.active.Load(), 0)) >= q.limit {
		return &seriesLimitError{q.limit}
	}
	return nil
}

func (q *seriesQuota) PostCreation(labels.Labels) { q.active.Add(1) }

func (q *seriesQuota) PostDeletion(gone map[chunks.HeadSeriesRef]labels.Labels) {
	q.active.Add(-int64(len(gone)))
}

// quiet passes warnings and errors only: opening a TSDB alone logs ten lines.
func quiet(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(warnings{l.Handler()})
}

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(name string) slog.Handler   { return warnings{w.Handler.WithGroup(name)} }
