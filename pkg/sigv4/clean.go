package sigv4

import (
	"net/http"
	"net/url"
	"strings"
)

// unwanted are headers that never leave for AWS: what authenticates the caller
// elsewhere, what could replace the signature, a tenant header that AMP's edge
// drops, and what belongs to one connection only (RFC 9110, 7.6.1).
var unwanted = []string{
	"Authorization", "Cookie", "X-Scope-Orgid", "X-Id-Token", "X-Grafana-Id",
	"Forwarded", "X-Real-Ip",
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

var unwantedPrefixes = []string{"X-Amz-", "X-Forwarded-"}

// clean clones r without what the caller must not send. The clone has a URL of
// its own and no body yet.
func clean(r *http.Request) *http.Request {
	out := r.Clone(r.Context())
	for _, list := range r.Header.Values("Connection") {
		for name := range strings.SplitSeq(list, ",") {
			out.Header.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range unwanted {
		delete(out.Header, name) // canonical already
	}
	for name := range out.Header {
		for _, prefix := range unwantedPrefixes {
			// Names set without canonicalisation are caught too.
			if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
				delete(out.Header, name)
			}
		}
	}
	for name := range out.Header {
		if canonical := http.CanonicalHeaderKey(name); canonical != name && isUnwanted(canonical) {
			delete(out.Header, name)
		}
	}
	out.URL.RawQuery = withoutAmzParameters(out.URL.RawQuery)
	out.URL.User = nil
	out.Trailer, out.TransferEncoding = nil, nil
	return out
}

func isUnwanted(name string) bool {
	for _, u := range unwanted {
		if u == name {
			return true
		}
	}
	return false
}

// withoutAmzParameters drops the parameters of a presigned URL: AWS refuses a
// request that is signed in two places.
func withoutAmzParameters(raw string) string {
	if !strings.Contains(strings.ToLower(raw), "x-amz-") {
		return raw
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return raw
	}
	for name := range values {
		if len(name) >= 6 && strings.EqualFold(name[:6], "x-amz-") {
			values.Del(name)
		}
	}
	return values.Encode()
}
