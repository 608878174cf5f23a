package irsa

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Proof is a token that was exchanged for credentials of a role.
type Proof struct {
	ServiceAccount ServiceAccount `json:"serviceAccount"`
	Role           string         `json:"role"`
	Expires        time.Time      `json:"expires"`
}

// ErrOtherToken says that a token is for a service account that gets no role.
var ErrOtherToken = errors.New("it gets no role here")

// Verify exchanges the service account's token in a file for credentials of the
// role that it is for, as a pod's SDK does, and forgets them. What was made just
// now (fresh) gets some time to become known. The error wraps an *amp.Error
// where STS refused.
func (c *Clients) Verify(ctx context.Context, spec Spec, roleARNs map[Use]string, tokenFile string, fresh bool) (Proof, error) {
	token, err := readToken(tokenFile)
	if err != nil {
		return Proof{}, err
	}
	subject, err := subjectOf(token)
	if err != nil {
		return Proof{}, fmt.Errorf("%s: %w", tokenFile, err)
	}
	for _, role := range spec.Roles {
		for _, sa := range role.ServiceAccounts {
			if sa.subject() == subject {
				proof := Proof{ServiceAccount: sa, Role: role.Name}
				proof.Expires, err = c.exchange(ctx, roleARNs[role.Use], token, fresh)
				return proof, err
			}
		}
	}
	return Proof{}, fmt.Errorf("the token in %s is for %s: %w", tokenFile, subject, ErrOtherToken)
}

func (c *Clients) exchange(ctx context.Context, roleARN, token string, fresh bool) (expires time.Time, err error) {
	var notYet []amp.Kind
	if fresh {
		notYet = []amp.Kind{amp.KindAccessDenied, amp.KindBadRequest} // the role, the provider
	}
	err = c.settle(ctx, func() error {
		out, err := c.sts.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(roleARN), RoleSessionName: aws.String("ampkit-irsa"), WebIdentityToken: aws.String(token),
			DurationSeconds: aws.Int32(900), // the least there is
		})
		if err == nil {
			expires = aws.ToTime(out.Credentials.Expiration)
		}
		return amp.Explain(err, amp.Call{Service: "STS", Action: webIdentity, Resource: roleARN})
	}, notYet...)
	if err != nil {
		return time.Time{}, fmt.Errorf("exchange the token for credentials of %s: %w", roleARN, err)
	}
	return expires, nil
}

// maxToken is far more than a service account's token has (about 1 kB).
const maxToken = 64 << 10

// readToken's error never holds the token.
func readToken(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// subjectOf reads who a token is for. Whether it is genuine is for STS to say.
func subjectOf(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("this is not a JSON web token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", errors.New("this is not a JSON web token")
	}
	var claims struct {
		Sub string `json:"sub"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Sub == "" {
		return "", errors.New("the token has no sub claim")
	}
	return claims.Sub, nil
}
