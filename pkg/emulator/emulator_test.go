package emulator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// clock is a time that tests move by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// world is an emulator with one workspace, seen through HTTP.
type world struct {
	t *testing.T
	*emulator.Emulator
	clock     *clock
	workspace controlplane.Workspace
	client    *http.Client
}

func newWorld(t *testing.T, change ...func(*emulator.Options)) *world {
	t.Helper()
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	o := emulator.Options{Clock: c.now}
	for _, f := range change {
		f(&o)
	}
	e, err := emulator.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	ws, err := e.CreateWorkspace(t.Context(), "test", "")
	require.NoError(t, err)
	return &world{t, e, c, ws, &http.Client{Transport: e.Transport()}}
}

// user makes a user who may do the actions on everything of their account.
func (w *world) user(actions ...string) aws.Credentials {
	w.t.Helper()
	return w.userOf("", "user-"+strings.NewReplacer(":", "-", "*", "all").Replace(strings.Join(actions, "-")), emulator.Policy(actions))
}

func (w *world) userOf(account, name string, policy iam.Document) aws.Credentials {
	w.t.Helper()
	k, err := w.AddUser(account, name, policy)
	require.NoError(w.t, err)
	return aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret}
}

func (w *world) url(path string) string {
	return "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/" + w.workspace.ID + "/" + path
}

// attempt is a request before it is signed, and how.
type attempt struct {
	method, url string
	body        []byte
	header      http.Header
	creds       aws.Credentials
	region      string
	service     string
	at          time.Time
	// tamper changes the request after it was signed.
	tamper func(*http.Request)
}

func (w *world) query(creds aws.Credentials, expr string) attempt {
	return attempt{
		method: http.MethodGet, creds: creds, region: "us-east-1", service: "aps", at: w.clock.at,
		url: w.url("api/v1/query") + "?" + url.Values{"query": {expr}}.Encode(),
	}
}

func (w *world) write(creds aws.Credentials, series ...prompb.TimeSeries) attempt {
	w.t.Helper()
	raw, err := (&prompb.WriteRequest{Timeseries: series}).Marshal()
	require.NoError(w.t, err)
	return attempt{
		method: http.MethodPost, creds: creds, region: "us-east-1", service: "aps", at: w.clock.at,
		url: w.url("api/v1/remote_write"), body: snappy.Encode(nil, raw),
		header: http.Header{"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"}},
	}
}

// sample is a series with one sample, made a minute before the world's time.
func (w *world) sample(name string, v float64) prompb.TimeSeries {
	return prompb.TimeSeries{
		Labels:  prompb.FromLabels(labels.FromStrings("__name__", name, "job", "api"), nil),
		Samples: []prompb.Sample{{Timestamp: w.clock.at.Add(-time.Minute).UnixMilli(), Value: v}},
	}
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send signs with the SDK's own signer and sends in-process.
func (w *world) send(a attempt) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), a.method, a.url, bytes.NewReader(a.body))
	require.NoError(w.t, err)
	for k, v := range a.header {
		r.Header[k] = v
	}
	if a.creds.AccessKeyID != "" {
		sum := sha256.Sum256(a.body)
		require.NoError(w.t, v4.NewSigner().SignHTTP(w.t.Context(), a.creds, r, hex.EncodeToString(sum[:]), a.service, a.region, a.at))
	}
	if a.tamper != nil {
		a.tamper(r)
	}
	resp, err := w.client.Do(r)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func TestSignedWriteIsQueriedBack(t *testing.T) {
	w := newWorld(t)
	writer, reader := w.user(emulator.WriteActions...), w.user(emulator.ReadActions...)

	a := w.send(w.write(writer, w.sample("up", 42)))
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.Empty(t, a.body)
	require.NotEmpty(t, a.header.Get("x-amzn-RequestId"))
	require.Equal(t, "amazon", a.header.Get("Server"))

	a = w.send(w.query(reader, "up"))
	require.JSONEq(t, `{"status":"success","data":{"resultType":"vector","result":[
		{"metric":{"__name__":"up","job":"api"},"value":[1772366400,"42"]}]}}`, a.body)

	require.Equal(t, 1, w.Counts().Data("api/v1/query", http.StatusOK))
	require.Equal(t, 2, w.Counts().Data("", 0))
}
