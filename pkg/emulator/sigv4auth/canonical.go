package sigv4auth

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// canonicalRequest is task 1 of the signing process: the request in the one
// form over which both sides compute. It fails where no signer can have meant
// what stands there: broken escapes, or a signed header that did not arrive.
func canonicalRequest(r *http.Request, service string, signedHeaders []string, payloadHash string) (string, bool) {
	path, rawQuery := target(r)
	path, ok := canonicalPath(path, service)
	if !ok {
		return "", false
	}
	query, ok := canonicalQuery(rawQuery)
	if !ok {
		return "", false
	}
	headers, ok := canonicalHeaders(r, signedHeaders)
	if !ok {
		return "", false
	}
	return strings.Join([]string{r.Method, path, query, headers, strings.Join(signedHeaders, ";"), payloadHash}, "\n"), true
}

// target is the path and the query as they were sent. The request line counts,
// whatever a router has made of r.URL since.
func target(r *http.Request) (path, query string) {
	line := r.RequestURI
	if line == "" {
		line = r.URL.RequestURI() // a client's request, handed over in-process
	}
	if _, rest, ok := strings.Cut(line, "://"); ok && !strings.HasPrefix(line, "/") {
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			line = rest[i:]
		} else {
			line = "/"
		}
	}
	path, query, _ = strings.Cut(line, "?")
	return path, query
}

// canonicalPath encodes the path as it was sent once more and removes
// redundant and relative components, after RFC 3986. Amazon S3 is the
// exception: its keys are encoded once and mean what they say.
func canonicalPath(path, service string) (string, bool) {
	if path == "" {
		path = "/"
	}
	if service == "s3" {
		plain, err := url.PathUnescape(path)
		return encode(plain, true), err == nil
	}
	return encode(normalize(path), true), true
}

func normalize(path string) string {
	var kept []string
	segments := strings.Split(path, "/")
	for _, s := range segments {
		switch s {
		case "", ".":
		case "..":
			if len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
		default:
			kept = append(kept, s)
		}
	}
	out := "/" + strings.Join(kept, "/")
	if last := segments[len(segments)-1]; out != "/" && (last == "" || last == "." || last == "..") {
		out += "/"
	}
	return out
}

// canonicalQuery sorts the parameters by name, then by value, both encoded. A
// plus sign stands for a space, as it does to whoever reads the parameters.
func canonicalQuery(raw string) (string, bool) {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return "", false
		}
		pairs = append(pairs, pair{encode(n, false), encode(v, false)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var out strings.Builder
	for i, p := range pairs {
		if i > 0 {
			out.WriteByte('&')
		}
		out.WriteString(p.name + "=" + p.value)
	}
	return out.String(), true
}

// canonicalHeaders has a line for each signed header: values trimmed, runs of
// spaces made one, repeated headers joined in the order in which they came.
func canonicalHeaders(r *http.Request, signed []string) (string, bool) {
	var out strings.Builder
	for _, name := range signed {
		values := r.Header.Values(name)
		switch {
		case name == "host":
			values = []string{r.Host}
			if r.Host == "" {
				values = []string{r.URL.Host}
			}
		case name == "content-length" && len(values) == 0 && r.ContentLength >= 0:
			values = []string{strconv.FormatInt(r.ContentLength, 10)}
		case len(values) == 0:
			return "", false
		}
		out.WriteString(name + ":")
		for i, v := range values {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(squeeze(v))
		}
		out.WriteByte('\n')
	}
	return out.String(), true
}

func squeeze(v string) string {
	v = strings.Trim(v, " \t\r\n")
	for strings.Contains(v, "  ") {
		v = strings.ReplaceAll(v, "  ", " ")
	}
	return v
}

// encode is UriEncode() of AWS's documentation: everything but unreserved
// characters becomes %XY with upper-case digits.
func encode(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var out strings.Builder
	out.Grow(len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9',
			c == '-', c == '.', c == '_', c == '~', c == '/' && keepSlash:
			out.WriteByte(c)
		default:
			out.WriteByte('%')
			out.WriteByte(digits[c>>4])
			out.WriteByte(digits[c&15])
		}
	}
	return out.String()
}
