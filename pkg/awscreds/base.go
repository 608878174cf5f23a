package awscreds

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
)

type loadOption = func(*config.LoadOptions) error

// base is what New and Load begin with: everything but the provider.
func base(now func() time.Time, ways string) (*Credentials, error) {
	if now == nil {
		now = time.Now
	}
	lifetime, end := context.WithCancel(context.Background())
	client, err := newClient(lifetime)
	if err != nil {
		end()
		return nil, err
	}
	return &Credentials{now: now, ways: ways, client: client, lifetime: lifetime, end: end}, nil
}

// load runs the SDK's loader. What its chain builds inside has a client of the
// SDK's; whatever is built of the configuration afterwards has ours.
func (c *Credentials) load(ctx context.Context, region, stsEndpoint string, more ...loadOption) (aws.Config, error) {
	options := append([]loadOption{
		config.WithHTTPClient(newChainClient(c.lifetime)),
		config.WithServiceOptions(forSTS(c.client, stsEndpoint)),
		config.WithRetryer(newRetryer),
		config.WithCredentialsCacheOptions(early),
		config.WithEndpointCredentialOptions(func(o *endpointcreds.Options) { o.HTTPClient = c.bounded(metadataTime) }),
	}, more...)
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, err
	}
	cfg.HTTPClient = c.client
	if aws.IsCredentialsProvider(cfg.Credentials, (*ec2rolecreds.Provider)(nil)) {
		cfg.Credentials = c.instance(cfg.Credentials)
	}
	return cfg, nil
}

func (c *Credentials) instance(p aws.CredentialsProvider) *metadata {
	return &metadata{provider: p, ways: c.ways, now: c.now, limit: metadataTime}
}

func (c *Credentials) bounded(d time.Duration) *http.Client {
	client := *c.client
	client.Timeout = d
	return &client
}
