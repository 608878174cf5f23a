package amp

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/aws/aws-sdk-go-v2/service/amp/types"
)

// Workspace is what the control plane tells of one.
type Workspace struct {
	ID, Alias, ARN, Endpoint string
	// Status is ACTIVE, CREATING, UPDATING, DELETING or CREATION_FAILED.
	Status  string
	Created time.Time
	// KMSKeyARN is "" where AWS's own key is used.
	KMSKeyARN string
	Tags      map[string]string
}

// ControlPlane asks about workspaces, makes and deletes them. It is safe for concurrent use.
type ControlPlane struct {
	client   *amp.Client
	endpoint Endpoint
	host     string
}

// NewControlPlane asks e.ControlPlaneURL with the configuration's credentials
// (awscreds.Credentials.Config); for a zero Endpoint the configuration's own
// endpoint in its region.
func NewControlPlane(cfg aws.Config, e Endpoint) *ControlPlane {
	client := amp.NewFromConfig(ForSDK(cfg), func(o *amp.Options) {
		if e.Region != "" {
			o.Region = e.Region
		}
		if e.Custom {
			o.BaseEndpoint = aws.String(e.ControlPlaneURL())
		}
		if e.FIPS {
			o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
		}
		if e.DualStack {
			o.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
		}
	})
	e = e.asked(client.Options())
	if e.Region == "" {
		e.Region = cfg.Region
	}
	if e.Partition == "" {
		// An unknown region only makes an error's ARN less exact.
		e.Partition, _, _ = CheckRegion(e.Region)
	}
	return &ControlPlane{client: client, endpoint: e, host: hostOf(client.Options(), e)}
}

// Describe returns one workspace, the endpoint's for "". The error is an *Error.
func (c *ControlPlane) Describe(ctx context.Context, workspace string) (Workspace, error) {
	if workspace == "" {
		workspace = c.endpoint.Workspace
	}
	out, err := c.client.DescribeWorkspace(ctx, &amp.DescribeWorkspaceInput{WorkspaceId: aws.String(workspace)})
	if err != nil {
		return Workspace{}, c.explain(err, "aps:DescribeWorkspace", workspace)
	}
	w := out.Workspace
	return Workspace{
		ID: aws.ToString(w.WorkspaceId), Alias: aws.ToString(w.Alias), ARN: aws.ToString(w.Arn),
		Endpoint: aws.ToString(w.PrometheusEndpoint), Status: statusText(w.Status), Created: aws.ToTime(w.CreatedAt),
		KMSKeyARN: aws.ToString(w.KmsKeyArn), Tags: w.Tags,
	}, nil
}

// largestPage is the most that AMP lists at once.
const largestPage = 1000

// List returns the workspaces whose alias begins with prefix ("" for all), at
// most limit of them (0 for all). They have no Endpoint. The error is an *Error.
func (c *ControlPlane) List(ctx context.Context, prefix string, limit int) ([]Workspace, error) {
	in := &amp.ListWorkspacesInput{MaxResults: aws.Int32(largestPage)}
	if limit > 0 && limit < largestPage {
		in.MaxResults = aws.Int32(int32(limit))
	}
	if prefix != "" {
		in.Alias = aws.String(prefix)
	}
	var found []Workspace
	for pages := amp.NewListWorkspacesPaginator(c.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.explain(err, "aps:ListWorkspaces", "*")
		}
		for _, w := range page.Workspaces {
			if limit > 0 && len(found) == limit {
				return found, nil
			}
			found = append(found, Workspace{
				ID: aws.ToString(w.WorkspaceId), Alias: aws.ToString(w.Alias), ARN: aws.ToString(w.Arn),
				Status: statusText(w.Status), Created: aws.ToTime(w.CreatedAt),
				KMSKeyARN: aws.ToString(w.KmsKeyArn), Tags: w.Tags,
			})
		}
	}
	return found, nil
}

func statusText(s *types.WorkspaceStatus) string {
	if s == nil {
		return ""
	}
	return string(s.StatusCode)
}
