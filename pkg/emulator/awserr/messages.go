package awserr

import (
	"fmt"
	"net/http"
	"time"
)

// style is how the data plane puts a message into its body.
type style uint8

const (
	lower style = iota // {"message":…}
	upper              // {"Message":…}
	plain              // the message as it is
)

// spec is what a code implies. The query name is the one that STS and IAM use
// for the same thing, where theirs differs.
type spec struct {
	status int
	style  style
	query  string
	// queryStatus is set where STS and IAM answer with another status.
	queryStatus int
}

var specs = map[Code]spec{
	MissingToken:        {status: http.StatusForbidden, query: "MissingAuthenticationToken"},
	IncompleteSignature: {status: http.StatusForbidden, query: "IncompleteSignature", queryStatus: http.StatusBadRequest},
	InvalidSignature:    {status: http.StatusForbidden, query: "SignatureDoesNotMatch"},
	UnrecognizedClient:  {status: http.StatusForbidden, query: "InvalidClientTokenId"},
	ExpiredToken:        {status: http.StatusForbidden, query: "ExpiredToken"},
	AccessDenied:        {status: http.StatusForbidden, style: upper, query: "AccessDenied"},

	Validation:         {status: http.StatusBadRequest, query: "ValidationError"},
	ResourceNotFound:   {status: http.StatusNotFound, query: "NoSuchEntity"},
	WorkspaceNotFound:  {status: http.StatusNotFound, style: plain, query: "NoSuchEntity"},
	Conflict:           {status: http.StatusConflict, query: "EntityAlreadyExists"},
	ServiceQuota:       {status: http.StatusPaymentRequired, query: "LimitExceeded"},
	Throttling:         {status: http.StatusTooManyRequests, query: "Throttling", queryStatus: http.StatusBadRequest},
	TooLarge:           {status: http.StatusRequestEntityTooLarge, style: plain, query: "RequestEntityTooLarge"},
	BadRequest:         {status: http.StatusBadRequest, style: plain, query: "ValidationError"},
	Internal:           {status: http.StatusInternalServerError, query: "InternalFailure"},
	ServiceUnavailable: {status: http.StatusServiceUnavailable, query: "ServiceUnavailable"},

	InvalidParameter: {status: http.StatusBadRequest},
	InvalidRequest:   {status: http.StatusBadRequest},
	ResourceInUse:    {status: http.StatusConflict},
	NotFoundTags:     {status: http.StatusNotFound},
	InvalidTokenEKS:  {status: http.StatusBadRequest},

	UnauthorizedOperation:       {status: http.StatusForbidden},
	AuthFailure:                 {status: http.StatusUnauthorized},
	RequestExpired:              {status: http.StatusBadRequest},
	DryRunOperation:             {status: http.StatusPreconditionFailed},
	InvalidParameterEC2:         {status: http.StatusBadRequest},
	InvalidParameterValue:       {status: http.StatusBadRequest},
	IdempotentParameterMismatch: {status: http.StatusBadRequest},
	InvalidServiceName:          {status: http.StatusBadRequest},
	NoSuchVPC:                   {status: http.StatusBadRequest},
	NoSuchSubnet:                {status: http.StatusBadRequest},
	NoSuchSecurityGroup:         {status: http.StatusBadRequest},
	NoSuchVPCEndpoint:           {status: http.StatusBadRequest},

	InvalidAction:          {status: http.StatusBadRequest},
	MissingAction:          {status: http.StatusBadRequest},
	MissingParameter:       {status: http.StatusBadRequest},
	ValidationError:        {status: http.StatusBadRequest},
	InvalidIdentityToken:   {status: http.StatusBadRequest},
	ExpiredIdentityToken:   {status: http.StatusBadRequest, query: "ExpiredTokenException"},
	IDPRejectedClaim:       {status: http.StatusForbidden},
	MalformedPolicy:        {status: http.StatusBadRequest},
	PackedPolicyTooLarge:   {status: http.StatusBadRequest},
	NoSuchEntity:           {status: http.StatusNotFound},
	EntityAlreadyExists:    {status: http.StatusConflict},
	DeleteConflict:         {status: http.StatusConflict},
	LimitExceeded:          {status: http.StatusConflict},
	InvalidInput:           {status: http.StatusBadRequest},
	ConcurrentModification: {status: http.StatusConflict},
	PolicyNotAttachable:    {status: http.StatusBadRequest},
}

