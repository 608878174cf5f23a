package oidc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// sharedDir holds one key for the tests that need no key of their own.
var sharedDir string

func TestMain(m *testing.M) {
	var err error
	if sharedDir, err = os.MkdirTemp("", "oidc"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(sharedDir)
		os.Exit(code)
	}))
}

const issuerURL = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"

var at = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func openAt(t *testing.T, dir string, clock func() time.Time) *oidc.Issuer {
	t.Helper()
	i, err := oidc.Open(oidc.Options{URL: issuerURL, Dir: dir, Clock: clock})
	require.NoError(t, err)
	return i
}

func fixed() time.Time { return at }

func TestTokenIsAKubernetesToken(t *testing.T) {
	issuer := openAt(t, sharedDir, fixed)
	token, err := issuer.Mint(oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "grafana", Pod: "grafana-7d9", Node: "ip-10-0-0-1"})
	require.NoError(t, err)
	require.Equal(t, at.Add(time.Hour), token.Expires)
	require.Equal(t, "[redacted]", token.String())

	parsed, err := jwt.ParseSigned(token.Raw, []jose.SignatureAlgorithm{jose.RS256})
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, parsed.Claims(issuer.JWKS(), &claims))
	require.NotEmpty(t, claims["jti"])
	delete(claims, "jti")
	uid := func(name string) any {
		bound := claims["kubernetes.io"].(map[string]any)[name].(map[string]any)
		require.Len(t, bound["uid"], 36)
		return bound["uid"]
	}
	require.Empty(t, cmp.Diff(map[string]any{
		"iss": issuerURL, "sub": "system:serviceaccount:monitoring:grafana", "aud": []any{"sts.amazonaws.com"},
		"iat": float64(at.Unix()), "nbf": float64(at.Unix()), "exp": float64(at.Unix() + 3600),
		"kubernetes.io": map[string]any{
			"namespace":      "monitoring",
			"node":           map[string]any{"name": "ip-10-0-0-1", "uid": uid("node")},
			"pod":            map[string]any{"name": "grafana-7d9", "uid": uid("pod")},
			"serviceaccount": map[string]any{"name": "grafana", "uid": uid("serviceaccount")},
		},
	}, claims))
}

func TestMintRefuses(t *testing.T) {
	issuer := openAt(t, sharedDir, fixed)
	for _, r := range []oidc.TokenRequest{{}, {Namespace: "a"}, {Namespace: "a", ServiceAccount: "b", TTL: 9 * time.Minute}} {
		_, err := issuer.Mint(r)
		require.Error(t, err)
	}
	for _, url := range []string{"", "oidc.example", "https://a/b/", "https://a?b"} {
		_, err := oidc.Open(oidc.Options{URL: url})
		require.ErrorContains(t, err, "want an http or https URL")
	}
}

func TestKeySurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	first, second, other := openAt(t, dir, fixed), openAt(t, dir, fixed), openAt(t, t.TempDir(), fixed)
	require.Equal(t, first.JWKS(), second.JWKS())
	require.NotEqual(t, first.JWKS(), other.JWKS())
	info, err := os.Stat(filepath.Join(dir, "oidc-key.pem"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "oidc-key.pem"), []byte("secret rubbish"), 0o600))
	_, err = oidc.Open(oidc.Options{URL: issuerURL, Dir: dir})
	require.ErrorContains(t, err, "no PEM block")
	require.NotContains(t, err.Error(), "rubbish")
}

