package amp

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Workspace is what the control plane tells of one.
type Workspace struct {
	ID, Alias, ARN, Endpoint string
	// Status is ACTIVE, CREATING, UPDATING, DELETING or CREATION_FAILED.
	Status  string
	Created time.Time
}

// ControlPlane describes workspaces. It is safe for concurrent use.
type ControlPlane struct{}

// NewControlPlane asks e.ControlPlaneURL with the configuration's credentials
// (awscreds.Credentials.Config); for a zero Endpoint the configuration's own
// endpoint in its region.
func NewControlPlane(cfg aws.Config, e Endpoint) *ControlPlane { return &ControlPlane{} }

// Describe returns one workspace. The error is an *Error.
func (c *ControlPlane) Describe(ctx context.Context, workspace string) (Workspace, error) {
	return Workspace{}, errors.New("not there yet")
}

// List returns the workspaces whose alias begins with prefix ("" for all), at
// most limit of them (0 for all). The error is an *Error.
func (c *ControlPlane) List(ctx context.Context, prefix string, limit int) ([]Workspace, error) {
	return nil, errors.New("not there yet")
}
