//nolint:errname // codes are named as AWS names them, not ErrSomething
package awserr

// Code names an error as services of the REST JSON protocol do, for example
// "AccessDeniedException". The set is closed: every code has a row in specs.
type Code string

// Codes of requests that do not prove who sent them.
const (
	MissingToken        Code = "MissingAuthenticationTokenException"
	IncompleteSignature Code = "IncompleteSignatureException"
	InvalidSignature    Code = "InvalidSignatureException"
	UnrecognizedClient  Code = "UnrecognizedClientException"
	ExpiredToken        Code = "ExpiredTokenException"
	AccessDenied        Code = "AccessDeniedException"
)

// Codes of the Amazon Managed Service for Prometheus and of its data plane.
const (
	Validation         Code = "ValidationException"
	ResourceNotFound   Code = "ResourceNotFoundException"
	WorkspaceNotFound  Code = "WorkspaceNotFoundException"
	Conflict           Code = "ConflictException"
	ServiceQuota       Code = "ServiceQuotaExceededException"
	Throttling         Code = "ThrottlingException"
	TooLarge           Code = "RequestEntityTooLargeException"
	BadRequest         Code = "BadRequestException"
	Internal           Code = "InternalServerException"
	ServiceUnavailable Code = "ServiceUnavailableException"
)

// Codes of Amazon EKS.
const (
	InvalidParameter Code = "InvalidParameterException"
	InvalidRequest   Code = "InvalidRequestException"
	ResourceInUse    Code = "ResourceInUseException"
	NotFoundTags     Code = "NotFoundException"
	InvalidTokenEKS  Code = "InvalidTokenException"
)

// Codes of Amazon EC2.
const (
	UnauthorizedOperation       Code = "UnauthorizedOperation"
	AuthFailure                 Code = "AuthFailure"
	RequestExpired              Code = "RequestExpired"
	DryRunOperation             Code = "DryRunOperation"
	InvalidParameterEC2         Code = "InvalidParameter"
	InvalidParameterValue       Code = "InvalidParameterValue"
	IdempotentParameterMismatch Code = "IdempotentParameterMismatch"
	InvalidServiceName          Code = "InvalidServiceName"
	NoSuchVPC                   Code = "InvalidVpcID.NotFound"
	NoSuchSubnet                Code = "InvalidSubnetID.NotFound"
	NoSuchSecurityGroup         Code = "InvalidGroup.NotFound"
	NoSuchVPCEndpoint           Code = "InvalidVpcEndpointId.NotFound"
)

// Codes of STS and IAM, which speak the query protocol only.
const (
	InvalidAction          Code = "InvalidAction"
	MissingAction          Code = "MissingAction"
	MissingParameter       Code = "MissingParameter"
	ValidationError        Code = "ValidationError"
	InvalidIdentityToken   Code = "InvalidIdentityToken"
	ExpiredIdentityToken   Code = "ExpiredIdentityToken"
	IDPRejectedClaim       Code = "IDPRejectedClaim"
	MalformedPolicy        Code = "MalformedPolicyDocument"
	PackedPolicyTooLarge   Code = "PackedPolicyTooLarge"
	NoSuchEntity           Code = "NoSuchEntity"
	EntityAlreadyExists    Code = "EntityAlreadyExists"
	DeleteConflict         Code = "DeleteConflict"
	LimitExceeded          Code = "LimitExceeded"
	InvalidInput           Code = "InvalidInput"
	ConcurrentModification Code = "ConcurrentModification"
	PolicyNotAttachable    Code = "PolicyNotAttachable"
)

// Error makes a Code usable as the target of errors.Is.
func (c Code) Error() string { return string(c) }
