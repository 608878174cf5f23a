package promjson

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/bits"
)

// This file reads the numbers of samples in the forms Prometheus writes: digits with perhaps a sign and decimals. A
// function that meets another form says so, and the caller asks strconv.
//
// Against strconv.ParseFloat on the text of a sample this saves about two thirds of the time: see BenchmarkFloat.

// ahead is what is looked at of a sample: more than it takes in the form Prometheus writes it, with a timestamp of at
// most 14 bytes, a value of at most 24, and six signs around them.
type ahead [64]byte

// digits continues value with the digits from b[at] on and says where they end. Above 19 digits in all the value has
// overflowed. It looks at eight bytes at a time, and ends before the last seven.
func (b *ahead) digits(at int, value uint64) (uint64, int) {
	for ; at <= len(b)-8; at += 8 {
		text, foreign := load(b[at:])
		if foreign != 0 {
			zeros := bits.TrailingZeros64(foreign) // 7, and 8 for each digit
			// Zeros move in before the digits. Shifts are in two steps, for 64 is too much for one.
			return value*smallPower[zeros/8&7] + eightDigits(text<<8<<((63-zeros)&63)), at + zeros/8
		}
		value = value*100_000_000 + eightDigits(text)
	}
	return value, at
}

// load takes eight bytes, the first the lowest, digits as 0 to 9. The lowest bit of foreign is in the first byte that
// is no digit.
func load(b []byte) (text, foreign uint64) {
	text = binary.LittleEndian.Uint64(b) ^ 0x3030303030303030
	// Adding 118 makes the highest bit of all above 9. What it carries goes to bytes behind, which do not count.
	return text, (text + 0x7676767676767676 | text) & 0x8080808080808080
}

var smallPower = [8]uint64{1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000}

// eightDigits joins eight digits: pairs, then fours, then all. Each multiplication joins each pair of neighbours.
func eightDigits(text uint64) uint64 {
	text = text * (10<<8 + 1) >> 8
	text = text & 0x00FF00FF00FF00FF * (100<<16 + 1) >> 16
	return text & 0x0000FFFF0000FFFF * (10000<<32 + 1) >> 32
}

// millis reads a timestamp in seconds with at most three decimals from b[1] on, and says where it ends: 0 when it has
// another form.
func (b *ahead) millis() (millis int64, end int) {
	seconds, end := b.digits(1, 0)
	if end < 2 || end > 11 || end > 2 && b[1] == '0' {
		return 0, 0
	}
	millis = int64(seconds) * 1000
	if b[end] == '.' {
		from := end + 1
		fraction, end2 := b.digits(from, 0)
		switch end = end2; end - from {
		case 1:
			millis += int64(fraction) * 100
		case 2:
			millis += int64(fraction) * 10
		case 3:
			millis += int64(fraction)
		default:
			return 0, 0
		}
	}
	if isNumberByte(b[end]) || millis > maxMillis {
		return 0, 0
	}
	return millis, end
}

// float reads a float from b[at] up to the quote that ends it, and says where that is: 0 when it has another form.
func (b *ahead) float(at int) (v float64, end int) {
	from := at
	if from < len(b) && b[from] == '-' {
		from++
	}
	mantissa, end := uint64(0), from
	for end < len(b) && b[end]-'0' <= 9 { // mostly few
		mantissa = mantissa*10 + uint64(b[end]-'0')
		end++
	}
	count, decimals := end-from, 0
	if end < len(b) && b[end] == '.' {
		mantissa, end = b.digits(end+1, mantissa)
		decimals = end - from - count - 1
		count += decimals
	}
	if end >= len(b) || b[end] != '"' || count == 0 || count > 19 && significant(b[from:end]) > 19 {
		return b.nan(at)
	}
	if mantissa>>53 == 0 && decimals < len(exactPower) {
		v = float64(int64(mantissa)) / exactPower[decimals] // both exact, so the one rounding is the right one
	} else if v = eiselLemire(mantissa, -decimals); v < 0 {
		return 0, 0
	}
	if from > at {
		v = -v
	}
	return v, end
}

// nan is float for what has no digits.
func (b *ahead) nan(at int) (float64, int) {
	if at < len(b)-4 && string(b[at:at+4]) == `NaN"` {
		return math.NaN(), at + 3
	}
	return 0, 0
}

// significant counts the digits from the first that is not zero.
func significant(b []byte) int {
	n := 0
	for _, c := range b {
		if c != '.' && (n > 0 || c != '0') {
			n++
		}
	}
	return n
}

// exactPower are the powers of ten that a float64 holds exactly.
var exactPower = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
	1e21, 1e22,
}

// minExponent is that of the smallest sample worth being fast for, with 19 digits.
const minExponent = -64

// tenth holds 10^-i with 128 bits of mantissa, rounded down, the highest bit set.
var tenth = func() (table [1 - minExponent]struct{ hi, lo uint64 }) {
	for i := range table {
		power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(i)), nil)
		// 2^(127+length) / power has 128 bits, but for power 1, 129 at most.
		q := new(big.Int).Lsh(big.NewInt(1), uint(127+power.BitLen()))
		q.Quo(q, power)
		q.Rsh(q, uint(q.BitLen()-128))
		table[i].lo = new(big.Int).And(q, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		table[i].hi = q.Rsh(q, 64).Uint64()
	}
	return table
}()

// eiselLemire is the algorithm of that name: one or two multiplications by a 128-bit power of ten are enough to round
// correctly, save in a few cases that it recognises and gives up on with -1. See https://arxiv.org/abs/2101.11408; the names
// of its steps are those of strconv's.
func eiselLemire(mantissa uint64, exponent int) float64 {
	if mantissa == 0 {
		return 0
	}
	if exponent < minExponent || exponent > 0 {
		return -1
	}
	const bias = 1023
	zeros := bits.LeadingZeros64(mantissa)
	mantissa <<= zeros
	exp2 := uint64(217706*exponent>>16+64+bias) - uint64(zeros) // 217706/2^16 is log2(10), near enough

	power := tenth[-exponent]
	hi, lo := bits.Mul64(mantissa, power.hi)
	if hi&0x1FF == 0x1FF && lo+mantissa < mantissa { // the power's lower half may carry into what decides
		hi2, lo2 := bits.Mul64(mantissa, power.lo)
		merged, carry := bits.Add64(lo, hi2, 0)
		hi += carry
		if hi&0x1FF == 0x1FF && merged+1 == 0 && lo2+mantissa < mantissa {
			return -1
		}
		lo = merged
	}
	top := hi >> 63
	m := hi >> (top + 9) // 54 bits
	exp2 -= 1 ^ top
	if lo == 0 && hi&0x1FF == 0 && m&3 == 1 { // half way between two floats
		return -1
	}
	m = (m + m&1) >> 1 // round to 53 bits
	if m>>53 > 0 {
		m >>= 1
		exp2++
	}
	if exp2-1 >= 0x7FF-1 { // subnormal or infinite
		return -1
	}
	return math.Float64frombits(exp2<<52 | m&(1<<52-1))
}
