package sigv4auth_test

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// FuzzAuthorization: a header other than the signer's is refused, with one of
// the errors of the closed set, whatever it holds.
func FuzzAuthorization(f *testing.F) {
	for _, raw := range vectors(f) {
		f.Add(readVector(f, raw).Header.Get("Authorization"))
	}
	original := signed(f, http.MethodGet, testPath, "", nil).Header.Get("Authorization")
	f.Add(original)
	f.Add("AWS4-HMAC-SHA256 Credential=AKIATEST/20260301/eu-west-1/aps/aws4_request, SignedHeaders=host;x-amz-date, Signature=")
	f.Add("AWS4-HMAC-SHA256 ,,=,Credential=////")
	signature := original[len(original)-64:]
	f.Fuzz(func(t *testing.T, header string) {
		r := signed(t, http.MethodGet, testPath, "", nil)
		r.Header["Authorization"] = []string{header}
		_, err := verifier().Verify(r, scope)
		if err == nil {
			require.True(t, strings.HasSuffix(strings.TrimSpace(header), signature) || strings.Contains(header, "Signature="+signature), "accepted %q", header)
			return
		}
		var e *awserr.Error
		require.ErrorAs(t, err, &e)
		require.Less(t, len(e.Message), 1024)
	})
}

// FuzzAgreesWithTheSDK: what the SDK signs is accepted, and refused again once
// the path, the query or the body is another.
func FuzzAgreesWithTheSDK(f *testing.F) {
	f.Add("/workspaces/ws-1/api/v1/query", "query=up&time=1", " a  b ", "body")
	f.Add("/a%2Fb/c d/ü/~", "a=b+c&a=%2F&a=&b&=", "", "")
	f.Add("/!*'();:@&=+$,[]", "q=!*'();:@$,/?[]%25", "grün", "\x00")
	f.Fuzz(func(t *testing.T, p, query, header, body string) {
		u := &url.URL{Scheme: "http", Host: "aps.eu-west-1.amazonaws.com", Path: p, RawQuery: query}
		clean := strings.TrimSuffix(path.Clean(p), "/")
		if !strings.HasPrefix(p, "/") || clean != strings.TrimSuffix(p, "/") || u.Path == "//" {
			t.Skip("signers differ over redundant components")
		}
		for _, c := range header {
			if c < ' ' || c == 0x7f {
				t.Skip("not a header")
			}
		}
		if _, err := url.ParseRequestURI(u.RequestURI()); err != nil || strings.ContainsAny(query, " #") {
			t.Skip("not a request line")
		}
		request := func() *http.Request {
			r := signed(t, http.MethodPost, u.String(), body, func(r *http.Request) { r.Header.Set("X-Amz-Meta", header) })
			return r
		}
		_, err := verifier().Verify(request(), scope)
		require.NoError(t, err)

		r := request()
		r.URL.Path, r.URL.RawPath = r.URL.Path+"x", ""
		_, err = verifier().Verify(r, scope)
		require.ErrorIs(t, err, awserr.InvalidSignature)
		r = request()
		r.URL.RawQuery += "&x"
		_, err = verifier().Verify(r, scope)
		require.ErrorIs(t, err, awserr.InvalidSignature)
		r = request()
		r.ContentLength, r.Body = int64(len(body)), http.NoBody
		if _, err = verifier().Verify(r, scope); body != "" {
			require.ErrorIs(t, err, awserr.InvalidSignature)
		}
	})
}
