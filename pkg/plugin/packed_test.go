package plugin

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// A proxy on the way may pack what nobody asked to be packed.
func TestPackedAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		err    string
	}{
		"result": {http.StatusOK, packed(oneSeries), ""},
		"error":  {http.StatusForbidden, packed(`{"message":"Missing Authentication Token"}`), "Missing Authentication Token"},
		"cut":    {http.StatusOK, packed(oneSeries)[:40], "unexpected EOF"},
		"wrong":  {http.StatusOK, oneSeries, "unpack the answer"},
		"bomb":   {http.StatusOK, packed(strings.Repeat(" ", 1<<20) + oneSeries), "response_limit"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStub(t, says(c.status, c.body, "Content-Encoding", "gzip"))
			a := openIn(t, pluginhost.Grafana{ResponseLimit: 100_000}, s.source(), options{}).one(up)
			if c.err != "" {
				require.ErrorContains(t, a.Error, c.err)
				return
			}
			require.NoError(t, a.Error)
			require.Len(t, a.Frames, 1)
			require.Equal(t, "identity", s.requests()[0].header.Get("Accept-Encoding"))
		})
	}
}

func packed(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	return b.String()
}
