package awscreds

import (
	"context"
	"encoding/xml"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/settings"
)

// stsStub answers as STS does and remembers what it was asked.
type stsStub struct {
	*httptest.Server
	lifetime time.Duration
	refuse   string // a code to answer with
	silent   bool   // says nothing until the caller has gone

	mu    sync.Mutex
	calls []stsCall
	open  int // connections
}

type stsCall struct {
	form          url.Values
	authorization string
	host          string
}

func (s *stsStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	s.calls = append(s.calls, stsCall{r.PostForm, r.Header.Get("Authorization"), r.Host})
	n := len(s.calls)
	s.mu.Unlock()
	if s.silent {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	if s.refuse != "" {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>not you</Message></Error><RequestId>r</RequestId></ErrorResponse>`, s.refuse)
		return
	}
	action := r.PostForm.Get("Action")
	_, _ = fmt.Fprintf(w, xml.Header+`<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>`+
		`<AccessKeyId>ASIASTUB%[2]d</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>%[3]s</Expiration>`+
		`</Credentials></%[1]sResult></%[1]sResponse>`, action, n, time.Now().Add(s.lifetime).UTC().Format(time.RFC3339))
}

func (s *stsStub) seen() []stsCall {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]stsCall(nil), s.calls...)
}

func (s *stsStub) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

func (s *stsStub) note(_ net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.open++
	case http.StateClosed:
		s.open--
	default:
	}
}

func newSTS(t *testing.T) *stsStub {
	t.Helper()
	s := &stsStub{lifetime: time.Hour}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ConnState = s.note
	s.Start()
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", s.URL)
	return s
}

// bare takes every way to credentials out of the environment.
func bare(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "GF_") {
			t.Setenv(name, "") // so that it comes back
			require.NoError(t, os.Unsetenv(name))
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// grafana is a request's context as a Grafana with these [aws] settings makes it.
func grafana(t *testing.T, kv ...string) context.Context {
	t.Helper()
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return config.WithGrafanaConfig(t.Context(), config.NewGrafanaCfg(m))
}

func dataSource(change func(*settings.Settings)) Options {
	s := settings.DefaultSettings()
	s.Region = "eu-west-1"
	if change != nil {
		change(&s)
	}
	return Options{Settings: s}
}

const roleARN = "arn:aws:iam::111122223333:role/amp-reader"
