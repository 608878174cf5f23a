package sigv4

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// unwanted are headers that never leave for AWS: what authenticates the caller
// elsewhere, what could replace the signature, a tenant header that AMP's edge
// drops, and what belongs to one connection only (RFC 9110, 7.6.1).
var unwanted = map[string]bool{
	"Authorization": true, "Cookie": true, "X-Scope-Orgid": true, "X-Id-Token": true, "X-Grafana-Id": true,
	"Forwarded": true, "X-Real-Ip": true,
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true,
	"Proxy-Authorization": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

var unwantedPrefixes = []string{"X-Amz-", "X-Forwarded-"}

// clean copies r without what the caller must not send. The copy has a URL and
// headers of its own, and no body yet; the values of headers are shared, and
// nobody appends to them in place.
func clean(r *http.Request) *http.Request {
	out := r.WithContext(r.Context())
	connection := r.Header["Connection"]
	out.Header = make(http.Header, len(r.Header)+3)
	for name, values := range r.Header {
		if !isUnwanted(name) && !listed(name, connection) {
			out.Header[name] = values[:len(values):len(values)]
		}
	}
	u := *r.URL
	u.RawQuery, u.User = withoutAmzParameters(u.RawQuery), nil
	out.URL = &u
	out.Trailer, out.TransferEncoding = nil, nil
	if out.Method == "" {
		out.Method = http.MethodGet
	}
	return out
}

func isUnwanted(name string) bool {
	// Names set without canonicalisation are caught too.
	if unwanted[name] || unwanted[http.CanonicalHeaderKey(name)] {
		return true
	}
	for _, prefix := range unwantedPrefixes {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// listed reports whether a header belongs to the connection, by the list in
// Connection.
func listed(name string, connection []string) bool {
	for _, list := range connection {
		for one := range strings.SplitSeq(list, ",") {
			if strings.EqualFold(strings.TrimSpace(one), name) {
				return true
			}
		}
	}
	return false
}

// withoutAmzParameters drops the parameters of a presigned URL: AWS refuses a
// request that is signed in two places.
func withoutAmzParameters(raw string) string {
	for one := range strings.SplitSeq(raw, "&") {
		if isAmzParameter(one) {
			return strings.Join(slices.DeleteFunc(strings.Split(raw, "&"), isAmzParameter), "&")
		}
	}
	return raw
}

func isAmzParameter(one string) bool {
	name, _, _ := strings.Cut(one, "=")
	if strings.Contains(name, "%") {
		name, _ = url.QueryUnescape(name) // what can't be read is not signed, and so not sent
	}
	return len(name) >= 6 && strings.EqualFold(name[:6], "x-amz-")
}
