package settings

import (
	"net/url"
	"regexp"
	"strings"
)

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,576}$`)

// awsDomains are the DNS suffixes of AWS's partitions. An STS endpoint receives
// the server's web-identity token, so someone who may only edit a data source
// must not send it anywhere else; an administrator can, with AWS_ENDPOINT_URL_STS.
var awsDomains = []string{
	".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn",
	".amazonaws.eu", ".api.amazonwebservices.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".csp.hci.ic.gov", ".cloud.adc-e.uk",
}

func validateIdentity(r *reader, s *Settings) {
	if s.AuthType == AuthKeys {
		if s.AccessKey == "" {
			r.fail("sigV4AccessKey", "is empty, though the auth type is keys")
		}
		if s.SecretKey == "" {
			r.fail("sigV4SecretKey", "is empty, though the auth type is keys")
		}
	}
	if s.AssumeRoleARN != "" && !roleARN.MatchString(s.AssumeRoleARN) {
		r.fail("sigV4AssumeRoleArn", "%q is not the ARN of a role, such as arn:aws:iam::111122223333:role/amp-reader", s.AssumeRoleARN)
	}
	if s.AuthType == AuthGrafanaAssumeRole && s.AssumeRoleARN == "" {
		r.fail("sigV4AssumeRoleArn", "is empty, though the auth type is grafana_assume_role")
	}
}

// endpoints tells an STS endpoint, which Grafana's AWS form takes in the same
// field, from a data-plane one. At most one of the results is not empty.
func (r *reader) endpoints(names ...string) (endpoint, sts string) {
	v := notDefault(r.text(names...))
	if v == "" {
		return "", ""
	}
	scheme, host, found := strings.Cut(v, "://")
	if !found {
		scheme, host = "https", v
	}
	lower := strings.ToLower(host)
	if !strings.HasPrefix(lower, "sts.") && !strings.HasPrefix(lower, "sts-fips.") {
		return v, ""
	}
	u, err := url.Parse(strings.ToLower(scheme) + "://" + lower)
	if err != nil || u.Scheme != "https" || u.User != nil || !isAWS(u.Hostname()) {
		r.fail(names[0], "%q begins as an STS endpoint but is not an https host of AWS, such as sts.eu-west-1.amazonaws.com; "+
			"for another one set AWS_ENDPOINT_URL_STS in the plugin's environment", v)
		return "", ""
	}
	return "", "https://" + u.Host
}

func isAWS(host string) bool {
	for _, suffix := range awsDomains {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
