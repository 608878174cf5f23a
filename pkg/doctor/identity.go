package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"github.com/ampkit/ampkit/pkg/awscreds"
)

func (e *exam) grafanaEnvironment(context.Context) Check {
	switch p := e.Grafana; {
	case p.Section:
		return passed("grafana.ini names the role in [plugin.%s]", awscreds.PluginID)
	case len(p.Variables) > 0:
		return passed("Grafana passes on %s", strings.Join(p.Variables, ", "))
	}
	return notChecked("Grafana passes none of AWS's variables on")
}

func (e *exam) grafanaSettings(context.Context) Check {
	p := e.Grafana
	if !p.Settings {
		c := notChecked("Grafana passes no [aws] settings on, so its defaults are in force")
		c.Remedy = awscreds.ForwardSettings
		return c
	}
	roles := "no role may be assumed"
	if p.AssumeRoleEnabled {
		roles = "a role may be assumed"
	}
	return passed("Grafana allows %s; %s", strings.Join(p.AllowedAuthProviders, ", "), roles)
}

// providers are the SDK's names for where credentials come from.
var providers = map[string]string{
	"EnvConfigCredentials":        "keys in the environment",
	"StaticCredentials":           "static keys",
	"WebIdentityCredentials":      "web identity, as IRSA gives",
	"AssumeRoleProvider":          "an assumed role",
	"CredentialsEndpointProvider": "a container's credential endpoint, as EKS Pod Identity gives",
	"EC2RoleProvider":             "the instance's role",
	"SSOProvider":                 "IAM Identity Center",
	"LoginProvider":               "aws login",
	"ProcessProvider":             "a credential process",
}

func (e *exam) credentials(ctx context.Context) Check {
	if e.NoCredentials != nil {
		return failure(e.NoCredentials)
	}
	v, err := e.Credentials.Retrieve(ctx)
	if err != nil {
		return failure(err)
	}
	name, _, _ := strings.Cut(v.Source, ":") // SharedConfigCredentials: <path>
	provider := cmp.Or(providers[name], "a shared file of AWS")
	end := "no end is known"
	switch {
	case v.CanExpire:
		// The SDK's cache counts a minute or two less than STS said.
		end = fmt.Sprintf("renewed by %s, in %s", v.Expires.UTC().Format("15:04:05 MST"), v.Expires.Sub(e.Now()).Round(time.Second))
	case v.SessionToken == "":
		end = "they do not end"
	}
	c := passed("%s: %s; %s", e.Credentials.Source(), provider, end)
	c.Facts.Provider = provider
	if v.CanExpire {
		c.Facts.Expires = v.Expires.UTC()
	}
	return c
}

// unknownCode is the SDK's for an answer without one.
const unknownCode = "UnknownError"

func (e *exam) identity(ctx context.Context) Check {
	if e.endpoint.Custom && !e.Credentials.OwnSTS() {
		// The keys of an emulator are none of AWS's business.
		return notChecked("the workspace is not at AWS, and no address of STS is set")
	}
	me, err := e.Credentials.Identity(ctx)
	var refusal smithy.APIError
	switch {
	case err == nil:
		c := passed("%s", me.ARN)
		c.Facts.ARN, c.Facts.Account = me.ARN, me.Account
		return c
	case !errors.As(err, &refusal):
		return notChecked("STS was not reached, and is not needed for this")
	case refusal.ErrorCode() == "AccessDenied":
		return notChecked("sts:GetCallerIdentity is not permitted, and not needed")
	case refusal.ErrorCode() == unknownCode:
		return notChecked("what answered in place of STS is not AWS")
	}
	return failure(err)
}
