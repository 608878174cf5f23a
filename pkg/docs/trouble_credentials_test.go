package docs_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/settings"
)

// withoutAWS takes everything of AWS out of the environment, and with it what this machine would add to the errors.
func withoutAWS(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			require.NoError(t, os.Unsetenv(name))
		}
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", "/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/none")
}

// environment is what a plugin was started with.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

// noCredentials is why a data source has none: when it is set up, or when they are fetched.
func noCredentials(t *testing.T, env environment, change func(*settings.Settings)) string {
	t.Helper()
	s := settings.DefaultSettings()
	s.Region = "eu-central-1"
	change(&s)
	c, err := awscreds.New(t.Context(), awscreds.Options{Settings: s, Getenv: env.get})
	if err == nil {
		defer c.Close()
		_, err = c.Retrieve(t.Context())
	}
	require.Error(t, err)
	return err.Error()
}

const roleARN = "arn:aws:iam::123456789012:role/grafana-query"

// grafanaTroubles are what Grafana's own configuration keeps from the plugin.
func grafanaTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "Grafana keeps something from the plugin", intro: "Grafana starts plugins without its own environment, and hands the section `[aws]` of grafana.ini to listed plugins only. " +
		"[install.md](install.md#let-the-plugin-see-its-role) shows the configuration."}
	add := func(env environment, change func(*settings.Settings), help string) {
		t.Helper()
		s.troubles = append(s.troubles, trouble{noCredentials(t, env, change), help})
	}
	add(nil, func(*settings.Settings) {}, "Nothing that leads to credentials reached the plugin, and there is no instance role either. With IRSA or Pod Identity the variables are in Grafana's process, but not in the plugin's: use one of the ways named. It is said again for 15 seconds before the instance metadata is asked anew.")
	add(nil, func(s *settings.Settings) { s.AuthType = settings.AuthEC2IAMRole }, "The administrator's list does not hold this auth type. If the list in your grafana.ini does, the list does not reach this plugin: see the second half of the message.")
	add(environment{"AWS_AUTH_AssumeRoleEnabled": "false"}, func(s *settings.Settings) { s.AssumeRoleARN = roleARN }, "The administrator has switched assumed roles off.")
	add(environment{"GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE": "/token"}, func(*settings.Settings) {}, "The section names a token file but no role, and `AWS_ROLE_ARN` does not arrive either.")
	add(environment{"GF_PLUGIN_ROLE_ARN": roleARN}, func(*settings.Settings) {}, "The section names a role but no token file. On EKS it is `/var/run/secrets/eks.amazonaws.com/serviceaccount/token`.")
	return s
}

// credentialTroubles are sources that have none to give.
func credentialTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "Credentials", intro: "Which source is used is the first line of Save & test and of `ampkit doctor`. The SDK takes the first that is configured and does not fall through to the next."}
	section := environment{"GF_PLUGIN_ROLE_ARN": roleARN, "GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/none/token"}
	s.troubles = append(s.troubles, trouble{
		noCredentials(t, section, func(*settings.Settings) {}),
		"The path in `web_identity_token_file` (or `AWS_WEB_IDENTITY_TOKEN_FILE`) is wrong, the pod's service account has no role so that nothing is mounted, or Grafana runs as a user who may not read the file: set `securityContext.fsGroup` to Grafana's group (472).",
	})
	dir := t.TempDir()
	token, bundle := filepath.Join(dir, "token"), filepath.Join(dir, "ca.pem")
	require.NoError(t, os.WriteFile(token, nil, 0o600))
	section["GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE"] = token
	s.troubles = append(s.troubles, trouble{
		noCredentials(t, section, func(*settings.Settings) {}), "The kubelet has not written the token yet, or something else is mounted over it.",
	}, trouble{
		noCredentials(t, nil, func(s *settings.Settings) { s.AuthType, s.Profile = settings.AuthCredentials, "grafana" }),
		"Profiles are read from `~/.aws` of the *plugin's* process, which Grafana starts without `HOME`. Set `AWS_SHARED_CREDENTIALS_FILE` and `AWS_CONFIG_FILE` and pass them on.",
	})
	cli, err := awscreds.Load(t.Context(), awscreds.CommandLine{Region: "eu-central-1"})
	require.NoError(t, err)
	defer cli.Close()
	_, err = cli.Retrieve(t.Context())
	s.troubles = append(s.troubles, trouble{err.Error(), "From the commands. Against an emulator, export what it printed at its start."})

	shown := func(err error) string { return strings.ReplaceAll(err.Error(), dir, "/etc/ssl") }
	t.Setenv("AWS_CA_BUNDLE", bundle)
	_, err = awscreds.RootCAs()
	s.troubles = append(s.troubles, trouble{shown(err), "The variable names a file that is not there for the plugin: not mounted, or a relative path."})
	require.NoError(t, os.WriteFile(bundle, []byte("x"), 0o600))
	_, err = awscreds.RootCAs()
	s.troubles = append(s.troubles, trouble{shown(err), "Convert the certificates to PEM, which begins with `-----BEGIN CERTIFICATE-----`."})
	require.NoError(t, os.Unsetenv("AWS_CA_BUNDLE"))
	return s
}

