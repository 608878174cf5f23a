package sigv4auth_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

var (
	now   = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	scope = sigv4auth.Scope{Service: "aps", Regions: []string{"eu-west-1"}, MaxBody: 4096}
)

const (
	testToken = "FwoGZXIvYXdzE+token/with=+everything=="
	testPath  = "http://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/query"
)

func verifier() *sigv4auth.Verifier {
	return &sigv4auth.Verifier{Keys: keys{{"AKIATEST", ""}: "secret", {"ASIATEST", testToken}: "temporary"}, Clock: func() time.Time { return now }}
}

// signed is a request as the unmodified SDK signs it.
func signed(tb testing.TB, method, url, body string, edit func(*http.Request)) *http.Request {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), method, url, strings.NewReader(body))
	require.NoError(tb, err)
	if edit != nil {
		edit(r)
	}
	sdkSign(tb, r, body, aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, "aps", "eu-west-1", now)
	return r
}

func sdkSign(tb testing.TB, r *http.Request, body string, c aws.Credentials, service, region string, at time.Time) {
	tb.Helper()
	sum := sha256.Sum256([]byte(body))
	require.NoError(tb, v4.NewSigner().SignHTTP(tb.Context(), c, r, hex.EncodeToString(sum[:]), service, region, at))
}

// requests are what signers stumble over.
func requests() map[string]func(testing.TB) *http.Request {
	get := func(url string) func(testing.TB) *http.Request {
		return func(tb testing.TB) *http.Request { tb.Helper(); return signed(tb, http.MethodGet, url, "", nil) }
	}
	post := func(body string, edit func(*http.Request)) func(testing.TB) *http.Request {
		return func(tb testing.TB) *http.Request {
			tb.Helper()
			return signed(tb, http.MethodPost, testPath, body, edit)
		}
	}
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	return map[string]func(testing.TB) *http.Request{
		"no query":          get(testPath),
		"no path":           get("http://aps.eu-west-1.amazonaws.com"),
		"PromQL":            get(testPath + `?query=sum(rate(http_requests_total%7Bjob%3D%22a%22%7D%5B5m%5D))%20by%20(path)&time=1.5`),
		"plus for a space":  get(testPath + "?query=a+%2B+b"),
		"encoded slash":     get(testPath + "?match=a%2Fb%2fc"),
		"unicode":           get(testPath + "?query=%E1%88%B4%F0%9F%98%80"),
		"repeated keys":     get(testPath + "?match%5B%5D=up&match%5B%5D=a&match%5B%5D=b&a=1&B=2"),
		"empty values":      get(testPath + "?lifecycle&b=&a"),
		"unreserved":        get(testPath + "?-._~0aZ=~"),
		"reserved":          get(testPath + "?q=!*'()%3B:@%26%3D$,/?%23%5B%5D"),
		"encoded path":      get("http://aps.eu-west-1.amazonaws.com/tags/arn%3Aaws%3Aaps%3Aeu-west-1%3A123456789012%3Aworkspace%2Fws-1"),
		"space in path":     get("http://aps.eu-west-1.amazonaws.com/a%20b/c+d/%C3%BC/~x"),
		"trailing slash":    get("http://aps.eu-west-1.amazonaws.com/workspaces/"),
		"port":              get("http://127.0.0.1:9999/workspaces"),
		"form":              post("query=up&time=1", header("Content-Type", "application/x-www-form-urlencoded")),
		"binary":            post("\x00\xff\x01", header("Content-Type", "application/x-protobuf")),
		"spaces in headers": post("x", header("X-Amz-Meta", "  a   b  c ")),
		"header twice":      post("x", header("X-Amz-Meta", "b", " a  1", "")),
		"unicode header":    post("x", header("X-Amz-Meta", "grün")),
		"payload header": post("x", func(r *http.Request) {
			sum := sha256.Sum256([]byte("x"))
			r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
		}),
		"session token": func(tb testing.TB) *http.Request {
			tb.Helper()
			r := httptest.NewRequest(http.MethodGet, testPath+"?query=up", http.NoBody)
			sdkSign(tb, r, "", aws.Credentials{AccessKeyID: "ASIATEST", SecretAccessKey: "temporary", SessionToken: testToken}, "aps", "eu-west-1", now)
			r.RequestURI = r.URL.RequestURI() // the signer rewrites the query
			return r
		},
	}
}

func TestAcceptsWhatTheSDKSigns(t *testing.T) {
	for name, request := range requests() {
		t.Run(name, func(t *testing.T) {
			_, err := verifier().Verify(request(t), scope)
			require.NoError(t, err)
		})
	}
}

