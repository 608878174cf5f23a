package awscreds

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ampkit/ampkit/pkg/settings"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, o Options) *Credentials {
	t.Helper()
	c, err := New(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// What goes wrong, 2: one STS call for every HTTP request.
func TestFailure02_OneSTSCall(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	t.Setenv("GF_PLUGIN_ROLE_ARN", roleARN)
	t.Setenv("GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", write(t, "projected-token\n"))
	c := open(t, dataSource(nil))
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			v, err := c.Retrieve(t.Context())
			if err != nil || v.AccessKeyID != "ASIASTUB1" {
				t.Errorf("%v, %v", v.AccessKeyID, err)
			}
		})
	}
	wg.Wait()
	calls := sts.seen()
	require.Len(t, calls, 1)
	require.Equal(t, "AssumeRoleWithWebIdentity", calls[0].form.Get("Action"))
	require.Equal(t, roleARN, calls[0].form.Get("RoleArn"))
	require.Equal(t, "projected-token", calls[0].form.Get("WebIdentityToken"))
	require.Equal(t, roleARN+" of [plugin."+PluginID+"]", c.Source())
}

func TestWebIdentityOfTheEnvironment(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	t.Setenv("AWS_ROLE_ARN", roleARN)
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write(t, "projected-token"))
	c := open(t, dataSource(nil))
	_, err := c.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AssumeRoleWithWebIdentity", sts.seen()[0].form.Get("Action"))
}

// What goes wrong, 10: a rotated token file.
func TestFailure10_RotatedTokenFile(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	sts.lifetime = 30 * time.Second // inside the time in which credentials are renewed early
	file := write(t, "first")
	t.Setenv("GF_PLUGIN_ROLE_ARN", roleARN)
	t.Setenv("GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", file)
	c := open(t, dataSource(nil))
	_, err := c.Retrieve(t.Context())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte("second"), 0o600))
	_, err = c.Retrieve(t.Context())
	require.NoError(t, err)
	calls := sts.seen()
	require.Len(t, calls, 2)
	require.Equal(t, "first", calls[0].form.Get("WebIdentityToken"))
	require.Equal(t, "second", calls[1].form.Get("WebIdentityToken"))

	require.NoError(t, os.Remove(file))
	_, err = c.Retrieve(t.Context())
	require.ErrorContains(t, err, "the process must be able to read that file")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSectionNeedsBothKeys(t *testing.T) {
	bare(t)
	t.Setenv("GF_PLUGIN_ROLE_ARN", roleARN)
	_, err := New(t.Context(), dataSource(nil))
	require.EqualError(t, err, "Grafana's section [plugin.grafana-ampkitprometheus-datasource] has no web_identity_token_file; set role_arn and web_identity_token_file there, both")
}

func TestKeysAndAssumedRole(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	keys := func(s *settings.Settings) {
		s.AuthType, s.AccessKey, s.SecretKey = settings.AuthKeys, "AKIAKEYS", "very-secret"
	}
	v, err := open(t, dataSource(keys)).Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AKIAKEYS", v.AccessKeyID)
	require.Empty(t, sts.seen())

	c, err := New(grafana(t, "AWS_AUTH_AllowedAuthProviders", "keys", "AWS_AUTH_SESSION_DURATION", "45m"), dataSource(func(s *settings.Settings) {
		keys(s)
		s.AssumeRoleARN, s.ExternalID = roleARN, "ext"
	}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	v, err = c.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ASIASTUB1", v.AccessKeyID)
	call := sts.seen()[0]
	require.Equal(t, "ext", call.form.Get("ExternalId"))
	require.Equal(t, "2700", call.form.Get("DurationSeconds"))
	require.Contains(t, call.authorization, "AKIAKEYS/")
	require.Contains(t, call.authorization, "/eu-west-1/sts/")
}

func TestProfile(t *testing.T) {
	bare(t)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write(t, "[team]\naws_access_key_id = AKIATEAM\naws_secret_access_key = x\n"))
	profile := func(name string) Options {
		return dataSource(func(s *settings.Settings) { s.AuthType, s.Profile = settings.AuthCredentials, name })
	}
	v, err := open(t, profile("team")).Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AKIATEAM", v.AccessKeyID)
	_, err = New(t.Context(), profile("other"))
	require.ErrorContains(t, err, "there is no profile other")
}

func TestGrafanaAssumeRole(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write(t, "[assume_role_credentials]\naws_access_key_id = AKIAGRAFANA\naws_secret_access_key = x\n"))
	c, err := New(grafana(t, "AWS_AUTH_AllowedAuthProviders", "grafana_assume_role", "AWS_AUTH_EXTERNAL_ID", "stack-1"), dataSource(func(s *settings.Settings) {
		s.AuthType, s.AssumeRoleARN, s.ExternalID = settings.AuthGrafanaAssumeRole, roleARN, "of the data source"
	}))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "stack-1", sts.seen()[0].form.Get("ExternalId"), "a data source must not choose the id that protects Grafana's account")
}

