package amp

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Unpack undoes gzip in the answers of next. Nobody here asks for it, for unpacking costs several times what reading
// does, but a proxy on the way may pack all the same. It belongs below whatever limits an answer, so that the limit
// counts what is read.
func Unpack(next http.RoundTripper) http.RoundTripper { return unpacking{next} }

type unpacking struct{ http.RoundTripper }

func (u unpacking) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(r)
	if err != nil || !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return resp, err
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength, resp.Uncompressed = -1, true
	resp.Body = &packed{ReadCloser: resp.Body}
	return resp, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (u unpacking) CloseIdleConnections() {
	if c, ok := u.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// packed unpacks from the first read on, so that a request without a body to read waits for none.
type packed struct {
	io.ReadCloser
	content *gzip.Reader
}

func (p *packed) Read(b []byte) (int, error) {
	if p.content == nil {
		content, err := gzip.NewReader(p.ReadCloser)
		if err != nil {
			return 0, fmt.Errorf("unpack the answer: %w", err)
		}
		p.content = content
	}
	return p.content.Read(b)
}
