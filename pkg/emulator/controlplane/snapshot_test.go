package controlplane_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

const account = "123456789012"

// openGuard is a guard that lets everybody in; the real one is tested in package
// emulator.
type openGuard struct{}

func (openGuard) Verify(*http.Request) (iam.Principal, error) {
	return iam.Principal{Account: account}, nil
}

func (openGuard) Authorize(context.Context, iam.Principal, string, string, iam.Conditions) error {
	return nil
}

func newHandler(t *testing.T) *controlplane.Handler {
	t.Helper()
	book, err := controlplane.Open(controlplane.Options{
		Region: "us-east-1", ActivateAfter: time.Minute,
		Clock: func() time.Time { return time.Unix(946684800, 0) },
	})
	require.NoError(t, err)
	return &controlplane.Handler{Book: book, Guard: openGuard{}, DataPlane: func(*http.Request) string { return "http://here" }}
}

// module is where the go command keeps the SDK's service/amp with its snapshots.
func module(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/amp").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

// replay sends the request that the SDK's snapshot shows. Placeholders that the
// service's own patterns would refuse are given values.
func replay(t *testing.T, h http.Handler, dir, operation string, values map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "request_snapshot", operation+".request.snap"))
	require.NoError(t, err)
	snapshot := string(text)
	for placeholder, value := range values {
		snapshot = strings.ReplaceAll(snapshot, "__"+placeholder+"__", value)
	}
	line, rest, _ := strings.Cut(snapshot, "\n")
	var method, target string
	_, err = fmt.Sscan(line, &method, &target)
	require.NoError(t, err)
	_, body, _ := strings.Cut(strings.TrimPrefix(rest, "\n"), "\n\n")
	r := httptest.NewRequest(method, target, strings.NewReader(strings.TrimSpace(body)))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// shape lists the members of a JSON document with their types.
func shape(path string, v any, into map[string]string) map[string]string {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			shape(path+"."+k, member, into)
		}
	case []any:
		for _, element := range v {
			shape(path+"[]", element, into)
		}
	default:
		into[path] = fmt.Sprintf("%T", v)
	}
	return into
}

// The answers have the members of the SDK's response snapshots: all of them, no
// others, each of the same type.
func TestAnswersHaveTheShapeOfTheSDKsSnapshots(t *testing.T) {
	dir := module(t)
	h := newHandler(t)
	values := map[string]string{"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd", "Value": "v", "Alias": "a", "ClientToken": "one"}
	compare := func(operation string, rec *httptest.ResponseRecorder) []byte {
		raw := rec.Body.Bytes()
		var got, want any
		require.NoError(t, json.Unmarshal(raw, &got), rec.Body)
		require.NoError(t, json.Unmarshal(snapshotBody(t, dir, operation), &want))
		if diff := cmp.Diff(shape("", want, map[string]string{}), shape("", got, map[string]string{})); diff != "" {
			t.Errorf("%s (-snapshot +answer):\n%s", operation, diff)
		}
		require.Equal(t, "application/json", rec.Header().Get("Content-Type"))
		return raw
	}

	rec := replay(t, h, dir, "CreateWorkspace", values)
	require.Equal(t, http.StatusAccepted, rec.Code, rec.Body) // the model's responseCode
	var created struct{ WorkspaceID string }
	require.NoError(t, json.Unmarshal(compare("CreateWorkspace.response", rec), &created))

	values["WorkspaceId"] = created.WorkspaceID
	rec = replay(t, h, dir, "DescribeWorkspace", values)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	compare("DescribeWorkspace.response", rec)

	for _, token := range []string{"two", "three"} {
		values["ClientToken"] = token
		require.Equal(t, http.StatusAccepted, replay(t, h, dir, "CreateWorkspace", values).Code)
	}
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest(http.MethodGet, "/workspaces?alias=a&maxResults=1", nil))
	var page struct{ NextToken string }
	require.NoError(t, json.Unmarshal(first.Body.Bytes(), &page))
	values["NextToken"] = page.NextToken
	rec = replay(t, h, dir, "ListWorkspaces", values)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	compare("ListWorkspaces.response", rec)

	for operation, request := range map[string]*http.Request{
		"ValidationException.error":       httptest.NewRequest(http.MethodGet, "/workspaces?maxResults=0", nil),
		"ResourceNotFoundException.error": httptest.NewRequest(http.MethodGet, "/workspaces/ws-none", nil),
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request)
		var got, want map[string]any
		require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got))
		require.NoError(t, json.Unmarshal(snapshotBody(t, dir, operation), &want))
		// The type travels in the header, which the SDK reads first.
		require.Equal(t, want["__type"], rec.Header().Get("x-amzn-ErrorType"))
		delete(want, "__type")
		require.Equal(t, shape("", want, map[string]string{}), shape("", any(got), map[string]string{}), operation)
	}
}

// snapshotBody is what follows the status line and the headers.
func snapshotBody(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "response_snapshot", name+".snap"))
	require.NoError(t, err)
	scanner := bufio.NewScanner(strings.NewReader(string(text)))
	for scanner.Scan() && scanner.Text() != "" {
	}
	require.True(t, scanner.Scan(), "no body in %s", name)
	return scanner.Bytes()
}
