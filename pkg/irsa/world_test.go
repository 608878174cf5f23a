package irsa

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// world is an account with one workspace and one cluster.
type world struct {
	t       *testing.T
	amp     *emulator.Emulator
	clients *Clients
	spec    Spec
	wire    *wire
}

func newWorld(t *testing.T, change ...func(*Spec)) *world {
	t.Helper()
	e, err := emulator.New(emulator.Options{Clusters: []string{"prod"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	ws, err := e.CreateWorkspace(t.Context(), "prod", "")
	require.NoError(t, err)
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	w := &world{t: t, amp: e, wire: &wire{next: e.Transport(), fail: -1}}
	w.clients = New(aws.Config{
		Region: e.Region(), Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		HTTPClient: &http.Client{Transport: w.wire}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	})
	w.clients.Settle = time.Millisecond
	w.spec = example()
	w.spec.WorkspaceARN = ws.ARN
	for _, c := range change {
		c(&w.spec)
	}
	return w
}

func withPodIdentity(s *Spec) { s.PodIdentity = true }

// apply is what the command does.
func (w *world) apply() (*Plan, error) {
	ctx := w.t.Context()
	var err error
	if w.spec.Cluster, err = w.clients.Describe(ctx, "prod"); err != nil {
		return nil, err
	}
	state, err := w.clients.Observe(ctx, w.spec)
	if err != nil {
		return nil, err
	}
	plan, err := NewPlan(w.spec, state)
	if err != nil {
		return nil, err
	}
	return plan, plan.Apply(ctx, w.clients, func(Step) {})
}

func (w *world) destroy() (*Plan, error) {
	ctx := w.t.Context()
	var err error
	if w.spec.Cluster, err = w.clients.Describe(ctx, "prod"); err != nil {
		return nil, err
	}
	state, err := w.clients.Inspect(ctx, w.spec)
	if err != nil {
		return nil, err
	}
	plan, err := NewDestroy(w.spec, state)
	if err != nil {
		return nil, err
	}
	return plan, plan.Apply(ctx, w.clients, func(Step) {})
}

func (w *world) mustApply() *Plan {
	w.t.Helper()
	plan, err := w.apply()
	require.NoError(w.t, err)
	return plan
}

func (w *world) audit() []Finding {
	w.t.Helper()
	state, err := w.clients.Inspect(w.t.Context(), w.spec)
	require.NoError(w.t, err)
	findings, err := Audit(w.spec, state)
	require.NoError(w.t, err)
	return findings
}

// token is a file with a service account's token.
func (w *world) token(sa ServiceAccount) string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "token")
	require.NoError(w.t, w.amp.MintToken(file, oidc.TokenRequest{Namespace: sa.Namespace, ServiceAccount: sa.Name}))
	return file
}

// has tells how many there are of each kind in the account.
func (w *world) has() map[string]int {
	view := w.amp.IAM().View()
	return map[string]int{"roles": len(view.Roles), "policies": len(view.Policies), "providers": len(view.Providers)}
}

var errCut = errors.New("the cable was pulled")

// wire is a transport that fails at one request: before it is sent, or after it
// was answered.
type wire struct {
	next  http.RoundTripper
	count atomic.Int64
	fail  int64 // the number of the request that fails, -1 for none
	late  bool
}

func (c *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.late && reads(r) {
		return c.next.RoundTrip(r) // as if it had been cut before it was sent
	}
	fails := c.count.Add(1)-1 == c.fail
	if fails && !c.late {
		return nil, errCut
	}
	resp, err := c.next.RoundTrip(r)
	if fails && err == nil {
		_ = resp.Body.Close()
		return nil, errCut
	}
	return resp, err
}

func (c *wire) cut(at int64, late bool) {
	c.count.Store(0)
	c.fail, c.late = at, late
}

// reads tells whether a request changes nothing.
func reads(r *http.Request) bool {
	if r.Body == nil || r.Method == http.MethodGet {
		return r.Method == http.MethodGet
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err == nil && (bytes.HasPrefix(body, []byte("Action=Get")) || bytes.HasPrefix(body, []byte("Action=List")))
}
