package demo

import "fmt"

// perSecond formats a rate of requests.
func perSecond(v float64) string { return fmt.Sprintf("%.3g req/s", v) }

// bytesPerSecond formats a rate of bytes with a decimal prefix, as networks count.
func bytesPerSecond(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}} {
		if v >= u.size {
			return fmt.Sprintf("%.3g %s", v/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g B/s", v)
}
