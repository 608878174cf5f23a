package proxy

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
)

var verbs = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodPatch, http.MethodOptions}

// What is let through is what the emulator has a route for, and what the client
// of this project asks: three tables that know nothing of each other.
func TestRoutesAgreeWithTheService(t *testing.T) {
	paths := []string{"api/v1/label/job/values", "alertmanager/api/v2/silence/5d8f8a1e-1c2d"}
	for path := range routes {
		paths = append(paths, path)
	}
	for _, path := range append(paths, "api/v1/query_exemplars", "api/v1/read", "api/v1/write", "api/v1/status/buildinfo", "api/v1/query/",
		"api/v1", "", "api/v1/label/a%2Fb/values", "alertmanager/api/v2/silence/a/b", "api/v1/rules/x", "api/v1/../v1/query") {
		found, ok := find(path)
		for _, verb := range verbs {
			theirs, served := dataplane.Match(verb, path)
			served = served && theirs.Endpoint != dataplane.NotOffered
			require.Equal(t, served, ok && contains(found.verbs, verb), "%s %s", verb, path)
			if below, isAPI := strings.CutPrefix(path, "api/v1/"); isAPI && below != "remote_write" && below != "query_exemplars" {
				require.Equal(t, amp.Allowed(verb, below), ok && contains(found.verbs, verb), "%s %s", verb, path)
			}
		}
	}
}

func contains(list []string, s string) bool {
	return strings.Contains(" "+strings.Join(list, " ")+" ", " "+s+" ")
}

func TestGroups(t *testing.T) {
	groups, err := ParseGroups([]string{"read", " Rules", "read"})
	require.NoError(t, err)
	require.Equal(t, []Group{Read, Rules}, groups)
	_, err = ParseGroups([]string{"reed"})
	require.ErrorContains(t, err, `"reed" is none of read, write, rules, alertmanager`)
	_, err = ParseGroups(nil)
	require.Error(t, err)
}

// FuzzFind: whatever path comes, what is found has no way out of the workspace.
func FuzzFind(f *testing.F) {
	for path := range routes {
		f.Add(path)
	}
	f.Add("api/v1/label/..%2f/values")
	f.Fuzz(func(t *testing.T, path string) {
		if _, ok := find(path); ok && (strings.ContainsAny(path, "%?#\\;. ") || strings.Contains(path, "//")) {
			t.Fatalf("%q was let through", path)
		}
	})
}
