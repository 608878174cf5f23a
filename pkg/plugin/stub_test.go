package plugin

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

const stubWorkspace = "/workspaces/ws-11111111-2222-3333-4444-555555555555"

// stub is a server that answers as it is told and remembers what it was asked.
type stub struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
}

// asked is a request as it arrived.
type asked struct {
	method, host, path string
	header             http.Header
	// params are those of the URL and of the form together.
	params url.Values
}

func newStub(t *testing.T, answer http.HandlerFunc) *stub {
	t.Helper()
	s := new(stub)
	s.Server = httptest.NewServer(s.record(answer))
	t.Cleanup(s.Close)
	return s
}

func (s *stub) record(answer http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.Method, r.Host, r.URL.Path, r.Header.Clone(), r.Form})
		s.mu.Unlock()
		answer(w, r)
	})
}

func (s *stub) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]asked{}, s.asked...)
}

// source is a data source of the stub, signed with keys.
func (s *stub) source(more ...map[string]any) pluginhost.DataSource {
	return keys{id: "AKIDEXAMPLE", secret: "a secret"}.source(s.URL+stubWorkspace, more...)
}

// says is an answer with a status and body.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-amzn-RequestId", "0a1b2c3d")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // a client that has gone is not this test's
	}
}

const (
	emptyMatrix = `{"status":"success","data":{"resultType":"matrix","result":[]}}`
	oneSeries   = `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"api"},"values":[[1772359200,"1"],[1772359215,"0"]]}]}}`
	oneSample   = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"api"},"value":[1772359200.5,"1"]}]}}`
	scalarTwo   = `{"status":"success","data":{"resultType":"scalar","result":[1772359200,"2"]}}`
)

// ok answers each path with a result of its kind.
func ok(w http.ResponseWriter, r *http.Request) {
	body := `{"status":"success","data":["a","b"]}`
	switch {
	case strings.HasSuffix(r.URL.Path, "/query_range"):
		body = oneSeries
	case strings.HasSuffix(r.URL.Path, "/query"):
		body = oneSample
	case strings.HasSuffix(r.URL.Path, "/query_exemplars"):
		body = `{"status":"success","data":[{"seriesLabels":{"job":"api"},"exemplars":[{"labels":{"traceID":"x"},"value":"6","timestamp":1772359200}]}]}`
	}
	says(http.StatusOK, body)(w, r)
}

// up is the plainest query.
var up = map[string]any{"expr": "up"}

func TestStubSeesWhatWasAsked(t *testing.T) {
	s := newStub(t, ok)
	a := open(t, s.source(), options{}).one(map[string]any{"expr": "rate(up[$__rate_interval])", "intervalMs": 15000})
	require.NoError(t, a.Error)
	require.Len(t, s.requests(), 1)
	r := s.requests()[0]
	require.Equal(t, http.MethodPost, r.method)
	require.Equal(t, stubWorkspace+"/api/v1/query_range", r.path)
	require.Equal(t, "rate(up[1m0s])", r.params.Get("query"))
	require.Equal(t, "15", r.params.Get("step"))
	require.Contains(t, r.header.Get("Authorization"), "/eu-west-1/aps/aws4_request")
}
