package awscreds

import (
	"cmp"
	"context"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/grafana/grafana-aws-sdk/pkg/awsauth"
	"github.com/grafana/grafana-aws-sdk/pkg/awsds"

	"github.com/ampkit/ampkit/pkg/settings"
)

// Options say whose credentials New returns.
type Options struct {
	// Settings are the data source's.
	Settings settings.Settings
	// Region is the workspace's, in which STS is asked too; the settings' when "".
	Region string
	// Getenv reads the plugin's environment, os.Getenv when nil. The SDK reads
	// the environment of the process on its own.
	Getenv func(string) string
	// Now is the clock, time.Now when nil. The expiry of credentials goes by the
	// process's own.
	Now func() time.Time
}

// New builds the credentials of a data source. ctx carries Grafana's
// configuration, as the plugin SDK puts it there. Nothing is fetched yet. The
// error is an *Error that says which switch of Grafana refuses, or what is
// missing.
func New(ctx context.Context, o Options) (*Credentials, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	o.Region = cmp.Or(o.Region, o.Settings.Region)
	admin := readSwitches(ctx, o.Getenv)
	if refused := admin.allow(o.Settings); refused != nil {
		return nil, refused
	}
	c, err := base(o.Now, grafanaWays)
	if err != nil {
		return nil, err
	}
	if err := c.build(ctx, o, admin); err != nil {
		c.Close()
		return nil, explain(err, grafanaWays)
	}
	return c, nil
}

func (c *Credentials) build(ctx context.Context, o Options, admin switches) error {
	ds := o.Settings
	s, err := c.source(ctx, o)
	if err != nil {
		return err
	}
	cfg, err := c.load(ctx, o.Region, ds.STSEndpoint, s.load)
	if err != nil {
		return err
	}
	if s.provider != nil {
		cfg.Credentials = s.provider(cfg)
	}
	c.origin = s.name
	if ds.AssumeRoleARN != "" {
		externalID := ds.ExternalID
		if ds.AuthType == settings.AuthGrafanaAssumeRole {
			externalID = awsds.ResolveGrafanaAssumeRoleExternalID(&ds.UsePerDatasourceExternalID, ds.GrafanaExternalID, admin.ExternalID)
		}
		c.origin = ds.AssumeRoleARN + " assumed with " + s.name
		cfg.Credentials = assumeRole(cfg, ds.AssumeRoleARN, externalID, admin.sessionDuration())
	}
	c.config, c.provider = cfg, cfg.Credentials
	return nil
}

// source is where credentials come from before a role is assumed with them.
type source struct {
	name string
	load loadOption
	// provider replaces what was loaded, where it needs the configuration.
	provider func(aws.Config) aws.CredentialsProvider
}

// withoutChain keeps the loader from looking for credentials itself.
var withoutChain = config.WithCredentialsProvider(aws.AnonymousCredentials{})

func (c *Credentials) source(ctx context.Context, o Options) (source, error) {
	switch ds := o.Settings; ds.AuthType {
	case settings.AuthKeys:
		static := credentials.NewStaticCredentialsProvider(ds.AccessKey, ds.SecretKey.Reveal(), ds.SessionToken.Reveal())
		return source{name: "the keys of the data source", load: config.WithCredentialsProvider(static)}, nil
	case settings.AuthCredentials:
		profile := cmp.Or(ds.Profile, config.DefaultSharedConfigProfile)
		return source{name: "the profile " + profile, load: config.WithSharedConfigProfile(profile)}, nil
	case settings.AuthEC2IAMRole:
		return source{name: "the instance's role", load: withoutChain, provider: func(cfg aws.Config) aws.CredentialsProvider {
			return c.instance(aws.NewCredentialsCache(ec2rolecreds.New(func(r *ec2rolecreds.Options) { r.Client = imds.NewFromConfig(cfg) })))
		}}, nil
	case settings.AuthGrafanaAssumeRole:
		return source{name: "Grafana's own account", load: awsauth.Settings{}.WithGrafanaAssumeRole(ctx, staticKeys{})}, nil
	case settings.AuthDefault:
		return defaultSource(o.Getenv)
	default:
		return source{}, &Error{Reason: ReasonInvalid, Message: "unknown auth type " + string(ds.AuthType)}
	}
}

// defaultSource is the role an administrator wrote into the plugin's section,
// else the SDK's chain.
func defaultSource(getenv func(string) string) (source, error) {
	s, found, err := pluginSection(getenv)
	if err != nil || !found {
		return source{name: "the SDK's default chain", load: func(*config.LoadOptions) error { return nil }}, err
	}
	return source{name: s.role + " of [plugin." + PluginID + "]", load: withoutChain, provider: func(cfg aws.Config) aws.CredentialsProvider {
		return webIdentity(cfg, s.role, s.tokenFile, s.session)
	}}, nil
}

// staticKeys is the one method of Grafana's client that WithGrafanaAssumeRole uses.
type staticKeys struct{ awsauth.AWSAPIClient }

func (staticKeys) NewStaticCredentialsProvider(key, secret, token string) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(key, secret, token)
}
