package plugin

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/pluginhost"
)

var lister = append([]string{"aps:ListWorkspaces"}, emulator.ReadActions...)

// list asks for the workspaces and expects an answer.
func (h *handler) list(query string) listing {
	h.t.Helper()
	got := h.call("GET", "workspaces"+query, "")
	require.Equal(h.t, 200, got.Status, string(got.Body))
	var l listing
	require.NoError(h.t, json.Unmarshal(got.Body, &l))
	return l
}

func (h *handler) refused(query string) (int, string) {
	h.t.Helper()
	got := h.call("GET", "workspaces"+query, "")
	var p problem
	require.NoError(h.t, json.Unmarshal(got.Body, &p))
	return got.Status, p.Message
}

// TestANewDataSource has no URL: it lists, its queries say what to do, and with
// what was listed it works.
func TestANewDataSource(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ENDPOINT_URL_STS", w.url)
	t.Setenv("AWS_ENDPOINT_URL_AMP", w.url)
	second, err := w.CreateWorkspace(t.Context(), "", "")
	require.NoError(t, err)
	user := w.user(t, lister...)
	h := open(t, user.source(""), options{})

	require.ErrorContains(t, h.one(up).Error, "no workspace is chosen: choose one in the data source's settings")
	health := h.health()
	require.Equal(t, backend.HealthStatusError, health.Status)
	require.Contains(t, health.Message, "no workspace is chosen")
	who, found := h.details(health).Check("identity")
	require.True(t, found, "who Grafana is can be told before a workspace is chosen")
	require.Equal(t, w.AccountID(), who.Facts.Account)
	require.Equal(t, 400, h.call("GET", "api/v1/labels", "").Status)

	got := h.list("")
	require.Equal(t, listing{Regions: []regionListing{{Region: testRegion, Workspaces: []listedWorkspace{
		{ID: w.workspace.ID, Alias: "test", Status: "ACTIVE", URL: w.workspaceURL()},
		{ID: second.ID, Status: "ACTIVE", URL: w.url + "/workspaces/" + second.ID + "/"},
	}}}}, got)

	chosen := open(t, user.source(got.Regions[0].Workspaces[0].URL), options{})
	require.Equal(t, backend.HealthStatusOk, chosen.health().Status)
	require.Equal(t, got, chosen.list("?region="+testRegion), "and another one can be chosen")
}

// TestListingIsForAdmins: who may query a data source may call its resources,
// and everybody may query.
func TestListingIsForAdmins(t *testing.T) {
	w := newWorld(t)
	h := open(t, w.user(t, lister...).source(w.workspaceURL()), options{})
	for _, user := range []*backend.User{nil, {}, {Role: "Viewer"}, {Role: "Editor"}} {
		h.pc.User = user
		status, message := h.refused("")
		require.Equal(t, http.StatusForbidden, status)
		require.Equal(t, "workspaces is for Admins of Grafana only", message)
	}
	require.Empty(t, w.Counts(), "nothing was asked for them")
}

func TestListingThatIsNotPermitted(t *testing.T) {
	w := newWorld(t)
	h := open(t, w.user(t, emulator.ReadActions...).source(w.workspaceURL()), options{})
	got := h.list("").Regions[0]
	require.Empty(t, got.Workspaces)
	require.Equal(t, "aps:ListWorkspaces", got.Failure.Action)
	require.Equal(t, "access-denied", got.Failure.ErrorType)
	require.Contains(t, got.Failure.Message, "is not authorized to perform: aps:ListWorkspaces")
	require.Regexp(t, `^grant aps:ListWorkspaces on \* to arn:aws:iam::\d{12}:user/user-\d+$`, got.Failure.Remedy)
	require.NotEmpty(t, got.Failure.RequestID)
	require.NotContains(t, got.Failure.Message, got.Failure.RequestID)
}

