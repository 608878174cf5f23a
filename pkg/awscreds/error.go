package awscreds

// Reason says why there are no credentials. It is a closed set.
type Reason string

// The reasons of Error.
const (
	ReasonNotAllowed Reason = "not-allowed" // Grafana's switches refuse the auth type or role
	ReasonNotPassed  Reason = "not-passed"  // nothing is configured, or Grafana passes nothing on
	ReasonInvalid    Reason = "invalid"     // the configuration can't be used
	ReasonFailed     Reason = "failed"      // the source was asked and refused or did not answer
	ReasonClosed     Reason = "closed"      // the data source's instance is gone
)

// Error is credentials that can't be had. It never holds a secret.
type Error struct {
	Reason  Reason
	Message string
	// Remedy names the setting that helps.
	Remedy string
	Err    error

	told bool // Message says all that Err does
}

func (e *Error) Error() string {
	if e.Remedy == "" {
		return e.Summary()
	}
	return e.Summary() + "; " + e.Remedy
}

// Unwrap gives what the SDK said.
func (e *Error) Unwrap() error { return e.Err }

// Summary is the error without its remedy.
func (e *Error) Summary() string {
	if e.Err == nil || e.told {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}
