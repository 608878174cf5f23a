package proxy

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// outcome is how a request ended, for logs and metrics. It is a closed set.
type outcome string

const (
	answered      outcome = "ok"             // the service's answer, below 400
	passedOn      outcome = "upstream_error" // the service's answer, from 400
	refused       outcome = "refused"        // not let through: path, verb, group, token, host
	tooLarge      outcome = "too_large"      // a body over the limit
	badBody       outcome = "bad_body"       // a body that did not come in whole, or in time
	noCredentials outcome = "no_credentials" // nothing to sign with
	unreachable   outcome = "unreachable"    // no connection, or none that held until the answer
	timedOut      outcome = "timeout"        // the service said nothing for too long
	cutOff        outcome = "cut_off"        // the answer ended in its middle
	canceled      outcome = "canceled"       // the caller went away
	drained       outcome = "drained"        // this proxy ended before the answer did
)

// retryAfter is when to come back for credentials: they are fetched again
// within seconds.
const retryAfter = 5

// refusal is an answer of the proxy itself. The message is for whoever reads
// the caller's log, and has the form of AWS's.
type refusal struct {
	status  int
	outcome outcome
	message string
	allow   []string // the verbs that would do
	retry   bool
}

func (f *refusal) write(w http.ResponseWriter) {
	body, err := json.Marshal(map[string]string{"message": "ampkit proxy: " + f.message})
	if err != nil { // a string: cannot happen
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if f.allow != nil {
		h.Set("Allow", strings.Join(f.allow, ", "))
	}
	if f.retry {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	if f.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // a client that has gone is not an error of ours
}