func TestDiscovery(t *testing.T) {
	issuer := openAt(t, sharedDir, fixed)
	get := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		issuer.ServeHTTP(w, httptest.NewRequest(method, path, http.NoBody))
		return w
	}
	var document struct {
		Issuer string `json:"issuer"`
		Keys   string `json:"jwks_uri"`
	}
	require.NoError(t, json.Unmarshal(get(http.MethodGet, "/.well-known/openid-configuration").Body.Bytes(), &document))
	require.Equal(t, issuerURL, document.Issuer)
	require.Equal(t, issuerURL+"/keys", document.Keys)

	answer := get(http.MethodGet, "/keys")
	require.Equal(t, "application/json", answer.Header().Get("Content-Type"))
	require.NotContains(t, answer.Body.String(), `"d":`, "the private key is not published")
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &set))
	require.Len(t, set.Keys, 1)
	require.True(t, set.Keys[0].IsPublic())

	require.Equal(t, http.StatusNotFound, get(http.MethodGet, "/").Code)
	require.Equal(t, http.StatusMethodNotAllowed, get(http.MethodPost, "/keys").Code)
}

func TestRefreshRotatesAtFourFifths(t *testing.T) {
	now := at
	issuer := openAt(t, sharedDir, func() time.Time { return now })
	file := filepath.Join(t.TempDir(), "var", "token")
	p := &oidc.Projector{Issuer: issuer, Path: file, Request: oidc.TokenRequest{Namespace: "ns", ServiceAccount: "sa"}}
	read := func() string {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(raw)
	}
	last := ""
	for _, step := range []struct {
		after   time.Duration
		rotated bool
	}{{0, true}, {0, false}, {47 * time.Minute, false}, {48 * time.Minute, true}, {95 * time.Minute, false}, {96 * time.Minute, true}} {
		now = at.Add(step.after)
		rotated, err := p.Refresh()
		require.NoError(t, err)
		require.Equal(t, step.rotated, rotated, "after %s", step.after)
		require.Equal(t, step.rotated, read() != last)
		last = read()
	}
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestRunKeepsTheFileFresh(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	synctest.Test(t, func(t *testing.T) {
		issuer := openAt(t, sharedDir, time.Now)
		p := &oidc.Projector{Issuer: issuer, Path: file, Request: oidc.TokenRequest{Namespace: "ns", ServiceAccount: "sa"}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		tokens := map[string]bool{}
		for range 240 { // four hours, minute by minute
			synctest.Wait()
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			parsed, err := jwt.ParseSigned(string(raw), []jose.SignatureAlgorithm{jose.RS256})
			require.NoError(t, err)
			var c jwt.Claims
			require.NoError(t, parsed.Claims(issuer.JWKS(), &c))
			require.GreaterOrEqual(t, time.Until(c.Expiry.Time()), 11*time.Minute)
			tokens[string(raw)] = true
			time.Sleep(time.Minute) // of the bubble's clock
		}
		require.Len(t, tokens, 5)
		cancel()
		require.NoError(t, <-done)
	})
}

// A reader never sees half a token, or none, while it is replaced.
func TestReplacementIsWhole(t *testing.T) {
	now := at
	issuer := openAt(t, sharedDir, func() time.Time { return now })
	file := filepath.Join(t.TempDir(), "token")
	p := &oidc.Projector{Issuer: issuer, Path: file, Request: oidc.TokenRequest{Namespace: "ns", ServiceAccount: "sa"}}
	_, err := p.Refresh()
	require.NoError(t, err)
	stop, readers := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				readers <- nil
				return
			default:
			}
			raw, err := os.ReadFile(file)
			if err == nil {
				_, err = jwt.ParseSigned(string(raw), []jose.SignatureAlgorithm{jose.RS256})
			}
			if err != nil {
				readers <- err
				return
			}
		}
	}()
	for range 50 {
		now = now.Add(time.Hour)
		_, err := p.Refresh()
		require.NoError(t, err)
	}
	close(stop)
	require.NoError(t, <-readers)
}

func TestRunFailsWhereNothingCanBeWritten(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	p := &oidc.Projector{Issuer: openAt(t, sharedDir, fixed), Path: filepath.Join(blocked, "token"), Request: oidc.TokenRequest{Namespace: "ns", ServiceAccount: "sa"}}
	require.Error(t, p.Run(t.Context()))
}
