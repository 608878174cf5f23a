package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
)

func TestFaultsOverHTTP(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) { o.FaultAPI = true })
	reader := w.user(emulator.ReadActions...)
	ask := func() int { return w.send(w.query(reader, "vector(1)")).status }
	order := func(method, body string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, "/faults", strings.NewReader(body)))
		return rec
	}

	require.Equal(t, http.StatusNoContent, order("PUT", `{"status":429,"times":1}`).Code)
	require.Equal(t, 429, ask())
	require.Equal(t, 200, ask(), "once was asked for")

	require.Equal(t, http.StatusNoContent, order("PUT", `{"status":503,"body":"{\"message\":\"Service unavailable\"}","headers":{"Retry-After":"1"}}`).Code)
	for range 3 {
		a := w.send(w.query(reader, "vector(1)"))
		require.Equal(t, 503, a.status)
		require.JSONEq(t, `{"message":"Service unavailable"}`, a.body)
		require.Equal(t, "1", a.header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusNoContent, order("PUT", `{"status":500,"path":"api/v1/labels"}`).Code)
	require.Equal(t, 200, ask(), "the new fault is in place of the old one, and for another path")
	require.Equal(t, http.StatusNoContent, order("PUT", `{"status":500}`).Code)
	require.Equal(t, http.StatusNoContent, order("DELETE", "").Code)
	require.Equal(t, 200, ask())

	for body, want := range map[string]string{
		`{"status":200}`:                "400 to 599",
		`{}`:                            "a status, a delay",
		`{"plane":"moon","status":503}`: "moon",
		`{"delay":"soon"}`:              "delay",
		`{"status":503,"times":-1}`:     "times",
		`{"statuscode":503}`:            "statuscode",
	} {
		rec := order("PUT", body)
		require.Equal(t, http.StatusBadRequest, rec.Code, body)
		require.Contains(t, rec.Body.String(), want)
	}
	require.Equal(t, http.StatusMethodNotAllowed, order("POST", "").Code)
}

func TestFaultsOverHTTPAreOffUnlessAskedFor(t *testing.T) {
	w := newWorld(t)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "PUT", "/faults", strings.NewReader(`{"status":503}`)))
	require.Equal(t, http.StatusForbidden, rec.Code)
	require.Equal(t, 200, w.send(w.query(w.user("aps:*"), "vector(1)")).status)
}