// NotSigned refuses a request without a signature, and an unknown route.
func NotSigned() *Error { return New(MissingToken, "Missing Authentication Token") }

// Incomplete refuses an Authorization header that is not SigV4's. It must
// never repeat a signature in its message.
func Incomplete(format string, args ...any) *Error { return New(IncompleteSignature, format, args...) }

// SignatureMismatch refuses a signature that is not the one calculated here.
func SignatureMismatch() *Error {
	return New(InvalidSignature, "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}

// ScopeMismatch refuses a credential scope that belongs elsewhere. Only the
// region carries a value, since AWS names the expected one only for services:
// "Credential should be scoped to correct service: 'aps'."
func ScopeMismatch(format string, args ...any) *Error {
	return New(InvalidSignature, "Credential should be scoped to "+format, args...)
}

// WrongRegion refuses a credential scope of another region.
func WrongRegion() *Error { return ScopeMismatch("a valid region. ") }

// WrongService refuses a credential scope of another service.
func WrongService(want string) *Error { return ScopeMismatch("correct service: '%s'. ", want) }

// SignatureExpired refuses a request dated more than skew before now.
func SignatureExpired(signed, now time.Time, skew time.Duration) *Error {
	return New(InvalidSignature, "Signature expired: %s is now earlier than %s (%s - %s.)",
		stamp(signed), stamp(now.Add(-skew)), stamp(now), minutes(skew))
}

// SignatureNotYetCurrent refuses a request dated more than skew after now.
func SignatureNotYetCurrent(signed, now time.Time, skew time.Duration) *Error {
	return New(InvalidSignature, "Signature not yet current: %s is still later than %s (%s + %s.)",
		stamp(signed), stamp(now.Add(skew)), stamp(now), minutes(skew))
}

// InvalidToken refuses an access key or a session token that nobody issued.
func InvalidToken() *Error {
	return New(UnrecognizedClient, "The security token included in the request is invalid")
}

// TokenExpired refuses a session token whose time is over.
func TokenExpired() *Error {
	return New(ExpiredToken, "The security token included in the request is expired")
}

// Denied refuses an action that no policy allows.
func Denied(principalARN, action, resource string) *Error {
	return New(AccessDenied, "User: %s is not authorized to perform: %s on resource: %s", principalARN, action, resource)
}

// DeniedExplicitly refuses an action that a policy forbids; by names its kind,
// for example "an identity-based policy".
func DeniedExplicitly(principalARN, action, resource, by string) *Error {
	e := Denied(principalARN, action, resource)
	e.Message += " with an explicit deny in " + by
	return e
}

// NoWorkspace is the data plane's answer for an unknown workspace id.
func NoWorkspace() *Error { return New(WorkspaceNotFound, "Workspace not found") }

// BodyTooLarge refuses a body over the limit.
func BodyTooLarge() *Error { return New(TooLarge, "Request Entity Too Large") }

// RateExceeded throttles the caller.
func RateExceeded() *Error { return New(Throttling, "Rate exceeded") }

// NotFound is REST JSON's answer for a resource that does not exist.
func NotFound(resourceType, id string) *Error {
	e := New(ResourceNotFound, "%s not found", resourceType)
	e.ResourceID, e.ResourceType = id, resourceType
	return e
}

// Invalid is REST JSON's answer for members that fail validation.
func Invalid(message string, fields ...Field) *Error {
	e := New(Validation, "%s", message)
	e.Reason, e.Fields = "FIELD_VALIDATION_FAILED", fields
	return e
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d sec", d/time.Second)
}
