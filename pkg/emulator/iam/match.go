package iam

import (
	"strings"
	"unicode/utf8"
)

// pattern is a text with wildcards: runes to be met as they are, and these two.
type pattern []rune

const (
	anyRun rune = -1 // *
	anyOne rune = -2 // ?
)

// compile reads a pattern, replacing policy variables by the values of their
// condition keys. The values match literally, whatever characters they hold.
// It fails where a variable has neither a value nor a default; a policy
// element with such a variable matches nothing.
func compile(text string, variables bool, c Conditions) (pattern, bool) {
	p := make(pattern, 0, len(text))
	for len(text) > 0 {
		if variables && strings.HasPrefix(text, "${") {
			if end := strings.IndexByte(text, '}'); end > 0 {
				value, ok := variable(text[2:end], c)
				if !ok {
					return nil, false
				}
				p = append(p, []rune(value)...)
				text = text[end+1:]
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(text)
		switch r {
		case '*':
			r = anyRun
		case '?':
			r = anyOne
		}
		p, text = append(p, r), text[size:]
	}
	return p, true
}

// variable resolves the inside of ${…}: a key, a key with a default as in
// "aws:username, 'anybody'", or one of the escaped characters * ? $.
func variable(name string, c Conditions) (string, bool) {
	switch name {
	case "*", "?", "$":
		return name, true
	}
	name, fallback, hasDefault := strings.Cut(name, ",")
	if v := c.get(strings.TrimSpace(name)); len(v) == 1 {
		return v[0], true
	}
	fallback = strings.TrimSpace(fallback)
	if !hasDefault || len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
		return "", false
	}
	return fallback[1 : len(fallback)-1], true
}

// match reports whether p covers the whole of s. With segments set, a * in the
// middle of an ARN's segment does not reach over a colon; at the end of its
// segment it does, as the IAM user guide says of the Resource element.
func (p pattern) match(s string, segments bool) bool {
	text := []rune(s)
	i, j := 0, 0
	star, mark := -1, 0 // the last * and how much of text it has swallowed
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == anyRun:
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == anyOne && !(segments && text[j] == ':') || p[i] == text[j]):
			i++
			j++
		case star >= 0 && !(segments && text[mark] == ':' && !p.endsSegment(star)):
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyRun {
		i++
	}
	return i == len(p)
}

func (p pattern) endsSegment(i int) bool { return i+1 == len(p) || p[i+1] == ':' }

// matchAction compares without regard to case, as service prefixes and action
// names do not have any.
func matchAction(patterns []string, action string) bool {
	for _, text := range patterns {
		p, _ := compile(strings.ToLower(text), false, nil)
		if p.match(strings.ToLower(action), false) {
			return true
		}
	}
	return false
}

func matchResource(patterns []string, resource string, variables bool, c Conditions) bool {
	for _, text := range patterns {
		if p, ok := compile(text, variables, c); ok && p.match(resource, len(p) > 1) {
			return true
		}
	}
	return false
}

// matchARN compares the six parts of two ARNs each by itself, as ArnLike does.
func matchARN(text, arn string, variables bool, c Conditions) bool {
	want, got := strings.SplitN(text, ":", 6), strings.SplitN(arn, ":", 6)
	if len(want) != 6 || len(got) != 6 {
		return false
	}
	for i := range want {
		if p, ok := compile(want[i], variables, c); !ok || !p.match(got[i], false) {
			return false
		}
	}
	return true
}
