package amp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
)

func TestProbeWrite(t *testing.T) {
	for code, kind := range map[int]amp.Kind{
		http.StatusBadRequest:      "",
		http.StatusOK:              amp.KindUnexpected, // it took the junk
		http.StatusForbidden:       amp.KindForbidden,
		http.StatusTooManyRequests: amp.KindThrottled,
	} {
		s, config := serve(t, status(code))
		err := amp.NewClient(config).ProbeWrite(t.Context())
		require.Len(t, s.asked, 1, "sent once")
		require.Contains(t, s.asked[0].path, "/api/v1/remote_write")
		require.NotEmpty(t, s.asked[0].form)
		require.Contains(t, s.asked[0].header.Get("Authorization"), "SignedHeaders=")
		if kind == "" {
			require.NoError(t, err)
			continue
		}
		var refused *amp.Error
		require.ErrorAs(t, err, &refused)
		require.Equal(t, kind, refused.Kind)
		require.Equal(t, "aps:RemoteWrite", refused.Action)
	}
}

func TestSkewed(t *testing.T) {
	require.EqualError(t, amp.Skewed(-10*time.Minute),
		"AWS takes no signature that is more than 5m0s off; this machine's clock is wrong (it is 10m0s ahead of AMP's): set it by NTP")
}