func TestListingOfRegions(t *testing.T) {
	w := newWorld(t)
	user := w.user(t, lister...)
	h := open(t, user.source(w.workspaceURL()), options{})
	got := h.list("?region=us-east-1&region=eu-west-1&region=us-east-1")
	require.Len(t, got.Regions, 2)
	require.Equal(t, "us-east-1", got.Regions[0].Region)
	require.Equal(t, "scope", got.Regions[0].Failure.ErrorType, "this emulator is in eu-west-1 only")
	require.Len(t, got.Regions[1].Workspaces, 1)

	status, message := h.refused("?region=cn-north-1")
	require.Equal(t, 400, status)
	require.Contains(t, message, `region "cn-north-1" is in partition "aws-cn", whose credentials are others than those for "eu-west-1"`)
	status, message = h.refused("?region=us-esat-1")
	require.Equal(t, 400, status)
	require.Contains(t, message, `the nearest one is "us-east-1"`)

	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	status, message = open(t, user.source("", map[string]any{"sigV4Region": ""}), options{}).refused("")
	require.Equal(t, 400, status)
	require.Contains(t, message, "no region is chosen")
	status, message = open(t, pluginhost.DataSource{URL: w.url, JSONData: map[string]any{"sigV4Auth": false}}, options{}).refused("")
	require.Equal(t, 400, status)
	require.Contains(t, message, "a plain Prometheus has no workspaces")
	status, message = open(t, pluginhost.DataSource{JSONData: map[string]any{"sigV4AuthType": "keys"}}, options{}).refused("")
	require.Equal(t, 400, status)
	require.Contains(t, message, "sigV4AccessKey: is empty")
}

// TestListingGoesWhereTheAdministratorSays: the address that a data source
// names for queries gets no request that is signed for AWS's control plane.
func TestListingGoesWhereTheAdministratorSays(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_ENDPOINT_URL_AMP", w.url)
	elsewhere := newStub(t, ok)
	h := open(t, w.user(t, lister...).source(
		"https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-11111111-2222-3333-4444-555555555555",
		map[string]any{"sigV4Endpoint": elsewhere.URL}), options{})
	require.Len(t, h.list("").Regions[0].Workspaces, 1)
	require.Empty(t, elsewhere.requests())
}

// TestListingBehindACertificate: a host that was typed is asked with the data
// source's own certificate authority, and no redirect of it is followed.
func TestListingBehindACertificate(t *testing.T) {
	elsewhere := newStub(t, ok)
	moved := false
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if moved {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"workspaces":[{"workspaceId":"ws-1","status":{"statusCode":"DELETING"}}]}`)
	}))
	t.Cleanup(s.Close)
	source := keys{id: "AKIDEXAMPLE", secret: "a secret", session: "a token"}.source(s.URL+stubWorkspace, map[string]any{"tlsAuthWithCACert": true})
	source.Secure["tlsCACert"] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	h := open(t, source, options{})
	require.Equal(t, []listedWorkspace{{ID: "ws-1", Status: "DELETING", URL: s.URL + "/workspaces/ws-1/"}}, h.list("").Regions[0].Workspaces)
	moved = true
	require.NotNil(t, h.list("").Regions[0].Failure)
	require.Empty(t, elsewhere.requests())
}

// TestListingOfManyWorkspaces: all pages, up to a bound that a strange server meets.
func TestListingOfManyWorkspaces(t *testing.T) {
	last := 1200
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.FormValue("nextToken")) // none is 0
		size, _ := strconv.Atoi(r.FormValue("maxResults"))
		page := map[string]any{}
		var list []any
		for n := from; n < min(from+size, last); n++ {
			list = append(list, map[string]any{"workspaceId": fmt.Sprintf("ws-%d", n), "status": map[string]string{"statusCode": "ACTIVE"}})
		}
		page["workspaces"] = list
		if from+size < last {
			page["nextToken"] = strconv.Itoa(from + size)
		}
		raw, _ := json.Marshal(page) // a map of plain values
		says(http.StatusOK, string(raw), "Content-Type", "application/json")(w, r)
	})
	h := open(t, s.source(), options{})
	got := h.list("").Regions[0]
	require.Len(t, got.Workspaces, 1200)
	require.False(t, got.More)
	require.Len(t, s.requests(), 2)

	last = 1 << 30
	got = h.list("").Regions[0]
	require.Len(t, got.Workspaces, maxListed)
	require.True(t, got.More)
}

func TestListingWithoutCredentials(t *testing.T) {
	w := newWorld(t)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	h := open(t, pluginhost.DataSource{URL: w.workspaceURL(), JSONData: map[string]any{"sigV4Region": testRegion}}, options{})
	status, message := h.refused("")
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, message, "no AWS credentials were found; Grafana starts plugins without its own environment")
}
