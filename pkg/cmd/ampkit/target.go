package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// workspaceOptions are the flags of every command that talks to a workspace.
type workspaceOptions struct {
	Workspace string // anything amp.ParseEndpoint understands
	awsOptions
}

func (o *workspaceOptions) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.Workspace, "workspace", "w", "", "workspace: its URL as the console shows it, its ARN, or its id")
	f.StringVar(&o.Workspace, "url", "", "the same as --workspace")
	o.awsOptions.addTo(cmd, "region of the workspace (default: the URL's, else the SDK's)")
}

func (o *workspaceOptions) check(cmd *cobra.Command) error {
	switch f := cmd.Flags(); {
	case f.Changed("workspace") && f.Changed("url"):
		return usagef(cmd, "--workspace and --url are two names of one flag: give one")
	case o.Workspace == "":
		return usagef(cmd, "--workspace is missing: the workspace's URL, ARN or id")
	}
	return nil
}

// target is a workspace with a client that signs for it.
type target struct {
	endpoint amp.Endpoint
	client   *http.Client
	creds    *awscreds.Credentials
}

func (t *target) close() {
	t.client.CloseIdleConnections()
	t.creds.Close()
}

// locate finds the workspace and the credentials for it. Nothing is sent yet.
func (o workspaceOptions) locate(ctx context.Context) (amp.Endpoint, *awscreds.Credentials, error) {
	endpoint, creds, noCreds, err := o.locateAs(ctx, "", "")
	if err == nil {
		err = noCreds
	}
	return endpoint, creds, err
}

// locateAs is locate with the credentials of a role, for whoever finds a
// workspace without any, too: noCreds then says why.
func (o workspaceOptions) locateAs(ctx context.Context, role, externalID string) (endpoint amp.Endpoint, creds *awscreds.Credentials, noCreds, err error) {
	raw, err := o.address()
	if err != nil {
		return amp.Endpoint{}, nil, nil, err
	}
	endpoint, parseErr := amp.ParseEndpoint(raw, o.Region)
	region := o.Region
	if parseErr == nil {
		region = endpoint.Region
	}
	creds, noCreds = awscreds.Load(ctx, awscreds.CommandLine{
		Region: region, Profile: o.Profile, EndpointURL: o.EndpointURL, RoleARN: role, ExternalID: externalID,
	})
	switch {
	case parseErr != nil && o.Region == "" && noCreds != nil:
		return amp.Endpoint{}, nil, nil, noCreds // or the region would be known
	case parseErr != nil && o.Region == "":
		// The text names no region; the environment or the profile may.
		endpoint, parseErr = amp.ParseEndpoint(raw, creds.Config().Region)
	}
	if parseErr != nil {
		if noCreds == nil {
			creds.Close()
		}
		return amp.Endpoint{}, nil, nil, fmt.Errorf("--workspace: %w", parseErr)
	}
	return endpoint, creds, noCreds, nil
}

// connect is locate with a client that signs for the workspace.
func (o workspaceOptions) connect(ctx context.Context) (*target, error) {
	endpoint, creds, err := o.locate(ctx)
	if err != nil {
		return nil, err
	}
	transport, err := awscreds.Transport()
	if err != nil {
		creds.Close()
		return nil, err
	}
	signed := sigv4.New(transport, sigv4.Config{
		Credentials: creds, Region: endpoint.Region, Service: amp.Service, SignHost: endpoint.SignHost,
	})
	return &target{endpoint: endpoint, client: &http.Client{Transport: signed}, creds: creds}, nil
}

// address is the workspace as amp.ParseEndpoint reads it: a bare id together
// with --endpoint-url, or with the variable by which the SDK sends all services
// elsewhere, is a workspace of that host.
func (o workspaceOptions) address() (string, error) {
	id := o.Workspace
	elsewhere := cmp.Or(o.EndpointURL, os.Getenv("AWS_ENDPOINT_URL"))
	if elsewhere == "" || !strings.HasPrefix(id, "ws-") {
		return id, nil
	}
	base, err := url.Parse(elsewhere)
	if err != nil || base.Host == "" {
		return "", fmt.Errorf("--endpoint-url or AWS_ENDPOINT_URL: %q is not a URL such as http://127.0.0.1:9099", elsewhere)
	}
	return base.JoinPath("workspaces", id).String(), nil
}
