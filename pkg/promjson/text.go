package promjson

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// plainLen is how many bytes at the start of b are plain: ASCII that is the same quoted and not, in JSON and in Go. It
// looks at eight bytes at a time.
func plainLen(b []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		text := binary.LittleEndian.Uint64(b[n:])
		quote, slash := text^'"'*ones, text^'\\'*ones
		// The highest bit of a byte becomes one where the byte is below a space, a quote, a backslash, or above 0x7E.
		// What is carried or borrowed goes to bytes behind, which do not count.
		special := ((text-' '*ones)|(quote-ones)|(slash-ones))&^text | text | (text + ones)
		if special &= highs; special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(b) && isPlain(b[n]) {
		n++
	}
	return n
}

func isPlain(c byte) bool { return ' ' <= c && c <= '~' && c != '"' && c != '\\' }

// AppendJSONString appends a text as a JSON string, as encoding/json has it but for HTML's characters, which stay.
func AppendJSONString(dst, text []byte) []byte {
	before := len(dst)
	dst = append(dst, '"')
	for rest := text; ; {
		n := plainLen(rest)
		dst = append(dst, rest[:n]...)
		if n == len(rest) {
			return append(dst, '"')
		}
		if rest[n] != '"' && rest[n] != '\\' {
			quoted, _ := json.Marshal(string(text)) // a string always can be
			return append(dst[:before], quoted...)
		}
		dst = append(dst, '\\', rest[n])
		rest = rest[n+1:]
	}
}
