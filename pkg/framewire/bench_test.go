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
// Of the time with many points, two thirds go into the samples (a quarter of all into joining digits, a tenth into
// rounding the quotient), the rest into copying columns and sliding the window. With many series of one point half
// goes into finding the labels' ends and checking them, a third into copying templates and texts.
//
// In a whole plugin process (go tool mage bench) reading a body and discarding it, signed, and sending frames that are
// ready is the floor; this takes about three times that, four for 10,000 series of one point, and promlib 11 to 70
// times. What lies between the floor and us is, with many points, this benchmark; with one series of 11,000 points it
// is a third of it, and the rest is what the SDK does for a query: logs, metrics, traces.
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
