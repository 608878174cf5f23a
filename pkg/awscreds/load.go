package awscreds

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// CommandLine are a command's global flags; each goes before its environment
// variable and the profile.
type CommandLine struct {
	Region, Profile string
	// EndpointURL is where AWS's services are asked through Config, "" for AWS.
	// Credentials are fetched where AWS_ENDPOINT_URL_STS says, as the aws
	// command does.
	EndpointURL string
	// RoleARN is assumed with what the chain finds, at EndpointURL where that is
	// set; "" assumes none. ExternalID goes with it.
	RoleARN, ExternalID string
}

// Load builds the credentials of a command from the SDK's default chain. The
// region that was found is Config().Region. The error is an *Error.
func Load(ctx context.Context, o CommandLine) (*Credentials, error) {
	c, err := base(nil, commandWays)
	if err != nil {
		return nil, err
	}
	c.origin = "the SDK's default chain"
	var more []loadOption
	if o.Profile != "" {
		c.origin = "the profile " + o.Profile
		more = append(more, config.WithSharedConfigProfile(o.Profile))
	}
	cfg, err := c.load(ctx, o.Region, "", more...)
	if err != nil {
		c.Close()
		return nil, explain(err, commandWays)
	}
	if o.EndpointURL != "" {
		cfg.BaseEndpoint = aws.String(o.EndpointURL)
		// The chain's own clients are built already; those of this configuration
		// go where the flag says, AWS_ENDPOINT_URL_STS or not.
		cfg.ServiceOptions = append(cfg.ServiceOptions, forSTS(c.client, o.EndpointURL))
	}
	if o.RoleARN != "" {
		c.origin = o.RoleARN + " assumed with " + c.origin
		cfg.Credentials = assumeRole(cfg, o.RoleARN, o.ExternalID, 0)
	}
	c.config, c.provider = cfg, cfg.Credentials
	return c, nil
}
