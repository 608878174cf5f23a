package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
)

// FuzzSignature: whatever is signed, the SDK's signer signs it alike.
func FuzzSignature(f *testing.F) {
	f.Add("POST", "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1/api/v1/query?b=2%202&a=%2B1&a=+&c", "", "application/x-www-form-urlencoded", "", "id", "secret", "token", int64(1440938160), "query=up")
	f.Add("GET", "https://h:443/a%2Fb//c/../d é?%zz=1&x=;&a-b=1&a/b=2&a/b=1", "other.example:443", " a   b ", "gzip,  deflate", "id", "", "", int64(1<<33), "")
	f.Add("DELETE", "http://h:80", "h:443", "\t", "", "", "s", "t", int64(0), "x")
	ours := &signer{region: "us-east-1", service: "aps"}
	f.Fuzz(func(t *testing.T, method, target, host, contentType, encoding, id, secret, token string, at int64, body string) {
		u, err := url.Parse(target)
		if err != nil || u.Opaque != "" || strings.ContainsAny(u.Host+host, "[] \t\r\n") || strings.Count(u.Host, ":") > 1 || strings.Count(host, ":") > 1 || at < 0 || at > 1<<36 {
			return // the SDK takes brackets off hosts, which are not off on the wire; spaces are in none
		}
		request := func() *http.Request {
			v := *u
			r := &http.Request{Method: method, URL: &v, Host: host, Header: http.Header{}}
			for name, value := range map[string]string{"Content-Type": contentType, "Content-Encoding": encoding} {
				if value != "" {
					r.Header[name] = []string{value, "second  value"}
				}
			}
			return r
		}
		c := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}
		sum := sha256.Sum256([]byte(body))
		payload := hex.EncodeToString(sum[:])
		when := time.Unix(at, 0)
		want, got := request(), request()
		// A new one each time: it keeps a day's key by the access key id alone.
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), c, want, payload, "aps", "us-east-1", when))
		ours.sign(got, c, []byte(payload), when)
		require.Equal(t, want.Header, got.Header)
		require.Equal(t, want.URL.String(), got.URL.String())
		if want.Host != "" {
			require.Equal(t, want.Host, got.Host)
		}
	})
}

// The key of a day is not used for another day, another key or another secret.
func TestKeysOfADay(t *testing.T) {
	s := &signer{region: "r", service: "s"}
	a := aws.Credentials{AccessKeyID: "a", SecretAccessKey: "1"}
	first := s.day(a, "20260301")
	require.Same(t, first, s.day(a, "20260301"))
	for _, other := range []struct {
		c    aws.Credentials
		date string
	}{{a, "20260302"}, {aws.Credentials{AccessKeyID: "b", SecretAccessKey: "1"}, "20260301"}, {aws.Credentials{AccessKeyID: "a", SecretAccessKey: "2"}, "20260301"}} {
		require.NotSame(t, first, s.day(other.c, other.date))
	}
}

// BenchmarkSignature compares the signers on a small query with a session token.
//
//	go test ./pkg/sigv4 -run '^$' -bench Signature
func BenchmarkSignature(b *testing.B) {
	c := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: strings.Repeat("token", 200)}
	u, err := url.Parse("https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef/api/v1/query")
	require.NoError(b, err)
	r := &http.Request{Method: http.MethodPost, URL: u, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}
	payload := strings.Repeat("0", 64)
	at := time.Now()
	b.Run("ours", func(b *testing.B) {
		s := &signer{region: "us-east-1", service: "aps"}
		b.ReportAllocs()
		for b.Loop() {
			s.sign(r, c, []byte(payload), at)
		}
	})
	b.Run("sdk", func(b *testing.B) {
		s := v4.NewSigner()
		b.ReportAllocs()
		for b.Loop() {
			delete(r.Header, "Authorization")
			if err := s.SignHTTP(b.Context(), c, r, payload, "aps", "us-east-1", at); err != nil {
				b.Fatal(err)
			}
		}
	})
}
