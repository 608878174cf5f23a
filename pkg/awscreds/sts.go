package awscreds

import (
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const sessionName = "ampkit"

var stsHost = regexp.MustCompile(`^sts(?:-fips)?\.(?:([a-z]+(?:-[a-z]+)+-\d+)\.)?`)

// forSTS gives STS clients that are built of a configuration our HTTP client,
// bounded, and where endpoint is not "" that endpoint and the region to sign for.
// Those inside the SDK's chain are built before: they fetch a web identity at
// AWS_ENDPOINT_URL_STS or in the region, and never at AWS_ENDPOINT_URL.
func forSTS(client *http.Client, endpoint string) func(string, any) {
	bounded := *client
	bounded.Timeout = stsTime
	return func(_ string, options any) {
		o, ok := options.(*sts.Options)
		if !ok {
			return
		}
		o.HTTPClient = &bounded
		if endpoint == "" {
			return // AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, or the regional one, which opt-in regions insist on
		}
		o.BaseEndpoint = aws.String(endpoint)
		if region := stsRegion(endpoint); region != "" {
			o.Region = region
		}
	}
}

// stsRegion is the region an endpoint of STS wants to be signed for; "" for a
// host that does not tell. sts.amazonaws.com is in us-east-1.
func stsRegion(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	m := stsHost.FindStringSubmatch(u.Hostname())
	switch {
	case m == nil:
		return ""
	case m[1] == "" && u.Hostname() == "sts.amazonaws.com":
		return "us-east-1"
	}
	return m[1]
}

// newRetryer gives up sooner than the SDK does: a query is waiting.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = 3, time.Second
	})
}

// early refreshes credentials one to two minutes before they expire.
func early(o *aws.CredentialsCacheOptions) {
	o.ExpiryWindow, o.ExpiryWindowJitterFrac = 2*time.Minute, 0.5
}

func assumeRole(cfg aws.Config, arn, externalID string, duration time.Duration) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName
		if externalID != "" {
			o.ExternalID = aws.String(externalID)
		}
		if duration > 0 {
			o.Duration = duration
		}
	}), early)
}

// webIdentity reads the token file again at each refresh: the kubelet rewrites it.
func webIdentity(cfg aws.Config, role, tokenFile, session string) aws.CredentialsProvider {
	return aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(sts.NewFromConfig(cfg), role, tokenOf(tokenFile), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleSessionName = session
	}), early)
}
