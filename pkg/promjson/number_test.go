package promjson

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// floatTexts are texts of samples, among them those that are hard to round.
func floatTexts(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{
		"0", "-0", "1", "0.1", "-12.5", "9007199254740993", "18446744073709551615", "18446744073709551616",
		"0.000000000000000000000000000000123", "123456789012345678901234567890", "00012", "0.30000000000000004", ".5", "5.",
		"1e5", "+1", "", "-", ".", "-.", "Infinity", "+Inf", "-Inf", "nan", "NaN", "0x1p-2", "1_0", "1.7976931348623157e308",
	}
	for range n {
		v := math.Float64frombits(random.Uint64())
		u := random.Float64() * math.Pow(10, float64(random.IntN(30)-15))
		// half way between two neighbours, with as many digits as it takes
		h := new(big.Float).SetFloat64(u)
		h.Add(h, new(big.Float).SetFloat64(math.Nextafter(u, math.Inf(1)))).Quo(h, new(big.Float).SetFloat64(2))
		texts = append(texts, strconv.FormatFloat(v, 'f', -1, 64), strconv.FormatFloat(u, 'f', -1, 64),
			strconv.FormatFloat(u, 'f', random.IntN(20), 64), h.Text('f', random.IntN(25)), h.Text('f', -1),
			strconv.FormatUint(random.Uint64(), 10))
	}
	return texts
}

func TestFloatIsStrconv(t *testing.T) {
	scanned := 0
	for _, text := range floatTexts(5_000) {
		var b ahead
		copy(b[1:], text+`"`)
		got, end := b.float(1)
		if end == 0 {
			continue
		}
		scanned++
		want, err := strconv.ParseFloat(text, 64)
		require.NoError(t, err, text)
		require.Equal(t, math.Float64bits(want), math.Float64bits(got), text)
		require.Equal(t, 1+len(text), end)
	}
	require.Greater(t, scanned, 15_000, "most forms are covered")
}

func TestMillisIsTheReference(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	texts := []string{"0", "0.001", "01", "1.", ".5", "1e3", "-1", "1.5e1", "999999999", "0123456789", "1000000000", "9223372036", "9223372037", "9223372036.854", "9223372036.855", "9999999999", "12345678901", "1.0005"}
	for range 20_000 {
		texts = append(texts, strconv.FormatFloat(random.Float64()*math.Pow(10, float64(random.IntN(12))), 'f', random.IntN(5), 64))
	}
	scanned := 0
	for _, text := range texts {
		var b ahead
		copy(b[:], "["+text+`,"0"]`)
		got, _, n := b.sample()
		if n == 0 {
			continue
		}
		scanned++
		want, err := parseTimestamp(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Equal(t, len(text)+6, n)
	}
	require.Greater(t, scanned, 10_000, "most forms are covered")
}

// BenchmarkFloat compares the two ways to read a sample's value; go test -bench Float ./pkg/promjson
func BenchmarkFloat(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	texts := make([]ahead, 1024)
	lengths := make([]int, len(texts))
	for i := range texts {
		lengths[i] = copy(texts[i][:], strconv.FormatFloat(random.Float64()*1000, 'f', -1, 64)+`"`) - 1
	}
	b.Run("strconv", func(b *testing.B) {
		for i := range b.N {
			text := texts[i%len(texts)][:lengths[i%len(texts)]]
			if _, err := strconv.ParseFloat(string(text), 64); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("scan", func(b *testing.B) {
		for i := range b.N {
			if _, end := texts[i%len(texts)].float(0); end == 0 {
				b.Fatal("not covered")
			}
		}
	})
}
