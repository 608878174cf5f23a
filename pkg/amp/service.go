package amp

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Call names a request of another service of AWS, for its error.
type Call struct {
	// Service is what people call it: IAM, EKS, EC2, STS.
	Service string
	// Action is the IAM action, such as iam:CreateRole.
	Action string
	// Resource is what it was asked about, an ARN or a name with its kind.
	Resource string
	// Missing is what to do when the service does not find it, "" where the
	// caller knows.
	Missing string
}

// serviceCodes are the error codes of IAM, EKS, EC2 and STS (their API
// references, common errors included) that AMP does not share or means
// otherwise. A code is what the SDK's typed exceptions are told apart by, too.
var serviceCodes = map[string]Kind{
	"NoSuchEntity":                   KindNotFound,
	"ResourceNotFoundException":      KindNotFound,
	"NotFoundException":              KindNotFound,
	"EntityAlreadyExists":            KindConflict,
	"ConcurrentModification":         KindConflict,
	"DeleteConflict":                 KindConflict,
	"EntityTemporarilyUnmodifiable":  KindConflict,
	"ResourceInUseException":         KindConflict,
	"IncorrectState":                 KindConflict,
	"DependencyViolation":            KindConflict,
	"LimitExceeded":                  KindQuota,
	"ResourceLimitExceededException": KindQuota,
	"VpcEndpointLimitExceeded":       KindQuota,
	"UnauthorizedOperation":          KindAccessDenied,
	"AuthFailure":                    KindTokenInvalid,
	"Throttling":                     KindThrottled,
	"RequestLimitExceeded":           KindThrottled,
	"ServiceFailure":                 KindServer,
	"ServerException":                KindServer,
}

// Explain makes an *Error of what an SDK client returned, nil of nil. What
// happened is decided by the service's code, never by its words.
func Explain(err error, c Call) error {
	if err == nil {
		return nil
	}
	var api smithy.APIError
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) || !errors.As(err, &api) {
		e := NoAnswer(err, Context{})
		if e.Kind == KindNetwork {
			e.Remedy = c.Service + " could not be reached: check --region, --endpoint-url, the network and its proxy"
		}
		e.Action, e.server = c.Action, c.Service
		return e
	}
	e := &Error{
		Status: answer.HTTPStatusCode(), Message: api.ErrorMessage(), Code: shapeName(api.ErrorCode()),
		RequestID: answer.ServiceRequestID(), Action: c.Action, Err: err, server: c.Service,
	}
	if e.Message == "" {
		e.Message = strings.TrimSpace(e.Code + " " + http.StatusText(e.Status))
	}
	e.Kind = serviceKind(e.Status, e.Code)
	e.Remedy = serviceRemedy(e, c)
	return e
}

func serviceKind(status int, code string) Kind {
	if kind, ok := serviceCodes[code]; ok {
		return kind
	}
	if kind, ok := byCode[code]; ok {
		return kind
	}
	// EC2 names what is missing: InvalidVpcID.NotFound.
	if strings.HasSuffix(code, ".NotFound") {
		return KindNotFound
	}
	return byStatus(status)
}

func serviceRemedy(e *Error, c Call) string {
	switch e.Kind {
	case KindAccessDenied:
		return grant(e, c.Resource)
	case KindNotFound:
		return c.Missing
	case KindThrottled:
		return "AWS takes no more requests of this kind for now: run it again in a minute, it goes on where it stopped"
	case KindConflict:
		return "something else holds or changes it: run it again, it goes on from what is there"
	case KindQuota:
		return "raise the quota in Service Quotas, or remove what is not used any more"
	case KindSignature, KindTokenInvalid, KindTokenExpired, KindClockSkew, KindUnavailable:
		return remedy(e, Context{})
	default:
		return ""
	}
}

// IsKind tells whether err is an *Error of one of the kinds.
func IsKind(err error, kinds ...Kind) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(kinds, e.Kind)
}
