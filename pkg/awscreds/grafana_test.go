package awscreds

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/settings"
)

func TestGrafanasSwitches(t *testing.T) {
	bare(t)
	role := func(s *settings.Settings) { s.AssumeRoleARN = roleARN }
	instance := func(s *settings.Settings) { s.AuthType = settings.AuthEC2IAMRole }
	for name, c := range map[string]struct {
		ctx    context.Context
		env    map[string]string
		change func(*settings.Settings)
		want   string // "" when allowed
	}{
		"default is allowed":                         {ctx: grafana(t)},
		"not in the administrator's list":            {ctx: grafana(t, "AWS_AUTH_AllowedAuthProviders", "keys"), want: "does not allow the auth type default here, only keys; add default to [aws] allowed_auth_providers"},
		"instance role is not in Grafana's defaults": {ctx: grafana(t), change: instance, want: "only default, keys, credentials (the defaults, for Grafana passed no [aws] settings on)"},
		"instance role allowed":                      {ctx: grafana(t, "AWS_AUTH_AllowedAuthProviders", "default,ec2_iam_role"), change: instance},
		"role refused":                               {ctx: grafana(t, "AWS_AUTH_AssumeRoleEnabled", "false"), change: role, want: "does not allow a data source to assume a role"},
		"role allowed":                               {ctx: grafana(t, "AWS_AUTH_AssumeRoleEnabled", "true"), change: role},
		"list of the environment":                    {ctx: t.Context(), env: map[string]string{"AWS_AUTH_AllowedAuthProviders": "keys, credentials"}, want: "only keys, credentials; "},
		"role refused by environment":                {ctx: t.Context(), env: map[string]string{"AWS_AUTH_AssumeRoleEnabled": "nonsense"}, change: role, want: "assume a role"},
	} {
		t.Run(name, func(t *testing.T) {
			o := dataSource(c.change)
			o.Getenv = func(k string) string { return c.env[k] }
			got, err := New(c.ctx, o)
			if c.want == "" {
				require.NoError(t, err)
				got.Close()
				return
			}
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "[aws] forward_settings_to_plugins must list grafana-ampkitprometheus-datasource")
			var e *Error
			require.True(t, errors.As(err, &e) && e.Reason == ReasonNotAllowed)
		})
	}
}

// Grafana starts plugins without its environment, and what people saw then was
// a failure of instance metadata.
func TestNothingReachesThePlugin(t *testing.T) {
	bare(t)
	_, err := open(t, dataSource(nil)).Retrieve(t.Context())
	require.EqualError(t, err, "no AWS credentials were found; Grafana starts plugins without its own environment: "+
		"pass it on with [plugins] forward_host_env_vars = grafana-ampkitprometheus-datasource, "+
		"or set role_arn and web_identity_token_file in [plugin.grafana-ampkitprometheus-datasource], "+
		"or (Grafana 12.4.2 and later) add grafana-ampkitprometheus-datasource to [aws] forward_settings_to_plugins; "+
		"keys in the data source work everywhere")
	var e *Error
	require.True(t, errors.As(err, &e) && e.Reason == ReasonNotPassed)
}

func TestAssumeRoleWithNothingSaysSo(t *testing.T) {
	bare(t)
	newSTS(t)
	_, err := open(t, dataSource(func(s *settings.Settings) { s.AssumeRoleARN = roleARN })).Retrieve(t.Context())
	require.ErrorContains(t, err, "no AWS credentials were found")
}

type hanging struct{ asked int }

func (h *hanging) Retrieve(ctx context.Context) (aws.Credentials, error) {
	h.asked++
	<-ctx.Done()
	return aws.Credentials{}, ctx.Err()
}

func TestMetadataIsBoundedAndRemembered(t *testing.T) {
	now, inner := time.Unix(0, 0), &hanging{}
	m := &metadata{provider: inner, ways: "ways", now: func() time.Time { return now }, limit: time.Millisecond}
	for range 3 {
		_, err := m.Retrieve(t.Context())
		require.EqualError(t, err, "no AWS credentials were found; ways")
	}
	require.Equal(t, 1, inner.asked)
	now = now.Add(metadataMemory)
	_, err := m.Retrieve(t.Context())
	require.Error(t, err)
	require.Equal(t, 2, inner.asked)
}

// What goes wrong, 4: AWS_CA_BUNDLE in the environment makes every request fail.
func TestFailure04_CABundle(t *testing.T) {
	bare(t)
	sts := newSTS(t)
	server := httptest.NewTLSServer(sts)
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	t.Setenv("AWS_CA_BUNDLE", write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))))
	c := open(t, dataSource(func(s *settings.Settings) {
		s.AuthType, s.AccessKey, s.SecretKey, s.AssumeRoleARN = settings.AuthKeys, "AKIAKEYS", "x", roleARN
	}))
	_, err := c.Retrieve(t.Context())
	require.NoError(t, err)

	transport, err := Transport()
	require.NoError(t, err)
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	require.NoError(t, err)
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())

	t.Setenv("AWS_CA_BUNDLE", write(t, "not a certificate"))
	_, err = Transport()
	require.ErrorContains(t, err, "AWS_CA_BUNDLE can't be used")
}

// What goes wrong, 9: with an assumed role in an opt-in region STS is called in
// us-east-1, whose tokens are not valid there.
func TestFailure09_OptInRegion(t *testing.T) {
	for name, c := range map[string]struct{ endpoint, wantHost, wantScope string }{
		"regional":             {"", "sts.af-south-1.amazonaws.com:443", "/af-south-1/sts/"},
		"chosen, other region": {"https://sts.eu-west-1.amazonaws.com", "sts.eu-west-1.amazonaws.com:443", "/eu-west-1/sts/"},
		"chosen, global":       {"https://sts.amazonaws.com", "sts.amazonaws.com:443", "/us-east-1/sts/"},
	} {
		t.Run(name, func(t *testing.T) {
			bare(t)
			sts := &stsStub{lifetime: time.Hour}
			server := httptest.NewTLSServer(sts)
			defer server.Close()
			o := dataSource(func(s *settings.Settings) {
				s.AuthType, s.AccessKey, s.SecretKey, s.AssumeRoleARN = settings.AuthKeys, "AKIAKEYS", "x", roleARN
				s.STSEndpoint = c.endpoint
			})
			o.Region = "af-south-1"
			credentials := open(t, o)
			var dialled string
			next := credentials.client.Transport.(*http.Transport)
			next.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
			next.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dialled = addr
				return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
			}
			_, err := credentials.Retrieve(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.wantHost, dialled)
			require.Contains(t, sts.seen()[0].authorization, c.wantScope)
		})
	}
}
