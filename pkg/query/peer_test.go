package query

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// peer is a query with what Grafana's own Prometheus library asks for it.
type peer struct {
	asked
	Expr, Step string
	Start, End int64 // milliseconds
}

// TestAsksAsThePeer: a dashboard that moves here asks the same of the server.
// The vectors are random queries and what grafana/pkg/promlib 0.0.8 makes of
// them. Where it would ask for more points than the service answers, the step
// is larger here.
func TestAsksAsThePeer(t *testing.T) {
	f, err := os.Open("testdata/peer/promlib-0.0.8.jsonl")
	require.NoError(t, err)
	defer func() { _ = f.Close() }() // only read
	same, strict := 0, 0
	for vectors := json.NewDecoder(f); ; {
		var p peer
		if err := vectors.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			require.NoError(t, err)
		}
		m, err := p.parse(t)
		require.NoError(t, err)
		if tooManyPoints(p.To.Sub(p.From), duration(t, p.Step)) {
			require.Greater(t, m.Step, duration(t, p.Step))
			strict++
			continue
		}
		want := []any{p.Expr, p.Step, p.Start, p.End}
		require.Equal(t, want, []any{m.Expr, m.Step.String(), m.Start.UnixMilli(), m.End.UnixMilli()}, string(p.Query))
		same++
	}
	require.Greater(t, same, 100)
	require.Positive(t, strict)
}
