package sts

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

// assumption is what the two AssumeRole operations have in common.
type assumption struct {
	roleARN, account, sessionName string
	// duration is zero where none was asked for.
	duration time.Duration
	policies []iam.Document
	tags     map[string]string
}

// What the API reference allows.
var (
	namePattern     = constraint{min: 2, max: 64, pattern: `[\w+=,.@-]*`}
	arnPattern      = constraint{min: 20, max: 2048}
	externalPattern = constraint{min: 2, max: 1224, pattern: `[\w+=,.@:\/-]*`}
	policyPattern   = constraint{min: 1, max: 2048}
	tokenPattern    = constraint{min: 4, max: 20000, secret: true}
	roleARN         = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}):role/([\x21-\x7e]+/)?[\w+=,.@-]+$`)
)

// notOffered are parameters whose silent loss would change what a session may
// do; the emulator refuses them.
var notOffered = []string{"SerialNumber", "TokenCode", "SourceIdentity", "TransitiveTagKeys.member.1", "ProvidedContexts.member.1.ProviderArn"}

type constraint struct {
	min, max int
	pattern  string
	secret   bool // never quoted
}

// check adds what is wrong with a parameter in the words of AWS's validator.
func (c constraint) check(params url.Values, name string, required bool, faults *[]string) string {
	v := params.Get(name)
	member := strings.ToLower(name[:1]) + name[1:]
	quoted := "'" + clip(v) + "' "
	if c.secret {
		quoted = ""
	}
	fault := func(what string) {
		*faults = append(*faults, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", quoted, member, what))
	}
	switch {
	case v == "" && !params.Has(name):
		if required {
			quoted = "null "
			fault("Member must not be null")
		}
		return ""
	case len(v) < c.min:
		fault(fmt.Sprintf("Member must have length greater than or equal to %d", c.min))
	case len(v) > c.max:
		fault(fmt.Sprintf("Member must have length less than or equal to %d", c.max))
	}
	if c.pattern != "" && !regexp.MustCompile("^"+c.pattern+"$").MatchString(v) {
		fault("Member must satisfy regular expression pattern: " + c.pattern)
	}
	return v
}

// validationError tells all faults at once; nil without any.
func validationError(faults []string) error {
	switch len(faults) {
	case 0:
		return nil
	case 1:
		return awserr.New(awserr.ValidationError, "1 validation error detected: %s", faults[0])
	}
	return awserr.New(awserr.ValidationError, "%d validation errors detected: %s", len(faults), strings.Join(faults, "; "))
}

// readAssumption reads the common parameters; faults may hold those of others.
func (s *Service) readAssumption(params url.Values, faults []string) (a assumption, err error) {
	a.roleARN = arnPattern.check(params, "RoleArn", true, &faults)
	a.sessionName = namePattern.check(params, "RoleSessionName", true, &faults)
	policy := policyPattern.check(params, "Policy", false, &faults)
	a.duration = readDuration(params, &faults)
	if err := validationError(faults); err != nil {
		return a, err
	}
	match := roleARN.FindStringSubmatch(a.roleARN)
	if match == nil {
		return a, awserr.New(awserr.ValidationError, "Request ARN is invalid")
	}
	a.account = match[1]
	for _, name := range notOffered {
		if params.Has(name) {
			return a, awserr.New(awserr.ValidationError, "The emulator does not offer the parameter %s", name)
		}
	}
	if policy != "" {
		a.policies = append(a.policies, iam.Document(policy))
	}
	if err := s.readPolicyARNs(params, &a); err != nil {
		return a, err
	}
	a.tags, err = readTags(params)
	return a, err
}

func readDuration(params url.Values, faults *[]string) time.Duration {
	text := params.Get("DurationSeconds")
	if text == "" {
		return 0
	}
	var fault string
	switch n, err := strconv.Atoi(text); {
	case err != nil:
		fault = "Member must be an integer"
	case n < 900:
		fault = "Member must have value greater than or equal to 900"
	case n > 43200:
		fault = "Member must have value less than or equal to 43200"
	default:
		return time.Duration(n) * time.Second
	}
	*faults = append(*faults, fmt.Sprintf("Value '%s' at 'durationSeconds' failed to satisfy constraint: %s", clip(text), fault))
	return 0
}

// readPolicyARNs takes managed policies as session policies, as they are now.
func (s *Service) readPolicyARNs(params url.Values, a *assumption) error {
	for i := 1; params.Has(fmt.Sprintf("PolicyArns.member.%d.arn", i)); i++ {
		arn := params.Get(fmt.Sprintf("PolicyArns.member.%d.arn", i))
		p, ok := s.opts.Store.View().Policy(arn)
		if !ok || i > 10 {
			return awserr.New(awserr.ValidationError, "Invalid PolicyArns: %s", clip(arn))
		}
		a.policies = append(a.policies, p.Document())
	}
	for _, d := range a.policies {
		if err := iam.CheckIdentityPolicy(d); err != nil {
			return err
		}
	}
	return nil
}

func readTags(params url.Values) (map[string]string, error) {
	tags := map[string]string{}
	for i := 1; params.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		key, value := params.Get(fmt.Sprintf("Tags.member.%d.Key", i)), params.Get(fmt.Sprintf("Tags.member.%d.Value", i))
		if _, twice := tags[key]; twice || key == "" || len(key) > 128 || len(value) > 256 || i > 50 {
			return nil, awserr.New(awserr.ValidationError, "Invalid session tag: %s", clip(key))
		}
		tags[key] = value
	}
	return tags, nil
}