// The same requests, sent over a connection: what net/http does to them on the
// way must not matter.
func TestAcceptsWhatTheSDKSignsOverHTTP(t *testing.T) {
	var got error
	server := httptest.NewServer(http.StripPrefix("/", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, got = verifier().Verify(r, scope)
	})))
	defer server.Close()
	for name, request := range requests() {
		t.Run(name, func(t *testing.T) {
			r := request(t)
			if r.Host == "" {
				r.Host = r.URL.Host // the Host that was signed
			}
			r.RequestURI = ""
			r.URL.Host = strings.TrimPrefix(server.URL, "http://")
			got = errors.New("not reached")
			answer, err := server.Client().Do(r)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.NoError(t, got)
		})
	}
}

func TestRefusesEachMutation(t *testing.T) {
	body := "query=up&time=1"
	mismatch := "does not match the signature you provided"
	for name, c := range map[string]struct {
		mutate func(*http.Request)
		want   string
	}{
		"method":                   {func(r *http.Request) { r.Method = http.MethodPut }, mismatch},
		"path":                     {func(r *http.Request) { r.URL.Path += "_range" }, mismatch},
		"path case":                {func(r *http.Request) { r.URL.Path = strings.ToUpper(r.URL.Path) }, mismatch},
		"trailing slash":           {func(r *http.Request) { r.URL.Path += "/" }, mismatch},
		"query value":              {func(r *http.Request) { r.URL.RawQuery = "step=16&x=a%2Fb" }, mismatch},
		"query added":              {func(r *http.Request) { r.URL.RawQuery += "&y=1" }, mismatch},
		"query repeated":           {func(r *http.Request) { r.URL.RawQuery += "&step=15" }, mismatch},
		"query removed":            {func(r *http.Request) { r.URL.RawQuery = "" }, mismatch},
		"query not decodable":      {func(r *http.Request) { r.URL.RawQuery += "&%zz" }, mismatch},
		"host":                     {func(r *http.Request) { r.Host = "example.com" }, mismatch},
		"signed header":            {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, mismatch},
		"signed header twice":      {func(r *http.Request) { r.Header.Add("Content-Type", "text/plain") }, mismatch},
		"signed header gone":       {func(r *http.Request) { r.Header.Del("Content-Type") }, mismatch},
		"length":                   {func(r *http.Request) { r.ContentLength-- }, mismatch},
		"body":                     {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("query=up&time=2")) }, mismatch},
		"body longer":              {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(body + " ")) }, mismatch},
		"body gone":                {func(r *http.Request) { r.Body = http.NoBody }, mismatch},
		"date":                     {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260301T100001Z") }, mismatch},
		"date of another day":      {func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260302T100000Z") }, "Date in Credential scope does not match"},
		"date gone":                {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "requires existence of either a 'X-Amz-Date' or a 'Date' header"},
		"date unreadable":          {func(r *http.Request) { r.Header.Set("X-Amz-Date", "2026-03-01") }, "Date must be in ISO-8601 'basic format'"},
		"date twice":               {func(r *http.Request) { r.Header.Add("X-Amz-Date", "20260301T100000Z") }, "Date must be in ISO-8601 'basic format'"},
		"amz header added":         {func(r *http.Request) { r.Header.Set("X-Amz-Meta", "1") }, "headers present in the request which were not signed: x-amz-meta"},
		"token added":              {func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", testToken) }, "not signed: x-amz-security-token"},
		"payload hash added":       {func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") }, "not signed: x-amz-content-sha256"},
		"no signature":             {func(r *http.Request) { r.Header.Del("Authorization") }, "Missing Authentication Token"},
		"signature twice":          {func(r *http.Request) { r.Header.Add("Authorization", "x") }, "must not be repeated"},
		"bearer":                   {func(r *http.Request) { r.Header.Set("Authorization", "Bearer abc") }, "Unsupported AWS 'algorithm': 'Bearer'"},
		"signature short":          {authorization("Signature=", "Signature=0"), mismatch},
		"signature upper case":     {upper, mismatch},
		"host not signed":          {authorization("host;", ""), "must be a 'SignedHeader'"},
		"header list out of order": {authorization("content-type;host", "host;content-type"), "in order, each once"},
		"header list upper case":   {authorization("content-type", "Content-Type"), "lower-case"},
		"header list repeated":     {authorization("host;", "host;host;"), "each once"},
		"header list longer":       {authorization("x-amz-date", "x-amz-date;x-other"), mismatch},
		"other key":                {authorization("AKIATEST", "AKIAOTHER"), "security token included in the request is invalid"},
		"region":                   {authorization("eu-west-1", "us-east-1"), "scoped to a valid region"},
		"service":                  {authorization("/aps/", "/s3/"), "scoped to correct service: 'aps'"},
		"no region":                {authorization("/eu-west-1/", "//"), "scoped to a valid region"},
		"terminator":               {authorization("aws4_request", "aws3_request"), "scoped to a valid terminator"},
		"scope too short":          {authorization("/aws4_request", ""), "exactly 5 slash-delimited elements"},
		"scope's date":             {authorization("/20260301/", "/20260228/"), "Date in Credential scope does not match"},
		"no credential":            {authorization("Credential=", "Cred="), "not a valid key=value pair"},
		"empty signed headers": {func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, Signature=00")
		}, "requires 'SignedHeaders' parameter"},
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(t, http.MethodPost, testPath+"?step=15&x=a%2Fb", body, func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			})
			c.mutate(r)
			_, err := verifier().Verify(r, scope)
			var e *awserr.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, http.StatusForbidden, e.Status)
			require.Contains(t, e.Message, c.want)
			require.NotContains(t, e.Message, "Signature=", "a signature is not for answers")
		})
	}
}

