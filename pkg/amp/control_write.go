package amp

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/amp"
	"github.com/aws/aws-sdk-go-v2/service/amp/types"
)

// NewWorkspace is what Create asks for. Everything is optional.
type NewWorkspace struct {
	Alias, KMSKeyARN string
	Tags             map[string]string
	// ClientToken makes one workspace of all requests that have the same; a
	// random one when "".
	ClientToken string
}

// Create asks for a workspace, which is CREATING for some seconds to minutes:
// Wait for it. The error is an *Error.
func (c *ControlPlane) Create(ctx context.Context, w NewWorkspace) (Workspace, error) {
	in := &amp.CreateWorkspaceInput{Tags: w.Tags}
	for field, text := range map[**string]string{&in.Alias: w.Alias, &in.KmsKeyArn: w.KMSKeyARN, &in.ClientToken: w.ClientToken} {
		if text != "" {
			*field = aws.String(text)
		}
	}
	out, err := c.client.CreateWorkspace(ctx, in)
	if err != nil {
		return Workspace{}, c.explain(err, "aps:CreateWorkspace", "*")
	}
	return Workspace{
		ID: aws.ToString(out.WorkspaceId), Alias: w.Alias, ARN: aws.ToString(out.Arn), Status: statusText(out.Status),
		KMSKeyARN: aws.ToString(out.KmsKeyArn), Tags: out.Tags,
	}, nil
}

// StatusError is a workspace that will not become ACTIVE.
type StatusError struct{ Workspace, Status string }

func (e *StatusError) Error() string {
	return fmt.Sprintf("workspace %s is %s; delete it and create another", e.Workspace, e.Status)
}

// Wait describes a workspace again and again, every so often, until it is
// ACTIVE, and tells seen of each answer. The error is an *Error, a *StatusError
// or the context's.
func (c *ControlPlane) Wait(ctx context.Context, workspace string, every time.Duration, seen func(Workspace)) (Workspace, error) {
	return c.poll(ctx, workspace, every, func(w Workspace) (bool, error) {
		seen(w)
		switch types.WorkspaceStatusCode(w.Status) {
		case types.WorkspaceStatusCodeActive:
			return true, nil
		case types.WorkspaceStatusCodeCreating, types.WorkspaceStatusCodeUpdating:
			return false, nil
		default:
			return false, &StatusError{workspace, w.Status}
		}
	})
}

// WaitGone is Wait for the end of a workspace that was deleted.
func (c *ControlPlane) WaitGone(ctx context.Context, workspace string, every time.Duration, seen func(Workspace)) error {
	_, err := c.poll(ctx, workspace, every, func(w Workspace) (bool, error) {
		seen(w)
		return false, nil
	})
	if IsKind(err, KindWorkspaceNotFound) {
		return nil
	}
	return err
}

func (c *ControlPlane) poll(ctx context.Context, workspace string, every time.Duration, done func(Workspace) (bool, error)) (Workspace, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		w, err := c.Describe(ctx, workspace)
		if err != nil {
			return Workspace{}, err
		}
		if ok, err := done(w); ok || err != nil {
			return w, err
		}
		select {
		case <-ctx.Done():
			return w, fmt.Errorf("workspace %s was still %s: %w", workspace, w.Status, ctx.Err())
		case <-ticker.C:
		}
	}
}

// SetAlias gives a workspace another alias, or none for "". The error is an *Error.
func (c *ControlPlane) SetAlias(ctx context.Context, workspace, alias string) error {
	in := &amp.UpdateWorkspaceAliasInput{WorkspaceId: aws.String(workspace)}
	if alias != "" {
		in.Alias = aws.String(alias)
	}
	if _, err := c.client.UpdateWorkspaceAlias(ctx, in); err != nil {
		return c.explain(err, "aps:UpdateWorkspaceAlias", workspace)
	}
	return nil
}

// Delete asks for the end of a workspace and all its data. The error is an *Error.
func (c *ControlPlane) Delete(ctx context.Context, workspace string) error {
	if _, err := c.client.DeleteWorkspace(ctx, &amp.DeleteWorkspaceInput{WorkspaceId: aws.String(workspace)}); err != nil {
		return c.explain(err, "aps:DeleteWorkspace", workspace)
	}
	return nil
}
