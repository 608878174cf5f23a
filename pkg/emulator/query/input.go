// Package query is AWS's query protocol as its services have it in common:
// parameters of a form, their validation in the words of AWS, and the XML of
// the answers.
package query

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// MaxBody bounds a form. The largest document of IAM has 131,072 characters,
// of which some need three bytes in a form.
const MaxBody = 256 << 10

// Params reads the parameters of a form POST or of a GET, and leaves the body
// to be read again. Errors are *awserr.Error.
func Params(r *http.Request) (url.Values, error) {
	params, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, awserr.New(awserr.ValidationError, "malformed query string")
	}
	switch r.Method {
	case http.MethodGet:
		return params, nil
	case http.MethodPost:
	default:
		return nil, awserr.New(awserr.InvalidAction, "%s is not supported", Clip(r.Method))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if err != nil {
		return nil, awserr.New(awserr.ValidationError, "could not read the request body")
	}
	if len(body) > MaxBody {
		return nil, awserr.BodyTooLarge()
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, awserr.New(awserr.ValidationError, "malformed form")
	}
	for key, values := range form {
		params[key] = append(params[key], values...)
	}
	return params, nil
}

// Constraint is what a service's model says of a string.
type Constraint struct {
	// Min and Max are lengths; a Max of zero means any.
	Min, Max int
	// Secret values are never quoted.
	Secret   bool
	pattern  string
	compiled *regexp.Regexp
}

// Matching adds a pattern that the whole string must match, as the model has
// it; the same in Go's syntax where that differs.
func (c Constraint) Matching(pattern string, inGo ...string) Constraint {
	c.pattern = pattern
	c.compiled = regexp.MustCompile("^(?:" + append(inGo, pattern)[0] + ")$")
	return c
}

// OneOf is a set of names.
func OneOf(names ...string) Constraint {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = regexp.QuoteMeta(n)
	}
	return Constraint{pattern: "enum [" + strings.Join(names, ", ") + "]", compiled: regexp.MustCompile("^(?:" + strings.Join(quoted, "|") + ")$")}
}

// Input are the parameters of one request. Its methods note what is wrong, and
// Err tells it all at once.
type Input struct {
	values url.Values
	faults []string
}

// NewInput takes what Params has read.
func NewInput(values url.Values) *Input { return &Input{values: values} }

// Has reports whether a parameter was sent.
func (in *Input) Has(name string) bool { return in.values.Has(name) }

// Required reads a parameter that must be there.
func (in *Input) Required(name string, c Constraint) string {
	if !in.Has(name) {
		in.fault("null ", name, "Member must not be null")
		return ""
	}
	return in.Optional(name, c)
}

// Optional reads a parameter that is checked if it is there.
func (in *Input) Optional(name string, c Constraint) string {
	if !in.Has(name) {
		return ""
	}
	v := in.values.Get(name)
	quoted := "'" + Clip(v) + "' "
	if c.Secret {
		quoted = ""
	}
	switch n := len([]rune(v)); {
	case n < c.Min:
		in.fault(quoted, name, fmt.Sprintf("Member must have length greater than or equal to %d", c.Min))
	case c.Max > 0 && n > c.Max:
		in.fault(quoted, name, fmt.Sprintf("Member must have length less than or equal to %d", c.Max))
	}
	if c.compiled != nil && !c.compiled.MatchString(v) {
		what := "Member must satisfy regular expression pattern: " + c.pattern
		if set, ok := strings.CutPrefix(c.pattern, "enum "); ok {
			what = "Member must satisfy enum value set: " + set
		}
		in.fault(quoted, name, what)
	}
	return v
}

// Int reads an optional number.
func (in *Input) Int(name string, least, most, fallback int) int {
	if !in.Has(name) {
		return fallback
	}
	v := in.values.Get(name)
	n, err := strconv.Atoi(v)
	switch quoted := "'" + Clip(v) + "' "; {
	case err != nil:
		in.fault(quoted, name, "Member must be an integer")
	case n < least:
		in.fault(quoted, name, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	case n > most:
		in.fault(quoted, name, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
	return n
}

// Bool reads an optional flag.
func (in *Input) Bool(name string, fallback bool) bool {
	if !in.Has(name) {
		return fallback
	}
	v := in.values.Get(name)
	b, err := strconv.ParseBool(v)
	if err != nil {
		in.fault("'"+Clip(v)+"' ", name, "Member must be a boolean")
	}
	return b
}

// List reads <name>.member.1, .2 and so on: the list as IAM and STS send it.
func (in *Input) List(name string, c Constraint) []string { return in.list(name+".member.", c) }

// Flat reads <name>.1, .2 and so on: the list as EC2 sends it.
func (in *Input) Flat(name string, c Constraint) []string { return in.list(name+".", c) }

func (in *Input) list(prefix string, c Constraint) []string {
	var list []string
	for i := 1; in.Has(prefix + strconv.Itoa(i)); i++ {
		list = append(list, in.Optional(prefix+strconv.Itoa(i), c))
	}
	return list
}

// Err is a ValidationError that names every fault; nil without any.
func (in *Input) Err() error {
	switch n := len(in.faults); n {
	case 0:
		return nil
	case 1:
		return awserr.New(awserr.ValidationError, "1 validation error detected: %s", in.faults[0])
	default:
		return awserr.New(awserr.ValidationError, "%d validation errors detected: %s", n, strings.Join(in.faults, "; "))
	}
}

func (in *Input) fault(quoted, name, what string) {
	member := strings.ToLower(name[:1]) + name[1:]
	in.faults = append(in.faults, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", quoted, member, what))
}

// Clip keeps what a client sent from filling an answer.
func Clip(s string) string {
	if len(s) > 128 {
		return s[:128] + "…"
	}
	return s
}

// UnknownOperation refuses an Action that a service does not have.
func UnknownOperation(params url.Values) error {
	name, version := params.Get("Action"), params.Get("Version")
	if name == "" {
		return awserr.New(awserr.MissingAction, "The request must contain the parameter Action")
	}
	if version == "" {
		version = "NO_VERSION_SPECIFIED"
	}
	return awserr.New(awserr.InvalidAction, "Could not find operation %s for version %s", Clip(name), Clip(version))
}
