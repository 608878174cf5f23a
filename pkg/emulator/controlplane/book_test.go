package controlplane_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
)

func TestBookIsKept(t *testing.T) {
	o := controlplane.Options{Region: "eu-west-1", Dir: t.TempDir()}
	b, err := controlplane.Open(o)
	require.NoError(t, err)
	made, err := b.Create(controlplane.Workspace{Account: account, Alias: "kept", Tags: map[string]string{"team": "a"}})
	require.NoError(t, err)
	require.Regexp(t, `^ws-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, made.ID)
	require.Equal(t, "arn:aws:aps:eu-west-1:123456789012:workspace/"+made.ID, made.ARN)

	b, err = controlplane.Open(o)
	require.NoError(t, err)
	again, ok := b.Workspace(made.ID)
	require.True(t, ok)
	require.Equal(t, made, again)
	require.Equal(t, []string{"a"}, b.Tags(account, made.ID)["aws:ResourceTag/team"])
	require.Empty(t, b.Tags("210987654321", made.ID), "tags of another account's workspace are not told")
}

func TestClientTokenMakesOne(t *testing.T) {
	b, err := controlplane.Open(controlplane.Options{Region: "us-east-1"})
	require.NoError(t, err)
	in := controlplane.Workspace{Account: account, Alias: "a", ClientToken: "t"}
	first, err := b.Create(in)
	require.NoError(t, err)
	second, err := b.Create(in)
	require.NoError(t, err)
	require.Equal(t, first, second)
	in.Alias = "b"
	_, err = b.Create(in)
	require.ErrorIs(t, err, awserr.Conflict)
	in.Account = "210987654321" // tokens are an account's own
	_, err = b.Create(in)
	require.NoError(t, err)
}

func TestQuotaOfAnAccount(t *testing.T) {
	b, err := controlplane.Open(controlplane.Options{Region: "us-east-1", MaxWorkspaces: 1})
	require.NoError(t, err)
	_, err = b.Create(controlplane.Workspace{Account: account})
	require.NoError(t, err)
	_, err = b.Create(controlplane.Workspace{Account: account})
	require.ErrorIs(t, err, awserr.ServiceQuota)
}

func TestStatusGoesByTheClock(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := controlplane.Workspace{Active: at}
	require.Equal(t, controlplane.Creating, w.Status(at.Add(-time.Nanosecond)))
	require.Equal(t, controlplane.Active, w.Status(at))
}

func TestRequestsThatAreNotValid(t *testing.T) {
	h := newHandler(t)
	for _, tt := range []struct{ method, target, body, field string }{
		{"POST", "/workspaces", `{"alias":"` + strings.Repeat("x", 101) + `"}`, `"name":"alias"`},
		{"POST", "/workspaces", `{"alias":"  "}`, `"name":"alias"`},
		{"POST", "/workspaces", `{"clientToken":"a b"}`, `"name":"clientToken"`},
		{"POST", "/workspaces", `{"kmsKeyArn":"key"}`, `"name":"kmsKeyArn"`},
		{"POST", "/workspaces", `{"tags":{"aws:x":"y"}}`, `"name":"tags"`},
		{"POST", "/workspaces", `{"tags":{"x":"` + strings.Repeat("y", 257) + `"}}`, `"name":"tags"`},
		{"POST", "/workspaces", `{"alias":7}`, `CANNOT_PARSE`},
		{"POST", "/workspaces", `nonsense`, `CANNOT_PARSE`},
		{"GET", "/workspaces?maxResults=1001", "", `"name":"maxResults"`},
		{"GET", "/workspaces?maxResults=x", "", `"name":"maxResults"`},
		{"GET", "/workspaces?nextToken=x", "", `"name":"nextToken"`},
		{"GET", "/workspaces/---", "", `"name":"workspaceId"`},
		{"GET", "/workspaces/" + strings.Repeat("a", 65), "", `"name":"workspaceId"`},
		{"PATCH", "/workspaces/ws-1", "", `UNKNOWN_OPERATION`},
	} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body)))
		require.Equal(t, http.StatusBadRequest, rec.Code, tt)
		require.Equal(t, "ValidationException", rec.Header().Get("x-amzn-ErrorType"), tt)
		require.Contains(t, rec.Body.String(), tt.field)
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/workspaces", nil))
	require.Equal(t, http.StatusAccepted, rec.Code, "every member is optional")
}