// refusals of STS by code: what it says, and what helps beyond the remedy.
var stsSays = []struct{ code, message, help string }{
	{"AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", "Compare the role's trust policy with namespace and name of the pod's service account, letter by letter. `ampkit irsa check` does, and finds a missing `:aud`, too. For a role in another account see [configure.md](configure.md#a-workspace-in-another-account)."},
	{"AccessDeniedException", "Not authorized to perform sts:AssumeRole", "As above, in another spelling of the same code."},
	{"InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE", "The cluster's issuer is not registered in the role's account."},
	{"IDPRejectedClaim", "Incorrect token audience", "The token was projected for another audience than `sts.amazonaws.com`. The annotation `eks.amazonaws.com/audience` on the service account decides."},
	{"IDPCommunicationError", "Could not reach the identity provider", "A private cluster's issuer is not reachable for STS, or AWS has a disturbance."},
	{"ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time", "A copied token does not last: name the file that the kubelet keeps fresh."},
	{"ExpiredToken", "The security token included in the request is expired", "Keys with a session token last for hours. A role renews itself."},
	{"InvalidClientTokenId", "The security token included in the request is invalid", "Often an opt-in region asked with credentials of the global endpoint, or a deleted key."},
	{"UnrecognizedClientException", "The security token included in the request is invalid", "As above."},
	{"SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided", "Enter the secret again; mind blanks at its end."},
	{"RegionDisabledException", "STS is not activated in this region for account:123456789012", "Activate it under *Account settings* of IAM, or give the STS endpoint of another region as `sigV4Endpoint`."},
	{"ValidationError", "1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint", "A session longer than the role allows is refused with this code, too."},
	{"Throttling", "Rate exceeded", "One call a set of credentials is made here, so somebody else in the account is asking too often."},
}

func stsTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "STS refuses", intro: "A role is to be assumed, and AWS does not let it. The text after the code is AWS's own."}
	said := 0
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`,
			stsSays[said].code, stsSays[said].message)
	}))
	defer sts.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	for said = range stsSays {
		text := noCredentials(t, nil, func(s *settings.Settings) {
			s.AuthType, s.AccessKey, s.SecretKey, s.AssumeRoleARN = settings.AuthKeys, "AKIAIOSFODNN7EXAMPLE", "secret", roleARN
		})
		s.troubles = append(s.troubles, trouble{text, stsSays[said].help})
	}
	// A port that there can't be fails before anything is looked up or sent.
	t.Setenv("AWS_ENDPOINT_URL_STS", "https://sts.eu-central-1.amazonaws.com:99999")
	text := noCredentials(t, nil, func(s *settings.Settings) {
		s.AuthType, s.AccessKey, s.SecretKey, s.AssumeRoleARN = settings.AuthKeys, "AKIAIOSFODNN7EXAMPLE", "secret", roleARN
	})
	s.troubles = append(s.troubles, trouble{
		strings.NewReplacer(":99999", "", "address 99999: invalid port", "i/o timeout").Replace(text),
		"`ampkit vpc-endpoint apply` makes the endpoint for STS, too. The address in the message is where it was asked.",
	})
	require.NoError(t, os.Unsetenv("AWS_ENDPOINT_URL_STS"))
	return s
}

func TestEveryRefusalOfSTSIsTold(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "awscreds", "explain.go"))
	require.NoError(t, err)
	for _, s := range stsSays {
		require.Contains(t, string(text), `"`+s.code+`"`)
	}
}
