package sigv4auth_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// keys is a table of secrets by access key and session token.
type keys map[[2]string]string

func (k keys) Key(id, token string) (sigv4auth.Key, error) {
	secret, ok := k[[2]string{id, token}]
	if !ok {
		return sigv4auth.Key{}, awserr.InvalidToken()
	}
	return sigv4auth.Key{Secret: secret, Principal: iam.Principal{ARN: "arn:aws:iam::123456789012:user/" + id}}, nil
}

const exampleToken = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

// published are the credentials of AWS's examples.
var published = keys{
	{"AKIDEXAMPLE", ""}: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	{"AKIDEXAMPLE", "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"}: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	{"AKIDEXAMPLE", exampleToken}: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
	{"AKIAIOSFODNN7EXAMPLE", ""}:  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

const unnormalized = "the path was signed with its redundant components"

// refused are the vectors that a service must not accept.
var refused = map[string]string{
	"post-sts-header-after":                "the session token was added after signing",
	"get-relative-relative-unnormalized":   unnormalized,
	"get-relative-unnormalized":            unnormalized,
	"get-slash-dot-slash-unnormalized":     unnormalized,
	"get-slash-pointless-dot-unnormalized": unnormalized,
	"get-slash-unnormalized":               unnormalized,
	"get-slashes-unnormalized":             unnormalized,
}

func vectors(tb testing.TB) map[string][]byte {
	tb.Helper()
	files, err := filepath.Glob("testdata/vectors/*.txt")
	require.NoError(tb, err)
	require.Greater(tb, len(files), 30)
	all := map[string][]byte{}
	for _, f := range files {
		all[strings.TrimSuffix(filepath.Base(f), ".txt")], err = os.ReadFile(f)
		require.NoError(tb, err)
	}
	return all
}

// readVector is more tolerant than net/http: the suite has request targets
// with spaces and bare UTF-8.
func readVector(tb testing.TB, raw []byte) *http.Request {
	tb.Helper()
	head, body, _ := bytes.Cut(raw, []byte("\n\n"))
	line, fields, ok := strings.Cut(string(head)+"\n\n", "\n")
	require.True(tb, ok)
	method, rest, _ := strings.Cut(line, " ")
	target := strings.TrimSuffix(rest, " HTTP/1.1")
	h, err := textproto.NewReader(bufio.NewReader(strings.NewReader(fields))).ReadMIMEHeader()
	require.NoError(tb, err)
	r := &http.Request{
		Method: method, RequestURI: target, URL: &url.URL{Path: "/"}, Host: h.Get("Host"), Header: http.Header(h),
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	r.Header.Del("Host")
	return r
}

func scopeOf(name string) (sigv4auth.Scope, time.Time) {
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	s := sigv4auth.Scope{Service: "service", Regions: []string{"us-east-1"}}
	switch {
	case strings.HasPrefix(name, "docs-iam"):
		s.Service = "iam"
	case strings.HasPrefix(name, "docs-s3"):
		s.Service, at = "s3", time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	}
	return s, at
}

func TestPublishedSignatures(t *testing.T) {
	for name, raw := range vectors(t) {
		t.Run(name, func(t *testing.T) {
			s, at := scopeOf(name)
			v := sigv4auth.Verifier{Keys: published, Clock: func() time.Time { return at }}
			r := readVector(t, raw)
			want, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			r.Body = io.NopCloser(bytes.NewReader(want))

			p, err := v.Verify(r, s)

			if why, ok := refused[name]; ok {
				require.Error(t, err, why)
				return
			}
			require.NoError(t, err)
			require.Contains(t, p.ARN, ":user/AKI")
			got, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got), "the body can be read again")
		})
	}
}

// Each vector with one digit of its signature changed, in another region, for
// another service and out of time must be refused for that very reason.
func TestPublishedSignaturesChanged(t *testing.T) {
	for name, raw := range vectors(t) {
		if refused[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s, at := scopeOf(name)
			try := func(r *http.Request, s sigv4auth.Scope, at time.Time) string {
				v := sigv4auth.Verifier{Keys: published, Clock: func() time.Time { return at }}
				_, err := v.Verify(r, s)
				var e *awserr.Error
				require.True(t, errors.As(err, &e), "%v", err)
				return e.Message
			}
			r := readVector(t, raw)
			a := r.Header.Get("Authorization")
			last := "0"
			if strings.HasSuffix(a, "0") {
				last = "1"
			}
			r.Header.Set("Authorization", a[:len(a)-1]+last)
			require.Contains(t, try(r, s, at), "does not match the signature you provided")
			require.Contains(t, try(readVector(t, raw), s, at.Add(6*time.Minute)), "Signature expired: ")
			require.Contains(t, try(readVector(t, raw), s, at.Add(-6*time.Minute)), "Signature not yet current: ")
			region, service := s, s
			region.Regions, service.Service = []string{"eu-west-1"}, "aps"
			require.Contains(t, try(readVector(t, raw), region, at), "Credential should be scoped to a valid region. ")
			require.Contains(t, try(readVector(t, raw), service, at), "Credential should be scoped to correct service: 'aps'. ")
		})
	}
}