func authorization(old, replacement string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, replacement, 1))
	}
}

func upper(r *http.Request) {
	head, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	r.Header.Set("Authorization", head+"Signature="+strings.ToUpper(signature))
}

func TestRefusesWrongSecretAndToken(t *testing.T) {
	for name, c := range map[string]struct {
		creds aws.Credentials
		want  awserr.Code
	}{
		"wrong secret":       {aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "guess"}, awserr.InvalidSignature},
		"wrong token":        {aws.Credentials{AccessKeyID: "ASIATEST", SecretAccessKey: "temporary", SessionToken: "x"}, awserr.UnrecognizedClient},
		"no token":           {aws.Credentials{AccessKeyID: "ASIATEST", SecretAccessKey: "temporary"}, awserr.UnrecognizedClient},
		"token of no use":    {aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret", SessionToken: testToken}, awserr.UnrecognizedClient},
		"right token":        {aws.Credentials{AccessKeyID: "ASIATEST", SecretAccessKey: "temporary", SessionToken: testToken}, ""},
		"right static pair":  {aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, ""},
		"secret of another":  {aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "temporary"}, awserr.InvalidSignature},
		"empty access key":   {aws.Credentials{AccessKeyID: "", SecretAccessKey: "secret"}, awserr.UnrecognizedClient},
		"unknown access key": {aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "secret"}, awserr.UnrecognizedClient},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, testPath, http.NoBody)
			sdkSign(t, r, "", c.creds, "aps", "eu-west-1", now)
			_, err := verifier().Verify(r, scope)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, c.want)
		})
	}
}

// untouchable is a body that must not be read.
type untouchable struct{ t *testing.T }

func (u untouchable) Read([]byte) (int, error) { u.t.Error("the body was read"); return 0, io.EOF }
func (untouchable) Close() error               { return nil }

func TestJudgesHeadersBeforeTheBody(t *testing.T) {
	for name, mutate := range map[string]func(*http.Request){
		"unsigned":      func(r *http.Request) { r.Header.Del("Authorization") },
		"unknown key":   authorization("AKIATEST", "AKIAOTHER"),
		"wrong region":  authorization("eu-west-1", "us-east-1"),
		"old":           func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260301T095400Z") },
		"declared long": func(r *http.Request) { r.ContentLength = scope.MaxBody + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(t, http.MethodPost, testPath, "x", nil)
			mutate(r)
			r.Body = untouchable{t}
			_, err := verifier().Verify(r, scope)
			require.Error(t, err)
		})
	}
}

func TestLimitsTheBody(t *testing.T) {
	for length, want := range map[int]error{4096: nil, 4097: awserr.TooLarge, 8192: awserr.TooLarge} {
		body := strings.Repeat("x", length)
		for _, declared := range []bool{true, false} {
			r := signed(t, http.MethodPost, testPath, body, func(r *http.Request) {
				if !declared {
					r.ContentLength = -1
				}
			})
			_, err := verifier().Verify(r, scope)
			require.ErrorIs(t, err, want)
		}
	}
	r := signed(t, http.MethodPost, testPath, "x", nil)
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader([]byte("x")), failing{}))
	_, err := verifier().Verify(r, scope)
	require.ErrorIs(t, err, awserr.BadRequest)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestSkewIsExact(t *testing.T) {
	for offset, want := range map[time.Duration]string{
		0: "", -5 * time.Minute: "", 5 * time.Minute: "",
		-6 * time.Minute:               "Signature expired: 20260301T095400Z is now earlier than 20260301T095500Z (20260301T100000Z - 5 min.)",
		6 * time.Minute:                "Signature not yet current: 20260301T100600Z is still later than 20260301T100500Z (20260301T100000Z + 5 min.)",
		-5*time.Minute - 1*time.Second: "Signature expired: 20260301T095459Z is now earlier than 20260301T095500Z (20260301T100000Z - 5 min.)",
	} {
		r := httptest.NewRequest(http.MethodGet, testPath, http.NoBody)
		sdkSign(t, r, "", aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "secret"}, "aps", "eu-west-1", now.Add(offset))
		_, err := verifier().Verify(r, scope)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		var e *awserr.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want, e.Message)
	}
}

func TestClaimedService(t *testing.T) {
	r := signed(t, http.MethodGet, testPath, "", nil)
	require.Equal(t, "aps", sigv4auth.ClaimedService(r))
	r.Header.Set("Authorization", "Basic x")
	require.Empty(t, sigv4auth.ClaimedService(r))
}
