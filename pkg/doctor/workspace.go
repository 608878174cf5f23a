package doctor

import (
	"context"
	"errors"

	"github.com/ampkit/ampkit/pkg/amp"
)

// workspace asks the control plane, which neither queries nor writes depend on.
func (e *exam) workspace(ctx context.Context) Check {
	w, err := amp.NewControlPlane(e.Credentials.Config(), e.endpoint).Describe(ctx, "")
	if err != nil {
		return e.noDescription(err)
	}
	c := passed("%s", w.Status)
	if w.Alias != "" {
		c.Detail += ", " + w.Alias
	}
	c.Facts.Status, c.Facts.Alias = w.Status, w.Alias
	switch w.Status {
	case "DELETING", "CREATION_FAILED":
		c.Outcome, c.Kind = Failed, amp.KindWorkspaceNotFound
		c.Remedy = "use another workspace"
	case "CREATING":
		c.Outcome, c.Kind = Failed, amp.KindWorkspaceNotFound
		c.Remedy = "wait until it is ACTIVE"
	}
	return c
}

func (e *exam) noDescription(err error) Check {
	c := failure(err)
	var refused *amp.Error
	if !errors.As(err, &refused) {
		return c
	}
	switch {
	case refused.Kind == amp.KindAccessDenied:
		c.Outcome, c.Detail = NotChecked, "aps:DescribeWorkspace is not permitted, and not needed"
	case refused.Status == 0 || refused.Temporary():
		c.Outcome, c.Remedy = NotChecked, ""
		c.Detail = "the control plane did not answer, and is not needed"
	}
	return c
}
