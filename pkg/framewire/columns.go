package framewire

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/ampkit/ampkit/pkg/promjson"
)

// columns writes numbers into an arena, as Arrow has them.
type columns struct {
	*arena
	// grid is the last time column that was worth sharing.
	grid struct {
		millis []int64
		where  pieces
	}
	// Columns of rows that came before the end of their series.
	earlyFloatColumns [2]pieces
	earlyCellColumns  [5]pieces
}

// sharedRows is from how many rows on a time column is shared. For fewer a copy costs less than the piece.
const sharedRows = 512

// floats adds the columns of a frame of floats.
func (c *columns) floats(to *pieces, f promjson.Floats) {
	flush(to, &c.earlyFloatColumns[0])
	c.times(to, f.Millis)
	flush(to, &c.earlyFloatColumns[1])
	c.float64s(to, f.Values)
}

// early keeps rows that come before the end of their series.
func (c *columns) early(r promjson.Rows) {
	c.nanos(&c.earlyFloatColumns[0], r.Floats.Millis)
	c.float64s(&c.earlyFloatColumns[1], r.Floats.Values)
	c.nanos(&c.earlyCellColumns[0], r.Cells.Millis)
	for i, column := range [...][]float64{r.Cells.Min, r.Cells.Max, r.Cells.Count} {
		c.float64s(&c.earlyCellColumns[1+i], column)
	}
	c.int8s(&c.earlyCellColumns[4], r.Cells.Layout)
}

func (c *columns) earlyFloatRows() int { return c.earlyFloatColumns[0].size() / 8 }
func (c *columns) earlyCellRows() int  { return c.earlyCellColumns[0].size() / 8 }

// cells adds the columns of a frame of native histograms with as many rows in all.
func (c *columns) cells(to *pieces, cells promjson.Cells, rows int) {
	flush(to, &c.earlyCellColumns[0])
	c.times(to, cells.Millis)
	for i, column := range [...][]float64{cells.Min, cells.Max, cells.Count} {
		flush(to, &c.earlyCellColumns[1+i])
		c.float64s(to, column)
	}
	flush(to, &c.earlyCellColumns[4])
	c.int8s(to, cells.Layout)
	c.takeZero(to, columnSize(1, rows)-rows)
}

// flush adds what came early of a column.
func flush(to, early *pieces) {
	to.addAll(*early)
	*early = (*early)[:0]
}

// times adds a time column. Most series of an answer have their samples at the same times, or begin later or end
// earlier: then it is a part of a column that is there already.
func (c *columns) times(to *pieces, millis []int64) {
	if len(millis) < sharedRows {
		c.nanos(to, millis)
		return
	}
	if i, ok := slices.BinarySearch(c.grid.millis, millis[0]); ok && i+len(millis) <= len(c.grid.millis) &&
		slices.Equal(c.grid.millis[i:i+len(millis)], millis) {
		to.addAll(c.grid.where.part(8*i, 8*(i+len(millis))))
		return
	}
	var own pieces
	c.nanos(&own, millis)
	to.addAll(own)
	if len(millis) >= len(c.grid.millis) && slices.IsSorted(millis) {
		c.grid.millis = append(c.grid.millis[:0], millis...)
		c.grid.where = own
	}
}

// nanos adds milliseconds as nanoseconds.
func (c *columns) nanos(to *pieces, millis []int64) {
	for len(millis) > 0 {
		dst, n := c.takeSome(to, 8, len(millis))
		for i, ms := range millis[:n] {
			binary.LittleEndian.PutUint64(dst[8*i:8*i+8], uint64(ms*int64(time.Millisecond)))
		}
		millis = millis[n:]
	}
}

func (c *columns) float64s(to *pieces, values []float64) {
	for len(values) > 0 {
		dst, n := c.takeSome(to, 8, len(values))
		for i, v := range values[:n] {
			binary.LittleEndian.PutUint64(dst[8*i:8*i+8], math.Float64bits(v))
		}
		values = values[n:]
	}
}

func (c *columns) int8s(to *pieces, values []int8) {
	for len(values) > 0 {
		dst, n := c.takeSome(to, 1, len(values))
		for i, v := range values[:n] {
			dst[i] = byte(v)
		}
		values = values[n:]
	}
}

// renew begins a new arena; the old one is freed once nobody holds it.
func (c *columns) renew() {
	c.free()
	c.begin()
}

// begin begins an arena with nothing in it.
func (c *columns) begin() {
	c.arena = newArena()
	c.grid.millis, c.grid.where = c.grid.millis[:0], nil
	for i := range c.earlyFloatColumns {
		c.earlyFloatColumns[i] = c.earlyFloatColumns[i][:0]
	}
	for i := range c.earlyCellColumns {
		c.earlyCellColumns[i] = c.earlyCellColumns[i][:0]
	}
}
