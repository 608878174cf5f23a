package framewire

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

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
