package amp_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

var answeredAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func workspace(t *testing.T) amp.Endpoint {
	t.Helper()
	e, err := amp.ParseEndpoint("arn:aws:aps:eu-west-1:111122223333:workspace/ws-12345678-90ab-cdef-1234-567890abcdef", "")
	require.NoError(t, err)
	return e
}

// decoded is what an answer became.
type decoded struct {
	Kind, Text, Message, Code, RequestID, Skew, RetryAfter string
	Temporary                                              bool
}

// Each file of testdata/errors is an answer as it travels (the documented texts
// that Kind is decided by included); beside it is what became of it.
func TestDecode(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.http")
	require.NoError(t, err)
	require.Greater(t, len(files), 25)
	kinds := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			e := amp.Decode(readAnswer(t, file), amp.Context{Endpoint: workspace(t), Path: "query_range", Now: answeredAt})
			kinds[string(e.Kind)] = true
			got, err := json.MarshalIndent(decoded{string(e.Kind), e.Error(), e.Message, e.Code, e.RequestID, e.Skew.String(), e.RetryAfter.String(), e.Temporary()}, "", "  ")
			require.NoError(t, err)
			golden.Assert(t, string(got)+"\n", "errors/"+strings.TrimSuffix(filepath.Base(file), ".http")+".json")
		})
	}
	for _, kind := range []amp.Kind{
		amp.KindUnsigned, amp.KindAccessDenied, amp.KindSignature, amp.KindScope, amp.KindTokenInvalid, amp.KindTokenExpired, amp.KindClockSkew,
		amp.KindForbidden, amp.KindWorkspaceNotFound, amp.KindNotFound, amp.KindBadRequest, amp.KindTooLarge, amp.KindExecution,
		amp.KindThrottled, amp.KindUnavailable, amp.KindServer, amp.KindUnexpected, amp.KindTimeout,
	} {
		require.True(t, kinds[string(kind)], "no answer is %s", kind)
	}
}

func readAnswer(tb testing.TB, file string) *http.Response {
	tb.Helper()
	b, err := os.ReadFile(file)
	require.NoError(tb, err)
	head, body, _ := bytes.Cut(b, []byte("\n\n"))
	wire := append(bytes.ReplaceAll(head, []byte("\n"), []byte("\r\n")), "\r\nConnection: close\r\n\r\n"...)
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(append(wire, body...))), nil)
	require.NoError(tb, err)
	return resp
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/errors/*.http")
	require.NoError(f, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		_, body, _ := bytes.Cut(b, []byte("\n\n"))
		f.Add(403, body)
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: readCloser(body)}
		e := amp.Decode(resp, amp.Context{Endpoint: workspace(t), Path: "query", Now: answeredAt})
		if e.Kind == "" || len(e.Message) > 70<<10 {
			t.Fatalf("kind %q, %d bytes of message", e.Kind, len(e.Message))
		}
		if strings.ContainsFunc(e.Error(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			t.Fatalf("control characters: %q", e.Error())
		}
	})
}

func TestBodyTooLargeIsNoFaultOfTheNetwork(t *testing.T) {
	err := amp.NoAnswer(fmt.Errorf("%w: more than 4 bytes", sigv4.ErrBodyTooLarge), amp.Context{})
	require.Equal(t, amp.KindTooLarge, err.Kind)
	require.NotContains(t, err.Error(), "network")
}
