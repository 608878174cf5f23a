package amp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/settings"
)

// endpointCase is one line of testdata/endpoints.json, which the front end's
// reader is tested with too: what is typed, and what comes out.
type endpointCase struct {
	Name   string        `json:"name"`
	Raw    string        `json:"raw"`
	Region string        `json:"region,omitempty"`
	Plain  bool          `json:"plain,omitempty"`
	Want   *endpointWant `json:"want,omitempty"`
	Error  string        `json:"error,omitempty"`
}

type endpointWant struct {
	Base         string   `json:"base"`
	SignHost     string   `json:"signHost,omitempty"`
	Region       string   `json:"region,omitempty"`
	Partition    string   `json:"partition,omitempty"`
	Workspace    string   `json:"workspace,omitempty"`
	Account      string   `json:"account,omitempty"`
	Custom       bool     `json:"custom,omitempty"`
	FIPS         bool     `json:"fips,omitempty"`
	DualStack    bool     `json:"dualStack,omitempty"`
	RemoteWrite  string   `json:"remoteWrite"`
	ControlPlane string   `json:"controlPlane"`
	ARN          string   `json:"arn,omitempty"`
	Warnings     []string `json:"warnings,omitempty"`
}

func understood(e amp.Endpoint) *endpointWant {
	w := &endpointWant{
		Base: e.Base.String(), SignHost: e.SignHost, Region: e.Region, Partition: e.Partition,
		Workspace: e.Workspace, Account: e.Account, Custom: e.Custom, FIPS: e.FIPS, DualStack: e.DualStack,
		RemoteWrite: e.RemoteWriteURL(), ControlPlane: e.ControlPlaneURL(), Warnings: e.Warnings,
	}
	if e.Workspace != "" && e.Region != "" {
		w.ARN = e.ARN("")
	}
	return w
}

func TestParseEndpoint(t *testing.T) {
	const file = "testdata/endpoints.json"
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var cases []endpointCase
	require.NoError(t, json.Unmarshal(b, &cases))
	require.Greater(t, len(cases), 50)
	for i, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			parse := func(raw string) (amp.Endpoint, error) { return amp.ParseEndpoint(raw, c.Region) }
			if c.Plain {
				parse = amp.ParsePlain
			}
			got, err := parse(c.Raw)
			if golden.FlagUpdate() {
				cases[i].Want, cases[i].Error = nil, ""
				if err != nil {
					cases[i].Error = err.Error()
				} else {
					cases[i].Want = understood(got)
				}
				return
			}
			if c.Error != "" {
				require.EqualError(t, err, c.Error)
				var ee *amp.EndpointError
				require.ErrorAs(t, err, &ee)
				return
			}
			require.NoError(t, err)
			require.NotNil(t, c.Want, "golden missing: run with -update")
			require.Equal(t, c.Want, understood(got))
			again, err := parse(got.Base.String())
			require.NoError(t, err, "what was understood can be pasted again")
			require.Equal(t, got.Base.String(), again.Base.String())
			require.Equal(t, got.Workspace, again.Workspace)
		})
	}
	if golden.FlagUpdate() {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		require.NoError(t, enc.Encode(cases))
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o600))
	}
}

// What goes wrong, 8: pasted URLs with a query path, a write path, a trailing
// slash, or without the workspace.
func TestFailure08_PastedURLs(t *testing.T) {
	const base = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef"
	for _, tail := range []string{"", "/", "/api/v1/query", "/api/v1/query?query=up", "/api/v1/remote_write", "/api/v1/", "/api/v1/query_range#x"} {
		e, err := amp.ParseEndpoint(base+tail, "")
		require.NoError(t, err, tail)
		require.Equal(t, base+"/api/v1/query", e.QueryURL(), tail)
	}
	_, err := amp.ParseEndpoint("https://aps-workspaces.eu-west-1.amazonaws.com/", "")
	require.ErrorContains(t, err, "names no workspace; paste https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/<workspace-id>")
}

