package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// row is one size of answer: S series of P points.
type row struct {
	series, points int
	// goal is how many times less CPU the whole process shall take than the peer's.
	goal float64
}

// rows are those of a dashboard's life: one long series, panels, a wide overview, and an instant query over everything.
var rows = []row{{1, 11_000, 3.5}, {100, 1_000, 6}, {400, 300, 6}, {2_000, 60, 10}, {10_000, 1, 10}}

// large is an answer of a little over 256 MiB, to see what it does to memory.
var large = row{series: 2_000, points: 4_050}

func (r row) String() string { return fmt.Sprintf("%d × %d", r.series, r.points) }

func (r row) instant() bool { return r.points == 1 }

// first is when all answers begin.
const first, step = 1_700_000_000, 15

// answer is what Prometheus would send: five labels, values as they come out of a rate, all series on the same grid.
func (r row) answer() []byte {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // numbers for a benchmark
	kind, key := "matrix", "values"
	if r.instant() {
		kind, key = "vector", "value"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"status":"success","data":{"resultType":"%s","result":[`, kind)
	var number []byte
	for s := range r.series {
		if s > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"__name__":"http_requests_total","instance":"10.0.%d.%d:9090","job":"api-server","namespace":"production","path":"/api/v1/items/%d"},"%s":`,
			s/256, s%256, s, key)
		if !r.instant() {
			b.WriteByte('[')
		}
		for p := range r.points {
			if p > 0 {
				b.WriteByte(',')
			}
			number = strconv.AppendInt(append(number[:0], '['), int64(first+p*step), 10)
			number = strconv.AppendFloat(append(number, `,"`...), random.Float64()*100, 'f', -1, 64)
			b.Write(append(number, `"]`...))
		}
		if !r.instant() {
			b.WriteByte(']')
		}
		b.WriteByte('}')
	}
	b.WriteString("]}}\n")
	return b.Bytes()
}
