package sigv4auth

import (
	"net/http"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// algorithm is the only one here; AWS4-ECDSA-P256-SHA256 is SigV4a's.
const algorithm = "AWS4-HMAC-SHA256"

const terminator = "aws4_request"

// authorization is an Authorization header taken apart.
type authorization struct {
	accessKeyID, date, region, service string
	signedHeaders                      []string
	signature                          string // 64 lower-case hexadecimal digits
}

func (a authorization) scope() string {
	return a.date + "/" + a.region + "/" + a.service + "/" + terminator
}

// parseAuthorization reads the header's value. No error repeats the signature.
func parseAuthorization(value string) (authorization, error) {
	var a authorization
	name, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if name != algorithm {
		return a, awserr.Incomplete("Unsupported AWS 'algorithm': '%s'.", clip(name))
	}
	params := map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		key, v, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := params[key]; !ok || twice || key != "Credential" && key != "SignedHeaders" && key != "Signature" {
			return a, awserr.Incomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header.", clip(key))
		}
		params[key] = v
	}
	var missing []string
	for _, key := range []string{"Credential", "Signature", "SignedHeaders"} {
		if params[key] == "" {
			missing = append(missing, "Authorization header requires '"+key+"' parameter.")
		}
	}
	if len(missing) > 0 {
		return a, awserr.Incomplete("%s", strings.Join(missing, " "))
	}
	return a, a.fill(params)
}

func (a *authorization) fill(params map[string]string) error {
	parts := strings.Split(params["Credential"], "/")
	if len(parts) != 5 {
		return awserr.Incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", clip(params["Credential"]))
	}
	if parts[4] != terminator {
		return awserr.ScopeMismatch("a valid terminator: '%s', not '%s'. ", terminator, clip(parts[4]))
	}
	a.accessKeyID, a.date, a.region, a.service = parts[0], parts[1], parts[2], parts[3]
	a.signedHeaders = strings.Split(params["SignedHeaders"], ";")
	for i, h := range a.signedHeaders {
		if h == "" || h != strings.ToLower(h) || strings.ContainsAny(h, " \t") || i > 0 && a.signedHeaders[i-1] >= h {
			return awserr.Incomplete("SignedHeaders must be lower-case names in order, each once: '%s'", clip(params["SignedHeaders"]))
		}
	}
	if a.accessKeyID == "" {
		return awserr.InvalidToken()
	}
	if a.signature = params["Signature"]; !isDigest(a.signature) {
		return awserr.SignatureMismatch()
	}
	return nil
}

// covers checks that the signature takes in what it must: the host, and every
// header that means something to AWS.
func (a authorization) covers(h http.Header) error {
	if !slices.Contains(a.signedHeaders, "host") {
		return awserr.Incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	var left []string
	for name := range h {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(a.signedHeaders, name) {
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		slices.Sort(left)
		return awserr.New(awserr.InvalidSignature, "There were headers present in the request which were not signed: %s", clip(strings.Join(left, ", ")))
	}
	return nil
}

// ClaimedService is the service named in r's credential scope, empty without
// one. Nothing is verified: it serves for routing only.
func ClaimedService(r *http.Request) string {
	a, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return ""
	}
	return a.service
}

// isDigest reports whether s is a SHA-256 in lower-case hexadecimal.
func isDigest(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// clip keeps what a client sent from filling an answer.
func clip(s string) string {
	if len(s) > 256 {
		return strings.ToValidUTF8(s[:256], "") + "…"
	}
	return strings.ToValidUTF8(s, "")
}