// What goes wrong, 5: no region given though the URL names it.
func TestFailure05_RegionFromURL(t *testing.T) {
	s, err := settings.Parse("https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef", nil, nil)
	require.NoError(t, err)
	e, err := amp.FromSettings(s)
	require.NoError(t, err)
	require.Equal(t, "eu-west-1", e.Region)
	s.Region = "us-east-1"
	_, err = amp.FromSettings(s)
	require.EqualError(t, err, `the region is set to "us-east-1" but the URL says "eu-west-1": remove the one or correct the other`)
}

func TestFromSettings(t *testing.T) {
	s := settings.DefaultSettings()
	s.URL = "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-12345678-90ab-cdef-1234-567890abcdef"
	s.Endpoint = "vpce-0abc-1.aps-workspaces.eu-west-1.vpce.amazonaws.com"
	e, err := amp.FromSettings(s)
	require.NoError(t, err)
	require.Equal(t, s.Endpoint, e.Base.Host)
	require.Equal(t, "aps-workspaces.eu-west-1.amazonaws.com", e.SignHost)

	s.Endpoint = "vpce-0abc-1.aps-workspaces.eu-west-2.vpce.amazonaws.com"
	_, err = amp.FromSettings(s)
	require.EqualError(t, err, `the workspace is in region "eu-west-1" but the endpoint to connect to is in "eu-west-2"`)

	s.SigV4Auth = false
	_, err = amp.FromSettings(s)
	require.ErrorContains(t, err, "AMP answers signed requests only")

	s.URL = "http://prometheus:9090/"
	e, err = amp.FromSettings(s)
	require.NoError(t, err)
	require.Equal(t, "http://prometheus:9090/api/v1/query", e.QueryURL())
}

func TestCheckRegion(t *testing.T) {
	for _, r := range amp.Regions() {
		_, warning, err := amp.CheckRegion(r)
		require.NoError(t, err)
		require.Empty(t, warning)
	}
	_, _, err := amp.CheckRegion("us-esat-1")
	require.EqualError(t, err, `"us-esat-1" is not an AWS region; the nearest one is "us-east-1"`)
	_, _, err = amp.CheckRegion("eu-west-1b")
	require.EqualError(t, err, `"eu-west-1b" is an availability zone, its region is "eu-west-1"`)
	id, warning, err := amp.CheckRegion("us-east-3")
	require.NoError(t, err, "regions that AWS may add are not refused")
	require.Equal(t, "aws", id)
	require.Contains(t, warning, "not known to this version")
}

// The table of partitions is a copy; it goes stale without a word otherwise.
func TestPartitionsAreTheSDKs(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2").Output()
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal/endpoints/awsrulesfn/partitions.json"))
	require.NoError(t, err)
	golden.Assert(t, string(want), "../partitions.json")
}

func FuzzParseEndpoint(f *testing.F) {
	b, err := os.ReadFile("testdata/endpoints.json")
	require.NoError(f, err)
	var cases []endpointCase
	require.NoError(f, json.Unmarshal(b, &cases))
	for _, c := range cases {
		f.Add(c.Raw, c.Region)
	}
	f.Fuzz(func(t *testing.T, raw, region string) {
		e, err := amp.ParseEndpoint(raw, region)
		if err != nil {
			var ee *amp.EndpointError
			if !errors.As(err, &ee) {
				t.Fatalf("%T is not an *EndpointError", err)
			}
			return
		}
		again, err := amp.ParseEndpoint(e.QueryURL(), e.Region)
		if err != nil {
			t.Fatalf("%q was understood as %q, which is refused: %v", raw, e.Base, err)
		}
		if again.Base.String() != e.Base.String() || again.Region != e.Region || again.Workspace != e.Workspace {
			t.Fatalf("%q: %q and then %q", raw, e.Base, again.Base)
		}
	})
}
