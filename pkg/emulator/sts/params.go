package sts

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
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
	nameConstraint     = query.Constraint{Min: 2, Max: 64}.Matching(`[\w+=,.@-]*`)
	arnConstraint      = query.Constraint{Min: 20, Max: 2048}
	externalConstraint = query.Constraint{Min: 2, Max: 1224}.Matching(`[\w+=,.@:\/-]*`)
	policyConstraint   = query.Constraint{Min: 1, Max: 2048}
	tokenConstraint    = query.Constraint{Min: 4, Max: 20000, Secret: true}
	roleARN            = regexp.MustCompile(`^arn:[a-z-]+:iam::(\d{12}):role/([\x21-\x7e]+/)?[\w+=,.@-]+$`)
)

// notOffered are parameters whose silent loss would change what a session may
// do; the emulator refuses them.
var notOffered = []string{"SerialNumber", "TokenCode", "SourceIdentity", "TransitiveTagKeys.member.1", "ProvidedContexts.member.1.ProviderArn"}

// readAssumption reads the common parameters, and tells what is wrong with those
// read before, too.
func (s *Service) readAssumption(params url.Values, in *query.Input) (a assumption, err error) {
	a.roleARN = in.Required("RoleArn", arnConstraint)
	a.sessionName = in.Required("RoleSessionName", nameConstraint)
	policy := in.Optional("Policy", policyConstraint)
	a.duration = time.Duration(in.Int("DurationSeconds", 900, 43200, 0)) * time.Second
	if err := in.Err(); err != nil {
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

// readPolicyARNs takes managed policies as session policies, as they are now.
func (s *Service) readPolicyARNs(params url.Values, a *assumption) error {
	for i := 1; params.Has(fmt.Sprintf("PolicyArns.member.%d.arn", i)); i++ {
		arn := params.Get(fmt.Sprintf("PolicyArns.member.%d.arn", i))
		p, ok := s.opts.Store.View().Policy(arn)
		if !ok || i > 10 {
			return awserr.New(awserr.ValidationError, "Invalid PolicyArns: %s", query.Clip(arn))
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

// tagText is what keys and values of session tags are made of.
var tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)

func readTags(params url.Values) (map[string]string, error) {
	tags, seen := map[string]string{}, map[string]bool{}
	for i := 1; params.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		key, value := params.Get(fmt.Sprintf("Tags.member.%d.Key", i)), params.Get(fmt.Sprintf("Tags.member.%d.Value", i))
		lower := strings.ToLower(key) // keys have no case
		if seen[lower] || key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 || i > 50 ||
			strings.HasPrefix(lower, "aws:") || !tagText.MatchString(key) || !tagText.MatchString(value) {
			return nil, awserr.New(awserr.ValidationError, "Invalid session tag: %s", query.Clip(key))
		}
		tags[key], seen[lower] = value, true
	}
	return tags, nil
}
