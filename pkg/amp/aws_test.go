package amp_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/settings"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// What goes wrong, 2: a hundred queries with a web identity, one call of STS.
func TestFailure02_OneSTSCall(t *testing.T) {
	var calls atomic.Int64
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIASTUB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
			time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	defer sts.Close()
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("jwt"), 0o600))
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	t.Setenv("GF_PLUGIN_ROLE_ARN", "arn:aws:iam::111122223333:role/reader")
	t.Setenv("GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", token)
	credentials, err := awscreds.New(t.Context(), awscreds.Options{Settings: settings.DefaultSettings(), Region: "eu-west-1"})
	require.NoError(t, err)
	defer credentials.Close()

	s, c := serve(t)
	c.Credentials = credentials
	client := amp.NewClient(c)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			resp, err := client.Do(t.Context(), amp.Request{Path: "query"})
			if err != nil {
				t.Error(err)
				return
			}
			_ = resp.Body.Close()
		})
	}
	wg.Wait()
	require.Len(t, s.asked, 100)
	require.EqualValues(t, 1, calls.Load())
}

// What goes wrong, 3: keys documented as assumeRoleArn and externalId are
// ignored without a word.
func TestFailure03_DocumentedAliases(t *testing.T) {
	for _, jsonData := range []string{
		`{"assumeRoleArn":"arn:aws:iam::111122223333:role/r","externalId":"e"}`,
		`{"sigV4AssumeRoleArn":"arn:aws:iam::111122223333:role/r","sigV4ExternalId":"e"}`,
	} {
		s, err := settings.Parse("", []byte(jsonData), nil)
		require.NoError(t, err)
		require.Equal(t, "arn:aws:iam::111122223333:role/r", s.AssumeRoleARN)
		require.Equal(t, "e", s.ExternalID)
	}
}

// What goes wrong, 10: skew and expired tokens show as a bare 403.
func TestFailure10_SkewAndExpiry(t *testing.T) {
	for file, want := range map[string]string{
		"403_skew_behind":   "it is 6m0s behind AMP's",
		"403_skew_ahead":    "it is 6m0s ahead of AMP's",
		"403_token_expired": "temporary credentials ran out",
	} {
		e := amp.Decode(readAnswer(t, "testdata/errors/"+file+".http"), amp.Context{Endpoint: workspace(t), Path: "query", Now: answeredAt})
		require.ErrorContains(t, e, want)
	}
}

func TestControlPlane(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Amzn-Requestid", "req-9")
		switch r.URL.Path {
		case "/workspaces":
			if r.URL.Query().Get("nextToken") == "" {
				_, _ = io.WriteString(w, `{"nextToken":"2","workspaces":[{"workspaceId":"ws-1","alias":"a","arn":"x","status":{"statusCode":"ACTIVE"},"createdAt":1.7e9}]}`)
				return
			}
			_, _ = io.WriteString(w, `{"workspaces":[{"workspaceId":"ws-2","arn":"y","status":{"statusCode":"CREATING"},"createdAt":1.7e9}]}`)
		case "/workspaces/ws-demo":
			_, _ = io.WriteString(w, `{"workspace":{"workspaceId":"ws-demo","alias":"demo","arn":"z","status":{"statusCode":"ACTIVE"},"prometheusEndpoint":"https://e/","createdAt":1.7e9}}`)
		case "/workspaces/ws-gone":
			w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"Workspace not found","resourceId":"ws-gone","resourceType":"workspace"}`)
		default:
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"User: arn:aws:iam::111122223333:user/u is not authorized to perform: aps:DescribeWorkspace on resource: arn:aws:aps:eu-west-1:111122223333:workspace/ws-no"}`)
		}
	}))
	defer server.Close()
	e, err := amp.ParseEndpoint(server.URL+"/workspaces/ws-demo", "eu-west-1")
	require.NoError(t, err)
	client := server.Client()
	defer client.CloseIdleConnections()
	control := amp.NewControlPlane(aws.Config{Region: "eu-west-1", Credentials: staticKeys{}, HTTPClient: client}, e)

	w, err := control.Describe(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, amp.Workspace{ID: "ws-demo", Alias: "demo", ARN: "z", Endpoint: "https://e/", Status: "ACTIVE", Created: time.Unix(1_700_000_000, 0).UTC()}, w)
	list, err := control.List(t.Context(), "", 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "CREATING", list[1].Status)
	list, err = control.List(t.Context(), "", 1)
	require.NoError(t, err)
	require.Len(t, list, 1)

	var failed *amp.Error
	_, err = control.Describe(t.Context(), "ws-gone")
	require.ErrorAs(t, err, &failed)
	require.Equal(t, amp.KindWorkspaceNotFound, failed.Kind)
	_, err = control.Describe(t.Context(), "ws-no")
	require.ErrorAs(t, err, &failed)
	require.Equal(t, amp.KindAccessDenied, failed.Kind)
	require.Equal(t, "req-9", failed.RequestID)
	require.Equal(t, "grant aps:DescribeWorkspace on arn:aws:aps:eu-west-1:111122223333:workspace/ws-no to arn:aws:iam::111122223333:user/u", failed.Remedy)
}

