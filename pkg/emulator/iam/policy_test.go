package iam

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

func TestConditions(t *testing.T) {
	c := Conditions{
		"s": {"Grün"}, "many": {"a", "b"}, "arn": {"arn:aws:iam::123456789012:role/x/y"}, "yes": {"true"},
		"ip": {"10.1.2.3"}, "n": {"7"}, "when": {"2026-03-01T10:00:00Z"}, "Case": {"x"}, "user": {"s*"},
	}
	for text, want := range map[string]bool{
		`{"StringEquals":{"s":"Grün"}}`:                                          true,
		`{"StringEquals":{"S":["a","Grün"]}}`:                                    true,
		`{"StringEquals":{"cASE":"x"}}`:                                          true,
		`{"StringEquals":{"s":"grün"}}`:                                          false,
		`{"StringEquals":{"s":"Gr*"}}`:                                           false,
		`{"StringEquals":{"gone":"a"}}`:                                          false,
		`{"StringEqualsIfExists":{"gone":"a"}}`:                                  true,
		`{"StringEqualsIfExists":{"s":"a"}}`:                                     false,
		`{"StringEqualsIgnoreCase":{"s":"GRÜN"}}`:                                true,
		`{"StringNotEqualsIgnoreCase":{"s":"GRÜN"}}`:                             false,
		`{"StringNotEquals":{"s":["a","b"]}}`:                                    true,
		`{"StringNotEquals":{"s":["a","Grün"]}}`:                                 false,
		`{"StringNotEquals":{"gone":"a"}}`:                                       true,
		`{"StringLike":{"s":"Gr?n"}}`:                                            true,
		`{"StringLike":{"s":"Gr?"}}`:                                             false,
		`{"StringNotLike":{"s":"G*"}}`:                                           false,
		`{"ForAnyValue:StringEquals":{"many":["b","c"]}}`:                        true,
		`{"ForAnyValue:StringLike":{"many":["c*"]}}`:                             false,
		`{"ForAnyValue:StringEquals":{"gone":["b"]}}`:                            false,
		`{"ForAnyValue:StringNotEquals":{"many":["a"]}}`:                         true,
		`{"ForAnyValue:StringNotEquals":{"many":["a","b"]}}`:                     false,
		`{"ForAllValues:StringEquals":{"many":["a","b","c"]}}`:                   true,
		`{"ForAllValues:StringEquals":{"many":["a"]}}`:                           false,
		`{"ForAllValues:StringEquals":{"gone":["a"]}}`:                           true,
		`{"ForAllValues:StringNotEquals":{"many":["c"]}}`:                        true,
		`{"ForAllValues:StringNotEquals":{"many":["a"]}}`:                        false,
		`{"ArnLike":{"arn":"arn:aws:iam::*:role/*"}}`:                            true,
		`{"ArnLike":{"arn":"arn:*:role/x/y"}}`:                                   false,
		`{"ArnEquals":{"arn":"arn:aws:iam::123456789012:role/x/?"}}`:             true,
		`{"ArnNotLike":{"arn":"arn:aws:iam::123456789012:role/*"}}`:              false,
		`{"ArnLike":{"s":"*"}}`:                                                  false,
		`{"Bool":{"yes":true}}`:                                                  true,
		`{"Bool":{"yes":"True"}}`:                                                true,
		`{"Bool":{"yes":"false"}}`:                                               false,
		`{"BoolIfExists":{"gone":"true"}}`:                                       true,
		`{"Null":{"gone":"true","s":false}}`:                                     true,
		`{"Null":{"s":"true"}}`:                                                  false,
		`{"IpAddress":{"ip":["192.168.0.0/16","10.0.0.0/8"]}}`:                   true,
		`{"NotIpAddress":{"ip":"10.1.2.3"}}`:                                     false,
		`{"NumericLessThan":{"n":10}}`:                                           true,
		`{"NumericGreaterThanEquals":{"n":"7.5"}}`:                               false,
		`{"NumericEquals":{"s":7}}`:                                              false,
		`{"DateGreaterThan":{"when":"2026-02-28"}}`:                              true,
		`{"DateLessThan":{"when":"2026-03-01T09:59:59Z"}}`:                       false,
		`{"StringEquals":{"s":"${s}"}}`:                                          true,
		`{"StringLike":{"s":"G${user}"}}`:                                        false,
		`{"StringEquals":{"s":"${gone, 'Grün'}"}}`:                               true,
		`{"StringLike":{"user":"s${*}"}}`:                                        true,
		`{"StringLike":{"s":"Grün${*}"}}`:                                        false,
		`{"StringEquals":{"s":"Grün"},"Bool":{"yes":"false"}}`:                   false,
		`{"StringEquals":{"s":[]}}`:                                              false,
		`{"StringEquals":{"user":"s*"},"ForAnyValue:StringEquals":{"many":"a"}}`: true,
	} {
		t.Run(text, func(t *testing.T) {
			p, err := parsePolicy(Document(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + text + `}}`))
			require.NoError(t, err)
			require.Equal(t, want, p.decide(request{action: "a:b", resource: "arn:x", conditions: c}) == allowed)
		})
	}
}

