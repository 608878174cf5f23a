package amp

import (
	"net/http"
	"strings"
)

// byCode is decided first, wherever AWS sent a code (header x-amzn-ErrorType,
// __type or code in the body).
var byCode = map[string]Kind{
	"AccessDeniedException":               KindAccessDenied,
	"AccessDenied":                        KindAccessDenied,
	"MissingAuthenticationTokenException": KindUnsigned,
	"MissingAuthenticationToken":          KindUnsigned,
	"IncompleteSignatureException":        KindSignature,
	"IncompleteSignature":                 KindSignature,
	"SignatureDoesNotMatch":               KindSignature,
	"UnrecognizedClientException":         KindTokenInvalid,
	"InvalidClientTokenId":                KindTokenInvalid,
	"ExpiredTokenException":               KindTokenExpired,
	"ExpiredToken":                        KindTokenExpired,
	"RequestExpired":                      KindClockSkew,
	"RequestTimeTooSkewed":                KindClockSkew,
	"ThrottlingException":                 KindThrottled,
	"TooManyRequestsException":            KindThrottled,
	"ValidationException":                 KindBadRequest,
	"ConflictException":                   KindConflict,
	"ServiceQuotaExceededException":       KindQuota,
	"ResourceNotFoundException":           KindWorkspaceNotFound,
	"UnknownOperationException":           KindNotFound,
	"InternalServerException":             KindServer,
	"ServiceUnavailableException":         KindUnavailable,
}

// byErrorType is Prometheus' closed set of errorType.
var byErrorType = map[string]Kind{
	"bad_data":       KindBadRequest,
	"not_acceptable": KindBadRequest,
	"execution":      KindExecution,
	"timeout":        KindTimeout,
	"canceled":       KindTimeout,
	"internal":       KindServer,
	"unavailable":    KindUnavailable,
	"not_found":      KindNotFound,
}

// KindOf is the kind of Prometheus' errorType.
func KindOf(errorType string) Kind {
	if kind, ok := byErrorType[errorType]; ok {
		return kind
	}
	return KindServer
}

// documented are AMP's texts where it sends no code, or one code for several
// faults (InvalidSignatureException). They are its only mark of distinction, so
// they are matched here and nowhere else; each has a golden file.
var documented = []struct {
	status int
	prefix string
	kind   Kind
}{
	{http.StatusForbidden, "Missing Authentication Token", KindUnsigned},
	{http.StatusForbidden, "User: ", KindAccessDenied},
	{http.StatusForbidden, "The request signature we calculated does not match", KindSignature},
	{http.StatusForbidden, "Credential should be scoped to", KindScope},
	{http.StatusForbidden, "The security token included in the request is invalid", KindTokenInvalid},
	{http.StatusForbidden, "The security token included in the request is expired", KindTokenExpired},
	{http.StatusForbidden, "Signature expired: ", KindClockSkew},
	{http.StatusForbidden, "Signature not yet current: ", KindClockSkew},
	{http.StatusNotFound, "Workspace not found", KindWorkspaceNotFound},
}

func byText(status int, text string) (Kind, bool) {
	for _, d := range documented {
		if d.status == status && strings.HasPrefix(text, d.prefix) {
			return d.kind, true
		}
	}
	return "", false
}

func classify(status int, code string, s said) Kind {
	if s.prom {
		if kind, ok := byErrorType[s.code]; ok {
			return kind
		}
	}
	if kind, ok := byCode[code]; ok {
		return kind
	}
	if kind, ok := byText(status, s.text); ok {
		return kind
	}
	if code == "InvalidSignatureException" {
		return KindSignature
	}
	return byStatus(status)
}

func byStatus(status int) Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return KindForbidden
	case http.StatusNotFound:
		return KindNotFound
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return KindTimeout
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		return KindTooLarge
	case http.StatusUnprocessableEntity:
		return KindExecution
	case http.StatusTooManyRequests:
		return KindThrottled
	case http.StatusServiceUnavailable:
		return KindUnavailable
	}
	switch status / 100 {
	case 4:
		return KindBadRequest
	case 5:
		return KindServer
	}
	return KindUnexpected
}
