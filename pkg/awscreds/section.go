package awscreds

import "cmp"

// section is Grafana's [plugin.<id>], which only an administrator can write.
type section struct{ role, tokenFile, session string }

// pluginSection reads role and token file; each may also stand in AWS's own
// variable, so that one of them is enough in the section.
func pluginSection(getenv func(string) string) (s section, found bool, err error) {
	role, file := getenv("GF_PLUGIN_ROLE_ARN"), getenv("GF_PLUGIN_WEB_IDENTITY_TOKEN_FILE")
	if role == "" && file == "" {
		return section{}, false, nil
	}
	s = section{
		role:      cmp.Or(role, getenv("AWS_ROLE_ARN")),
		tokenFile: cmp.Or(file, getenv("AWS_WEB_IDENTITY_TOKEN_FILE")),
		session:   cmp.Or(getenv("GF_PLUGIN_ROLE_SESSION_NAME"), getenv("AWS_ROLE_SESSION_NAME"), sessionName),
	}
	missing := func(key string) *Error {
		return &Error{
			Reason: ReasonInvalid, Message: "Grafana's section [plugin." + PluginID + "] has no " + key,
			Remedy: "set role_arn and web_identity_token_file there, both",
		}
	}
	switch {
	case s.role == "":
		return section{}, false, missing("role_arn")
	case s.tokenFile == "":
		return section{}, false, missing("web_identity_token_file")
	}
	return s, true, nil
}
