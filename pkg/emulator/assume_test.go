package emulator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"
)

// source says how we know something about the service.
type source byte

const (
	documented source = 'D' // by AWS
	reported   source = 'R' // by users in public threads
	inferred   source = '?' // ours to check
)

// assumption is one thing that ampkit takes for granted about AMP.
type assumption struct {
	source source
	says   string
	ask    probe
	status int
	body   string // is contained in the answer
}

// probe is a request to the workspace before it is signed.
type probe struct {
	method, path string
	body         []byte
	contentType  string
	header       http.Header
	unsigned     bool
	region       string
	at           time.Duration // from now
	tamper       func(*http.Request)
}

func assumptions(t *testing.T) []assumption {
	t.Helper()
	get := func(path string) probe { return probe{method: http.MethodGet, path: path} }
	name := "ampkit_assume_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	write := func(labels int, ages ...time.Duration) probe {
		ts := prompb.TimeSeries{Labels: []prompb.Label{{Name: "__name__", Value: name}}}
		for i := range labels {
			ts.Labels = append(ts.Labels, prompb.Label{Name: "l" + strconv.Itoa(100+i), Value: "v"})
		}
		for _, age := range ages {
			ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: time.Now().Add(-age).UnixMilli(), Value: age.Seconds()})
		}
		raw, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{ts}}).Marshal()
		require.NoError(t, err)
		return probe{
			method: http.MethodPost, path: "api/v1/remote_write", body: snappy.Encode(nil, raw), contentType: "application/x-protobuf",
			header: http.Header{"Content-Encoding": {"snappy"}, "X-Prometheus-Remote-Write-Version": {"0.1.0"}},
		}
	}
	with := func(p probe, change func(*probe)) probe { change(&p); return p }
	now := strconv.FormatInt(time.Now().Unix(), 10)

	return []assumption{
		{documented, "an instant query by GET", get("api/v1/query?query=vector(1)"), 200, `"status":"success"`},
		{documented, "an instant query by POST", probe{method: "POST", path: "api/v1/query", body: []byte("query=vector(1)"), contentType: "application/x-www-form-urlencoded"}, 200, `"resultType":"vector"`},
		{documented, "label names by GET", get("api/v1/labels?start=" + now), 200, `"data":[`},
		{documented, "label values by GET", get("api/v1/label/__name__/values?start=" + now), 200, `"status":"success"`},
		{documented, "metadata by GET", get("api/v1/metadata?limit=1"), 200, `"status":"success"`},
		{documented, "rules are groups", get("api/v1/rules"), 200, `"groups":`},
		{documented, "alerts are a list", get("api/v1/alerts"), 200, `"alerts":`},
		{reported, "no exemplars", get("api/v1/query_exemplars?query=up&start=" + now + "&end=" + now), 404, ""},
		{reported, "no build information", get("api/v1/status/buildinfo"), 404, ""},
		{reported, "a trailing slash is an unknown route", get("api/v1/query/?query=vector(1)"), 403, `"Missing Authentication Token"`},
		{documented, "an unsigned request", with(get("api/v1/labels"), func(p *probe) { p.unsigned = true }), 403, `"Missing Authentication Token"`},
		{documented, "a query changed after signing", with(get("api/v1/labels"), func(p *probe) {
			p.tamper = func(r *http.Request) { r.URL.RawQuery = "limit=1" }
		}), 403, `{"message":"The request signature we calculated does not match`},
		{documented, "a scope of another region", with(get("api/v1/labels"), func(p *probe) { p.region = "xx-nowhere-1" }), 403, `Credential should be scoped to a valid region`},
		{documented, "six minutes behind", with(get("api/v1/labels"), func(p *probe) { p.at = -6 * time.Minute }), 403, `Signature expired: `},
		{documented, "six minutes ahead", with(get("api/v1/labels"), func(p *probe) { p.at = 6 * time.Minute }), 403, `Signature not yet current: `},
		{reported, "11,001 steps", get("api/v1/query_range?query=vector(1)&start=0&end=11001&step=1"), 400, `exceeded maximum resolution of 11,000 points per timeseries`},
		{documented, "a query that can't be parsed", get("api/v1/query?query=sum("), 400, `"errorType":"bad_data"`},
		{documented, "a threshold is accepted", get("api/v1/query?query=vector(1)&max_samples_processed_error_threshold=1000"), 200, `"status":"success"`},
		{documented, "a write is answered with nothing", write(0, 2*time.Minute, 0), 200, ""},
		{reported, "out of order by more than the window", write(0, 10*time.Minute), 400, `err: `},
		{documented, "more than 70 labels", write(70, 0), 400, `series has too many labels (actual: 71, limit: 70) series: '` + name},
		{inferred, "older than an hour", write(1, 2*time.Hour), 400, `too old`},
		{documented, "over a megabyte", with(write(0, 0), func(p *probe) { p.body = noise(2 << 20) }), 413, ""},
		{inferred, "remote write 2.0", with(write(0, 0), func(p *probe) { p.contentType = "application/x-protobuf;proto=io.prometheus.write.v2.Request" }), 415, ""},
	}
}

// What we assume of the service, run against the emulator by every test run and
// by hand against the real one, which it writes a few samples into:
//
//	AMPKIT_ASSUME_WORKSPACE_URL=https://aps-workspaces.….amazonaws.com/workspaces/ws-… \
//	AWS_REGION=… go test ./pkg/emulator -run Assumptions -v
//
// with credentials from the SDK's default chain that may do aps:* on the
// workspace. Each line names its source, D, S, R or ?, as the package's facts do.
func TestAssumptions(t *testing.T) {
	base, region, creds, client := assumeTarget(t)
	for _, a := range assumptions(t) {
		t.Run(string(a.source)+" "+a.says, func(t *testing.T) {
			p := a.ask
			r, err := http.NewRequestWithContext(t.Context(), p.method, base+p.path, bytes.NewReader(p.body))
			require.NoError(t, err)
			for k, v := range p.header {
				r.Header[k] = v
			}
			if p.contentType != "" {
				r.Header.Set("Content-Type", p.contentType)
			}
			if !p.unsigned {
				c, err := creds.Retrieve(t.Context())
				require.NoError(t, err)
				sum, scope := sha256.Sum256(p.body), region
				if p.region != "" {
					scope = p.region
				}
				require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), c, r, hex.EncodeToString(sum[:]), "aps", scope, time.Now().Add(p.at)))
			}
			if p.tamper != nil {
				p.tamper(r)
			}
			resp, err := client.Do(r)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
			require.NoError(t, err)
			require.Equal(t, a.status, resp.StatusCode, "%s", body)
			require.Contains(t, string(body), a.body)
			require.NotEmpty(t, resp.Header.Get("x-amzn-RequestId"))
		})
	}
}

// assumeTarget is the emulator, or the workspace that the environment names.
func assumeTarget(t *testing.T) (base, region string, creds aws.CredentialsProvider, client *http.Client) {
	t.Helper()
	if base = os.Getenv("AMPKIT_ASSUME_WORKSPACE_URL"); base != "" {
		cfg, err := config.LoadDefaultConfig(t.Context())
		require.NoError(t, err)
		t.Logf("asking %s on %s", base, time.Now().Format(time.DateOnly))
		return strings.TrimSuffix(base, "/") + "/", cfg.Region, cfg.Credentials, http.DefaultClient
	}
	s := serve(t)
	return s.at(""), "us-east-1", credentials.StaticCredentialsProvider{Value: s.creds}, &http.Client{Transport: s.Transport()}
}
