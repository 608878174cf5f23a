package amp_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
