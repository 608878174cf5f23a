package amp

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/aws/aws-sdk-go-v2/service/amp/types"
	"github.com/aws/smithy-go"
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
	if e.Region == "" {
		e.Region = cfg.Region
	}
	if e.Partition == "" {
		// An unknown region only makes an error's ARN less exact.
		e.Partition, _, _ = CheckRegion(e.Region)
	}
	return &ControlPlane{client: client, endpoint: e}
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

// List returns the workspaces whose alias begins with prefix ("" for all), at
// most limit of them (0 for all). They have no Endpoint. The error is an *Error.
func (c *ControlPlane) List(ctx context.Context, prefix string, limit int) ([]Workspace, error) {
	in := &amp.ListWorkspacesInput{}
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

// explain makes an *Error of what the SDK returned.
func (c *ControlPlane) explain(err error, action, workspace string) *Error {
	ep := c.endpoint
	ep.Workspace = workspace
	var api smithy.APIError
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || !errors.As(err, &api) {
		e := NoAnswer(err, Context{Endpoint: ep})
		e.Action = action
		return e
	}
	e := &Error{
		Status: answer.HTTPStatusCode(), Message: api.ErrorMessage(), Code: shapeName(api.ErrorCode()),
		RequestID: answer.ServiceRequestID(), Action: action, Err: err,
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.Status)
	}
	if date, parseErr := http.ParseTime(answer.Response.Header.Get("Date")); parseErr == nil {
		e.Skew = time.Until(date).Round(time.Second)
	}
	e.Kind = classify(e.Status, e.Code, said{text: e.Message})
	e.Remedy = remedy(e, Context{Endpoint: ep})
	if e.Kind == KindThrottled {
		e.Remedy = "AWS takes no more requests of this kind for now: try again in a minute"
	}
	return e
}