func TestMalformedDocuments(t *testing.T) {
	statement := func(members string) Document {
		return Document(`{"Version":"2012-10-17","Statement":{` + members + `}}`)
	}
	for title, c := range map[string]struct {
		use  use
		doc  Document
		want string
	}{
		"empty":                 {identityPolicy, ``, "Syntax errors in policy."},
		"not an object":         {identityPolicy, `[]`, "Syntax errors in policy."},
		"cut off":               {identityPolicy, `{"Version":"2012-10-17","Statement":[`, "Syntax errors in policy."},
		"more after the end":    {identityPolicy, `{"Version":"2012-10-17","Statement":[]}{}`, "Syntax errors in policy."},
		"no statement":          {identityPolicy, `{"Version":"2012-10-17"}`, "Syntax errors in policy."},
		"version":               {identityPolicy, `{"Version":"2012-10-18","Statement":[]}`, "must contain a valid version string"},
		"unknown element":       {identityPolicy, statement(`"Effect":"Allow","Action":"*","Resource":"*","Resources":"*"`), "Syntax errors in policy."},
		"element in lower case": {identityPolicy, statement(`"effect":"Allow","Action":"*","Resource":"*"`), "Syntax errors in policy."},
		"element twice":         {identityPolicy, statement(`"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"`), "Syntax errors in policy."},
		"effect":                {identityPolicy, statement(`"Effect":"allow","Action":"*","Resource":"*"`), "Syntax errors in policy."},
		"no action":             {identityPolicy, statement(`"Effect":"Allow","Resource":"*"`), "must contain actions"},
		"both actions":          {identityPolicy, statement(`"Effect":"Allow","Action":"*","NotAction":"a:b","Resource":"*"`), "must contain actions"},
		"action without vendor": {identityPolicy, statement(`"Effect":"Allow","Action":"RemoteWrite","Resource":"*"`), "prefaced by a vendor"},
		"action is a number":    {identityPolicy, statement(`"Effect":"Allow","Action":1,"Resource":"*"`), "Syntax errors in policy."},
		"action is null":        {identityPolicy, statement(`"Effect":"Allow","Action":null,"Resource":"*"`), "Syntax errors in policy."},
		"no resource":           {identityPolicy, statement(`"Effect":"Allow","Action":"*"`), "must contain resources"},
		"resource":              {identityPolicy, statement(`"Effect":"Allow","Action":"*","Resource":"ws-1"`), "must be in ARN format"},
		"principal":             {identityPolicy, statement(`"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"`), "should not specify a principal"},
		"operator":              {identityPolicy, statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringSame":{"a":"b"}}`), "Invalid Condition type : StringSame"},
		"condition value":       {identityPolicy, statement(`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a":{}}}`), "Syntax errors in policy."},
		"trust for nobody":      {trustPolicy, statement(`"Effect":"Allow","Action":"*"`), "Missing required field Principal"},
		"trust with resource":   {trustPolicy, statement(`"Effect":"Allow","Action":"*","Principal":"*","Resource":"*"`), "Has prohibited field Resource"},
		"wild principal":        {trustPolicy, statement(`"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::123456789012:role/*"}`), "Invalid principal in policy"},
		"kind of principal":     {trustPolicy, statement(`"Effect":"Allow","Action":"*","Principal":{"Aws":"*"}`), "Invalid principal in policy"},
		"allow NotPrincipal":    {trustPolicy, statement(`"Effect":"Allow","Action":"*","NotPrincipal":"*"`), "NotPrincipal"},
		"too long":              {identityPolicy, Document(`{"Statement":[],"Id":"` + strings.Repeat("x", maxDocument) + `"}`), "Maximum policy size"},
	} {
		t.Run(title, func(t *testing.T) {
			p, err := parsePolicy(c.doc)
			if err == nil {
				err = p.check(c.use)
			}
			var e *awserr.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, e.Message, c.want)
		})
	}
}

// FuzzMatch holds the matcher against the same pattern as a regular expression.
func FuzzMatch(f *testing.F) {
	f.Add("arn:aws:aps:*:*:workspace/*", "arn:aws:aps:eu-west-1:1:workspace/ws-1")
	f.Add("a*b?c**", "aXXbYcZ")
	f.Add("*:", "::x:")
	f.Fuzz(func(t *testing.T, text, s string) {
		if len(text) > 64 || len(s) > 256 || strings.ToValidUTF8(text, "") != text || strings.ToValidUTF8(s, "") != s {
			t.Skip()
		}
		p, ok := compile(text, false, nil)
		require.True(t, ok)
		for _, segments := range []bool{false, true} {
			var expr strings.Builder
			for i, r := range p {
				switch {
				case r == anyRun && segments && !p.endsSegment(i):
					expr.WriteString(`[^:]*`)
				case r == anyRun:
					expr.WriteString(`.*`)
				case r == anyOne && segments:
					expr.WriteString(`[^:]`)
				case r == anyOne:
					expr.WriteString(`.`)
				default:
					expr.WriteString(regexp.QuoteMeta(string(r)))
				}
			}
			want := regexp.MustCompile(`(?s)\A(?:` + expr.String() + `)\z`).MatchString(s)
			require.Equal(t, want, p.match(s, segments), fmt.Sprintf("%q %q segments=%v", text, s, segments))
		}
	})
}

// FuzzPolicy: no document makes the reader or the evaluation panic.
func FuzzPolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"1","Effect":"Allow","Principal":{"AWS":"*","Federated":["a"]},"Action":["a:*"],"NotResource":"arn:a:${b}","Condition":{"ForAnyValue:StringLikeIfExists":{"a":["b",1,true]}}}]}`)
	f.Add(`{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":"a:b","Resource":[]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePolicy(Document(text))
		if err != nil {
			require.Nil(t, p)
			return
		}
		caller := Principal{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/a"}
		p.evaluate(request{action: "a:b", resource: "arn:a", who: &who{principal: &caller}, conditions: Conditions{"a": {"b"}}})
	})
}
