package awscreds

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Identity is who AWS takes the credentials for.
type Identity struct {
	// ARN is the user's, or of a role the session's: arn:aws:sts::…:assumed-role/<role>/<session>.
	ARN     string
	Account string
}

// Identity asks STS who these credentials are (GetCallerIdentity, which needs
// no permission). The error is an *Error: with a smithy.APIError inside when STS
// refused, without one when it was not reached.
func (c *Credentials) Identity(ctx context.Context) (Identity, error) {
	out, err := sts.NewFromConfig(c.Config()).GetCallerIdentity(ctx, nil)
	if err == nil {
		return Identity{ARN: aws.ToString(out.Arn), Account: aws.ToString(out.Account)}, nil
	}
	var already *Error
	if errors.As(err, &already) || errors.As(err, new(smithy.APIError)) {
		return Identity{}, explain(err, c.ways)
	}
	return Identity{}, &Error{Reason: ReasonFailed, Message: "STS could not be asked", Err: err}
}

// OwnSTS reports whether STS is asked at an address that somebody configured,
// and not at AWS's for the region.
func (c *Credentials) OwnSTS() bool {
	return sts.NewFromConfig(c.Config()).Options().BaseEndpoint != nil
}