// TestWorkspaceURL: what is chosen is asked at the same kind of address.
func TestWorkspaceURL(t *testing.T) {
	const id = "ws-12345678-90ab-cdef-1234-567890abcdef"
	for _, tc := range []struct{ pasted, region, env, want string }{
		{"", "eu-west-1", "", "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/" + id + "/"},
		{"", "cn-north-1", "", "https://aps-workspaces.cn-north-1.amazonaws.com.cn/workspaces/" + id + "/"},
		{"", "us-gov-west-1", "", "https://aps-workspaces.us-gov-west-1.amazonaws.com/workspaces/" + id + "/"},
		{"", "eu-west-1", "https://vpce-1-2.aps.eu-west-1.vpce.amazonaws.com", "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/" + id + "/"},
		{"", "eu-west-1", "http://127.0.0.1:9099", "http://127.0.0.1:9099/workspaces/" + id + "/"},
		{"", "eu-west-1", "http://127.0.0.1:9099/amp/", "http://127.0.0.1:9099/amp/workspaces/" + id + "/"},
		{"https://aps-workspaces-fips.us-east-1.amazonaws.com/workspaces/" + id, "", "", "https://aps-workspaces-fips.us-east-1.amazonaws.com/workspaces/" + id + "/"},
		{"https://aps-workspaces.us-east-1.api.aws/workspaces/" + id, "", "", "https://aps-workspaces.us-east-1.api.aws/workspaces/" + id + "/"},
		{"https://vpce-1-2.aps-workspaces.eu-west-1.vpce.amazonaws.com/workspaces/" + id, "", "", "https://vpce-1-2.aps-workspaces.eu-west-1.vpce.amazonaws.com/workspaces/" + id + "/"},
		{"https://proxy.example/amp/workspaces/ws-demo", "eu-west-1", "http://127.0.0.1:9099", "https://proxy.example/amp/workspaces/" + id + "/"},
	} {
		cfg := aws.Config{Region: tc.region, Credentials: staticKeys{}}
		if tc.env != "" {
			cfg.BaseEndpoint = aws.String(tc.env)
		}
		e := amp.Endpoint{Region: tc.region}
		if tc.pasted != "" {
			var err error
			e, err = amp.ParseEndpoint(tc.pasted, tc.region)
			require.NoError(t, err)
		}
		require.Equal(t, tc.want, amp.NewControlPlane(cfg, e).WorkspaceURL(id), tc.pasted+tc.env)
	}
}

// TestControlPlaneIsNotReached: a VPC endpoint for queries does not carry it.
func TestControlPlaneIsNotReached(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("i/o timeout")}
	})}
	cfg := aws.Config{Region: "eu-west-1", Credentials: staticKeys{}, HTTPClient: client, RetryMaxAttempts: 1}
	_, err := amp.NewControlPlane(cfg, amp.Endpoint{Region: "eu-west-1"}).List(t.Context(), "", 0)
	require.EqualError(t, err, "aps.eu-west-1.amazonaws.com: dial tcp: i/o timeout; check the network and its proxy; "+
		"a VPC without internet needs an endpoint of its own for workspaces' management, com.amazonaws.eu-west-1.aps")
}

// TestControlPlaneWithoutEnd: the address may be one that a user typed.
func TestControlPlaneWithoutEnd(t *testing.T) {
	client := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		endless := io.MultiReader(strings.NewReader(`{"workspaces":[{"alias":"`), zeros{})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(endless)}, nil
	})}
	cfg := aws.Config{Region: "eu-west-1", Credentials: staticKeys{}, HTTPClient: client, RetryMaxAttempts: 1}
	_, err := amp.NewControlPlane(cfg, amp.Endpoint{Region: "eu-west-1"}).List(t.Context(), "", 0)
	require.ErrorContains(t, err, "too large")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
