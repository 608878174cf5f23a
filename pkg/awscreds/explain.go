package awscreds

import (
	"errors"
	"io/fs"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

const (
	grafanaWays = "Grafana starts plugins without its own environment: pass it on with [plugins] forward_host_env_vars = " + PluginID +
		", or set role_arn and web_identity_token_file in [plugin." + PluginID + "], or (Grafana 12.4.2 and later) add " + PluginID +
		" to [aws] forward_settings_to_plugins; keys in the data source work everywhere"
	commandWays = "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, use --profile, or sign in with: aws sso login"
)

// stsRemedies are by AWS's codes for AssumeRole and AssumeRoleWithWebIdentity
// (STS API reference, common errors included).
var stsRemedies = map[string]string{
	"AccessDenied":                "the role's trust policy must allow this caller (sub, aud and external id included), and the caller's policy sts:AssumeRole (on EKS, ampkit irsa apply makes role and trust)",
	"AccessDeniedException":       "the role's trust policy must allow this caller (sub, aud and external id included), and the caller's policy sts:AssumeRole (on EKS, ampkit irsa apply makes role and trust)",
	"InvalidIdentityToken":        "the role's account needs an IAM OIDC provider for the token's issuer, with the token's audience among its client ids (on EKS, ampkit irsa apply makes it)",
	"IDPRejectedClaim":            "the token's audience or subject is not what the identity provider accepts",
	"IDPCommunicationError":       "STS could not reach the token's issuer: try again",
	"ExpiredTokenException":       "the token has expired: check that the token file is still being renewed (the kubelet does) and that this machine's clock is right",
	"ExpiredToken":                "the credentials have expired: renew the session token, or use a role",
	"InvalidClientTokenId":        "AWS does not know the access key: check it, that it is active, and that an opt-in region is enabled in the account",
	"UnrecognizedClientException": "AWS does not know the access key: check it, that it is active, and that an opt-in region is enabled in the account",
	"SignatureDoesNotMatch":       "the secret key does not belong to the access key, or this machine's clock is wrong",
	"RegionDisabledException":     "STS is not activated for this region in the account",
	"ValidationError":             "check the role's ARN, the external id and the session duration",
	"Throttling":                  "STS refuses for now: try again",
}

const reachSTS = "check the network and its proxy; a VPC without internet needs an endpoint for STS too, com.amazonaws.<region>.sts"

// isSTS tells STS from instance metadata and containers' endpoints.
func isSTS(address string) bool {
	u, err := url.Parse(address)
	return err == nil && stsHost.MatchString(u.Hostname())
}

// explain makes an *Error of what the SDK said; ways is what helps when
// something is not configured.
func explain(err error, ways string) *Error {
	var already *Error
	var api smithy.APIError
	var profile config.SharedConfigProfileNotExistError
	var sent *url.Error
	switch {
	case errors.As(err, &already):
		return already
	case errors.As(err, &api):
		return &Error{Reason: ReasonFailed, Message: "STS refused: " + api.ErrorCode() + ": " + api.ErrorMessage(), Remedy: stsRemedies[api.ErrorCode()], Err: err, told: true}
	case errors.As(err, &sent) && isSTS(sent.URL):
		return &Error{Reason: ReasonFailed, Message: "STS was not reached at " + sent.URL + ": " + sent.Err.Error(), Remedy: reachSTS, Err: err, told: true}
	case errors.As(err, &profile):
		return &Error{Reason: ReasonInvalid, Message: "there is no profile " + profile.Profile + " in the shared files of this process", Remedy: ways, Err: err, told: true}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return &Error{Reason: ReasonFailed, Message: "get AWS credentials", Remedy: "the process must be able to read that file", Err: err}
	}
	return &Error{Reason: ReasonFailed, Message: "get AWS credentials", Err: err}
}