func TestRefusalOfSTS(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	sts.refuse = "AccessDenied"
	t.Setenv("GF_PLUGIN_ROLE_ARN", roleARN)
	t.Setenv("GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE", write(t, "projected-token"))
	_, err := open(t, dataSource(nil)).Retrieve(t.Context())
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, ReasonFailed, e.Reason)
	require.Equal(t, "STS refused: AccessDenied: not you; the role's trust policy must allow this caller (sub, aud and external id included), and the caller's policy sts:AssumeRole (on EKS, ampkit irsa apply makes role and trust)", err.Error())
	require.NotContains(t, err.Error(), "projected-token")
	require.Len(t, sts.seen(), 1, "a refusal is not asked for again")
}

// Nothing is left of credentials that are closed, whoever asked STS for them:
// no connection, no goroutine, and no call that is still waited for.
func TestClose(t *testing.T) {
	assumed := dataSource(func(s *settings.Settings) {
		s.AuthType, s.AccessKey, s.SecretKey, s.AssumeRoleARN = settings.AuthKeys, "AKIAKEYS", "x", roleARN
	})
	for name, o := range map[string]Options{"assumed by us": assumed, "by the SDK's chain": dataSource(nil)} {
		for _, silent := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, silent %v", name, silent), func(t *testing.T) {
				bare(t)
				sts := newSTS(t)
				sts.silent = silent
				before := goleak.IgnoreCurrent()
				t.Setenv("AWS_ROLE_ARN", roleARN)
				t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write(t, "projected-token"))
				c, err := New(t.Context(), o)
				require.NoError(t, err)
				got := make(chan error, 1)
				go func() { _, err := c.Retrieve(t.Context()); got <- err }()
				if silent {
					eventually(t, "it is asked", func() bool { return len(sts.seen()) == 1 })
				} else {
					require.NoError(t, <-got)
				}
				c.Close()
				if silent {
					requireClosed(t, <-got)
				}
				_, err = c.Retrieve(t.Context())
				requireClosed(t, err)
				eventually(t, "no connection is left", func() bool { return sts.connections() == 0 })
				eventually(t, "no goroutine is left", func() bool { return goleak.Find(before) == nil })
				require.Len(t, sts.seen(), 1, "and it is not asked again")
			})
		}
	}
}

func requireClosed(t *testing.T, err error) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, ReasonClosed, e.Reason)
}

func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !seen(); <-time.After(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), what)
	}
}

func TestCommandLine(t *testing.T) {
	bare(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_REGION", "us-west-2")
	c, err := Load(t.Context(), CommandLine{EndpointURL: "http://127.0.0.1:9009"})
	require.NoError(t, err)
	defer c.Close()
	require.Equal(t, "us-west-2", c.Config().Region)
	require.Equal(t, "http://127.0.0.1:9009", *c.Config().BaseEndpoint)
	v, err := c.Config().Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	require.Equal(t, "AKIAENV", v.AccessKeyID)

	_, err = Load(t.Context(), CommandLine{Profile: "missing"})
	require.ErrorContains(t, err, "there is no profile missing")
	require.ErrorContains(t, err, "aws sso login")
}

// TestSTSIsNotReached: a network without internet, in words that help.
func TestSTSIsNotReached(t *testing.T) {
	sent := func(address string) error {
		return fmt.Errorf("operation error STS: %w", &url.Error{Op: "Post", URL: address, Err: errors.New("dial tcp: i/o timeout")})
	}
	require.EqualError(t, explain(sent("https://sts.eu-west-1.amazonaws.com/"), grafanaWays),
		"STS was not reached at https://sts.eu-west-1.amazonaws.com/: dial tcp: i/o timeout; check the network and its proxy; "+
			"a VPC without internet needs an endpoint for STS too, com.amazonaws.<region>.sts")
	require.ErrorContains(t, explain(sent("http://169.254.170.23/v1/credentials"), grafanaWays), "get AWS credentials: operation error")
}
