package framewire

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// BenchmarkRead reads an answer and writes its frames; go test -run - -bench Read ./pkg/framewire
//
// Compare two states of the code with benchstat on -count 6 of each. Allocations do not depend on the machine: a few
// hundred for an answer, whatever its size, most of them for the templates of its frames.
//
// With many points nearly all of the time goes into the samples: a third each into values' digits, into joining them
// and rounding the quotient, and into timestamps and the steps between. With many series of one point a third goes into
// copying templates and texts, a fifth each into finding the labels' ends and into display names.
//
// Whole plugin processes, a query at a time, one core, the machine quiet (load 1.4 on 2 cores), in milliseconds of CPU
// (cd bench && go run . -budget 300ms -turns 4); the floor signs, reads and discards a body, and sends ready frames:
//
//	series × points    here    promlib   times less    floor
//	1 × 11,000         0.90       4.07          4.5     0.44
//	100 × 1,000        3.88      31.4           8.1     1.39
//	400 × 300          5.05      46.2           9.1     1.69
//	2,000 × 60         7.15      77.3          10.8     2.52
//	10,000 × 1        14.4      228            15.9     6.73
//
// 16 at once it is 6.0, 8.3, 9.8, 12.0 and 16.9 times less. What lies between the floor and us is this benchmark, and
// with 10,000 series memory that is cold; with 1 × 11,000 half of it is what the SDK does for a query: logs, metrics,
// traces.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ series, points int }{{1, 11_000}, {100, 1_000}, {400, 300}, {2_000, 60}, {10_000, 1}} {
		b.Run(fmt.Sprintf("%dx%d", c.series, c.points), func(b *testing.B) {
			body := rates(c.series, c.points)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				a, err := encode(strings.NewReader(body), testOptions)
				if err != nil {
					b.Fatal(err)
				}
				a.memory.free()
			}
		})
	}
}

// rates is a matrix of numbers as a rate has them.
func rates(series, points int) string {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for s := range series {
		if s > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":{"__name__":"http_requests_total","instance":"10.0.0.%d:9090","job":"api-server","namespace":"production","path":"/api/v1/items/%d"},"values":[`, s%256, s)
		for p := range points {
			if p > 0 {
				b.WriteByte(',')
			}
			b.WriteString("[" + strconv.Itoa(1_700_000_000+15*p) + `,"` + strconv.FormatFloat(random.Float64()*100, 'f', -1, 64) + `"]`)
		}
		b.WriteString("]}")
	}
	b.WriteString("]}}")
	return b.String()
}
