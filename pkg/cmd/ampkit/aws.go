package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

// awsOptions are the flags of every command that asks a service of AWS.
type awsOptions struct {
	Region      string
	Profile     string
	EndpointURL string
}

func (o *awsOptions) addTo(cmd *cobra.Command, region string) {
	f := cmd.Flags()
	f.StringVar(&o.Region, "region", "", region)
	f.StringVar(&o.Profile, "profile", "", "profile of the shared AWS configuration")
	f.StringVar(&o.EndpointURL, "endpoint-url", "", "where AWS's services are asked instead of AWS, such as a local emulator (default: AWS_ENDPOINT_URL)")
	completion(cmd, "region", amp.Regions()...)
}

// load finds the credentials. Nothing is sent yet.
func (o awsOptions) load(ctx context.Context) (*awscreds.Credentials, error) {
	creds, err := awscreds.Load(ctx, awscreds.CommandLine{Region: o.Region, Profile: o.Profile, EndpointURL: o.EndpointURL})
	if err != nil {
		return nil, err
	}
	if region := creds.Config().Region; region == "" {
		creds.Close()
		return nil, errNoRegion
	} else if _, _, err := amp.CheckRegion(region); err != nil {
		creds.Close()
		return nil, err
	}
	return creds, nil
}

var errNoRegion = errors.New("no region: give --region, or set AWS_REGION or the profile's region")
