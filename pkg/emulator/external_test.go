package emulator_test

// Signers and clients that nobody here wrote. Programs that are not installed
// are skipped with one plain line.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/aws/aws-sdk-go-v2/service/amp/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang/snappy"
	config_util "github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage/remote"
	"github.com/prometheus/sigv4"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/promserver"
)

// served is a world on a port of the loopback, by the real time.
type served struct {
	*world
	endpoint string
	creds    aws.Credentials
}

func serve(t *testing.T) served {
	t.Helper()
	c := &clock{time.Now()}
	w := newWorld(t, func(o *emulator.Options) { o.Clock = time.Now })
	w.clock = c
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return served{w, server.URL, w.user("aps:*", "sts:*")}
}

func (s served) at(path string) string {
	return s.endpoint + "/workspaces/" + s.workspace.ID + "/" + path
}

func (s served) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL=" + s.endpoint,
		"AWS_ACCESS_KEY_ID=" + s.creds.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + s.creds.SecretAccessKey,
	}
}

func (s served) run(name string, args ...string) string {
	s.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		s.t.Skipf("needs %s: it is not installed", name)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = s.env()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(s.t, err, "%s %s\n%s%s", name, args[0], out, stderr.String())
	return string(out)
}

// sampleNow is a write body with one sample of this moment.
func sampleNow(t *testing.T, name string, v float64) []byte {
	t.Helper()
	raw, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{{
		Labels:  []prompb.Label{{Name: "__name__", Value: name}},
		Samples: []prompb.Sample{{Timestamp: time.Now().UnixMilli(), Value: v}},
	}}}).Marshal()
	require.NoError(t, err)
	return snappy.Encode(nil, raw)
}

// requireValue asks in-process, signed by the SDK's signer.
func (s served) requireValue(expr, want string) {
	s.t.Helper()
	s.clock.at = time.Now()
	a := s.send(s.query(s.creds, expr))
	require.Contains(s.t, a.body, `"`+want+`"]`)
}

