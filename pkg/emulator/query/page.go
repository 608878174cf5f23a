package query

import (
	"encoding/base64"
	"errors"
	"strings"
)

// ErrMarker tells that a marker was not given by Page.
var ErrMarker = errors.New("not a marker of this service")

// Page gives what comes after the marker, at most size of it, and the next
// marker; it is empty at the end. The list is sorted by key, which is also what
// a marker holds: what was added or removed meanwhile neither repeats nor
// hides another item.
func Page[T any](list []T, key func(T) string, marker string, size int) (page []T, next string, err error) {
	if marker != "" {
		after, err := base64.RawURLEncoding.DecodeString(marker)
		text, ok := strings.CutPrefix(string(after), markerPrefix)
		if err != nil || !ok {
			return nil, "", ErrMarker
		}
		for len(list) > 0 && key(list[0]) <= text {
			list = list[1:]
		}
	}
	if len(list) <= size {
		return list, "", nil
	}
	return list[:size], base64.RawURLEncoding.EncodeToString([]byte(markerPrefix + key(list[size-1]))), nil
}

const markerPrefix = "after:"
