package awscreds

import (
	"context"
	"os"
)

// ForwardSettings is how an administrator makes [aws] of grafana.ini reach this plugin.
const ForwardSettings = listUs

// Passed is what of Grafana's configuration reached the plugin.
type Passed struct {
	// Section is true when [plugin.<id>] names a role or a token file.
	Section bool
	// Variables are the names of AWS's environment variables that lead to
	// credentials, as far as they arrived.
	Variables []string
	// Settings is true when the section [aws] arrived; the two below are
	// Grafana's defaults when not.
	Settings             bool
	AllowedAuthProviders []string
	AssumeRoleEnabled    bool
}

// waysIn are the variables by which the SDK's chain finds credentials.
var waysIn = []string{
	"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
}

// PassedOn tells what reached the plugin, with the request whose context ctx is
// and in its environment; getenv is os.Getenv when nil.
func PassedOn(ctx context.Context, getenv func(string) string) Passed {
	if getenv == nil {
		getenv = os.Getenv
	}
	admin := readSwitches(ctx, getenv)
	p := Passed{Settings: admin.passed, AllowedAuthProviders: admin.AllowedAuthProviders, AssumeRoleEnabled: admin.AssumeRoleEnabled}
	for _, name := range waysIn {
		if getenv(name) != "" {
			p.Variables = append(p.Variables, name)
		}
	}
	_, found, err := pluginSection(getenv)
	p.Section = found || err != nil
	return p
}