func TestSDKForGo(t *testing.T) {
	s := serve(t)
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(s.creds.AccessKeyID, s.creds.SecretAccessKey, ""),
	}

	client := amp.NewFromConfig(cfg)
	made, err := client.CreateWorkspace(t.Context(), &amp.CreateWorkspaceInput{Alias: aws.String("sdk"), Tags: map[string]string{"a": "b c"}})
	require.NoError(t, err)
	require.Regexp(t, `^arn:aws:aps:us-east-1:123456789012:workspace/ws-[-0-9a-f]{36}$`, *made.Arn)

	require.NoError(t, amp.NewWorkspaceActiveWaiter(client).Wait(t.Context(), &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId}, time.Minute))
	seen, err := client.DescribeWorkspace(t.Context(), &amp.DescribeWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.NoError(t, err)
	require.Equal(t, types.WorkspaceStatusCodeActive, seen.Workspace.Status.StatusCode)
	require.Equal(t, s.endpoint+"/workspaces/"+*made.WorkspaceId+"/", *seen.Workspace.PrometheusEndpoint)
	require.WithinDuration(t, time.Now(), *seen.Workspace.CreatedAt, time.Minute)

	var aliases []string
	for pages := amp.NewListWorkspacesPaginator(client, &amp.ListWorkspacesInput{MaxResults: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, w := range page.Workspaces {
			aliases = append(aliases, *w.Alias)
		}
	}
	require.Equal(t, []string{"test", "sdk"}, aliases)

	_, err = client.DescribeWorkspace(t.Context(), &amp.DescribeWorkspaceInput{WorkspaceId: aws.String("ws-none")})
	require.ErrorAs(t, err, new(*types.ResourceNotFoundException))
	_, err = client.ListWorkspaces(t.Context(), &amp.ListWorkspacesInput{NextToken: aws.String("x")})
	require.ErrorAs(t, err, new(*types.ValidationException))
	_, err = client.DeleteWorkspace(t.Context(), &amp.DeleteWorkspaceInput{WorkspaceId: made.WorkspaceId})
	require.NoError(t, err)

	reader := s.userOf("", "reader", emulator.Policy(emulator.ReadActions))
	cfg.Credentials = credentials.NewStaticCredentialsProvider(reader.AccessKeyID, reader.SecretAccessKey, "")
	_, err = amp.NewFromConfig(cfg).ListWorkspaces(t.Context(), &amp.ListWorkspacesInput{})
	require.ErrorAs(t, err, new(*types.AccessDeniedException))
	require.ErrorContains(t, err, "user/reader is not authorized to perform: aps:ListWorkspaces")

	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:user/reader", *who.Arn)
}

func TestCurl(t *testing.T) {
	s := serve(t)
	file := filepath.Join(t.TempDir(), "write")
	require.NoError(t, os.WriteFile(file, sampleNow(t, "by_curl", 7), 0o600))
	sign := []string{"-sS", "--fail-with-body", "--aws-sigv4", "aws:amz:us-east-1:aps", "--user", s.creds.AccessKeyID + ":" + s.creds.SecretAccessKey}

	out := s.run("curl", append(sign, "--data-binary", "@"+file, "-H", "Content-Type: application/x-protobuf",
		"-H", "Content-Encoding: snappy", s.at("api/v1/remote_write"), "-w", "%{http_code}")...)
	require.Equal(t, "200", out)
	// This curl signs the query as it is given: sorted and encoded.
	out = s.run("curl", append(sign, s.at("api/v1/query?query=by_curl"))...)
	require.Contains(t, out, `"7"]`)
	out = s.run("curl", append(sign, "--data-urlencode", "query=sum(by_curl{}) * 2", s.at("api/v1/query"))...)
	require.Contains(t, out, `"14"]`)
}

func TestAWSCommandLine(t *testing.T) {
	s := serve(t)
	endpoint := []string{"--endpoint-url", s.endpoint, "--output", "json"}

	var made struct{ WorkspaceID string }
	out := s.run("aws", append([]string{"amp", "create-workspace", "--alias", "cli"}, endpoint...)...)
	require.NoError(t, json.Unmarshal([]byte(out), &made))
	out = s.run("aws", append([]string{"amp", "describe-workspace", "--workspace-id", made.WorkspaceID}, endpoint...)...)
	require.Contains(t, out, `"prometheusEndpoint": "`+s.endpoint+"/workspaces/"+made.WorkspaceID+`/"`)
	out = s.run("aws", append([]string{"amp", "list-workspaces", "--alias", "cl"}, endpoint...)...)
	require.Contains(t, out, made.WorkspaceID)
	require.NotContains(t, out, s.workspace.ID)
	out = s.run("aws", append([]string{"sts", "get-caller-identity"}, endpoint...)...)
	require.Contains(t, out, `"Account": "123456789012"`)
}

func TestPrometheusRemoteClient(t *testing.T) {
	s := serve(t)
	target, err := url.Parse(s.at("api/v1/remote_write"))
	require.NoError(t, err)
	client, err := remote.NewWriteClient("test", &remote.ClientConfig{
		URL: &config_util.URL{URL: target}, Timeout: model.Duration(time.Minute), HTTPClientConfig: config_util.HTTPClientConfig{},
		SigV4Config: &sigv4.SigV4Config{Region: "us-east-1", AccessKey: s.creds.AccessKeyID, SecretKey: config_util.Secret(s.creds.SecretAccessKey)},
	})
	require.NoError(t, err)
	_, err = client.Store(t.Context(), sampleNow(t, "by_prometheus", 9), 0)
	require.NoError(t, err)
	s.requireValue("by_prometheus", "9")
}

// Debian's Prometheus scrapes itself and writes with its own sigv4.
func TestPrometheusServer(t *testing.T) {
	s := serve(t)
	promserver.Start(t, func(address string) string {
		return fmt.Sprintf(`
global: {scrape_interval: 1s, external_labels: {writer: debian}}
scrape_configs:
- job_name: self
  static_configs: [{targets: [%q]}]
remote_write:
- url: %s
  send_native_histograms: true
  queue_config: {batch_send_deadline: 1s}
  metadata_config: {send_interval: 1s}
  sigv4: {region: us-east-1, access_key: %s, secret_key: %s}
`, address, s.at("api/v1/remote_write"), s.creds.AccessKeyID, s.creds.SecretAccessKey)
	}, s.creds.SecretAccessKey)
	eventually := func(what string, seen func() bool) {
		t.Helper()
		for deadline := time.Now().Add(90 * time.Second); !seen(); {
			if s.Counts().Data("api/v1/remote_write", http.StatusForbidden) > 0 {
				t.Skip(promserver.Unsigned)
			}
			require.True(t, time.Now().Before(deadline), what)
			<-time.After(200 * time.Millisecond)
		}
	}
	eventually("a scraped sample", func() bool {
		s.clock.at = time.Now()
		return strings.Contains(s.send(s.query(s.creds, `up{job="self",writer="debian"}`)).body, `"1"]`)
	})
	eventually("metadata of a scraped metric", func() bool {
		s.clock.at = time.Now()
		a := s.query(s.creds, "")
		a.url = s.url("api/v1/metadata") + "?metric=prometheus_build_info"
		return strings.Contains(s.send(a).body, "gauge")
	})
}
