package awscreds

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"

	"github.com/ampkit/ampkit/pkg/settings"
)

// switches are what an administrator decided in Grafana's section [aws].
type switches struct {
	awsds.AuthSettings
	// passed is false when nothing of [aws] reached the plugin, so that the
	// defaults above are in force and not the administrator's.
	passed bool
}

// readSwitches takes what Grafana sent with the request, else what stands in
// the plugin's environment, else Grafana's defaults.
func readSwitches(ctx context.Context, getenv func(string) string) switches {
	sent, passed := awsds.ReadAuthSettingsFromContext(ctx)
	s := switches{AuthSettings: *sent, passed: passed}
	if passed {
		return s
	}
	if v := getenv(awsds.AllowedAuthProvidersEnvVarKeyName); v != "" {
		s.AllowedAuthProviders, s.passed = splitList(v), true
	}
	if v := getenv(awsds.AssumeRoleEnabledEnvVarKeyName); v != "" {
		// What can't be read must not switch anything on.
		on, err := strconv.ParseBool(v)
		s.AssumeRoleEnabled, s.passed = err == nil && on, true
	}
	if v := getenv(awsds.GrafanaAssumeRoleExternalIdKeyName); v != "" {
		s.ExternalID = v
	}
	if d, err := gtime.ParseDuration(getenv(awsds.SessionDurationEnvVarKeyName)); err == nil {
		s.SessionDuration = &d
	}
	return s
}

func splitList(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
}

// sessionDuration is how long an assumed role's credentials are asked for.
func (s switches) sessionDuration() time.Duration {
	if s.SessionDuration == nil {
		return 0
	}
	return *s.SessionDuration
}

const listUs = "[aws] forward_settings_to_plugins must list " + PluginID +
	" (it replaces the default list, so repeat that), or nothing of [aws] reaches this plugin"

// allow refuses what the administrator does.
func (s switches) allow(ds settings.Settings) *Error {
	if t := string(ds.AuthType); !slices.Contains(s.AllowedAuthProviders, t) {
		return &Error{
			Reason:  ReasonNotAllowed,
			Message: "Grafana does not allow the auth type " + t + " here, only " + strings.Join(s.AllowedAuthProviders, ", ") + s.defaults(),
			Remedy:  "add " + t + " to [aws] allowed_auth_providers in grafana.ini; " + listUs,
		}
	}
	if ds.AssumeRoleARN != "" && !s.AssumeRoleEnabled {
		return &Error{
			Reason:  ReasonNotAllowed,
			Message: "Grafana does not allow a data source to assume a role",
			Remedy:  "remove the role's ARN, or set [aws] assume_role_enabled = true in grafana.ini; " + listUs,
		}
	}
	return nil
}

func (s switches) defaults() string {
	if s.passed {
		return ""
	}
	return " (the defaults, for Grafana passed no [aws] settings on)"
}
