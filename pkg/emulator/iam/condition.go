package iam

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// condition is one key of one operator: all conditions of a statement must
// hold.
type condition struct {
	operator
	key    string
	values []string
}

// operator is a condition operator taken apart.
type operator struct {
	test     func(want, got string, variables bool, c Conditions) bool
	negated  bool // StringNotEquals and its like
	null     bool // Null
	ifExists bool // …IfExists
	set      setOperator
}

type setOperator string

const (
	forAll setOperator = "ForAllValues:"
	forAny setOperator = "ForAnyValue:"
)

// operators are the plain ones; the negated form of each has Not in it.
var operators = map[string]operator{
	"StringEquals":              {test: literal(func(w, g string) bool { return w == g })},
	"StringNotEquals":           {test: literal(func(w, g string) bool { return w == g }), negated: true},
	"StringEqualsIgnoreCase":    {test: literal(strings.EqualFold)},
	"StringNotEqualsIgnoreCase": {test: literal(strings.EqualFold), negated: true},
	"StringLike":                {test: like},
	"StringNotLike":             {test: like, negated: true},
	"ArnEquals":                 {test: matchARN}, // the same as ArnLike, says the user guide
	"ArnLike":                   {test: matchARN},
	"ArnNotEquals":              {test: matchARN, negated: true},
	"ArnNotLike":                {test: matchARN, negated: true},
	"Bool":                      {test: literal(strings.EqualFold)},
	"Null":                      {null: true},
	"IpAddress":                 {test: literal(inNetwork)},
	"NotIpAddress":              {test: literal(inNetwork), negated: true},
	"NumericEquals":             {test: numeric(func(c int) bool { return c == 0 })},
	"NumericNotEquals":          {test: numeric(func(c int) bool { return c == 0 }), negated: true},
	"NumericLessThan":           {test: numeric(func(c int) bool { return c < 0 })},
	"NumericLessThanEquals":     {test: numeric(func(c int) bool { return c <= 0 })},
	"NumericGreaterThan":        {test: numeric(func(c int) bool { return c > 0 })},
	"NumericGreaterThanEquals":  {test: numeric(func(c int) bool { return c >= 0 })},
	"DateEquals":                {test: date(func(c int) bool { return c == 0 })},
	"DateNotEquals":             {test: date(func(c int) bool { return c == 0 }), negated: true},
	"DateLessThan":              {test: date(func(c int) bool { return c < 0 })},
	"DateLessThanEquals":        {test: date(func(c int) bool { return c <= 0 })},
	"DateGreaterThan":           {test: date(func(c int) bool { return c > 0 })},
	"DateGreaterThanEquals":     {test: date(func(c int) bool { return c >= 0 })},
}

func readConditions(v json.RawMessage) ([]condition, error) {
	list := []condition{}
	err := members(v, func(name string, v json.RawMessage) error {
		op, err := readOperator(name)
		if err != nil {
			return err
		}
		return members(v, func(key string, v json.RawMessage) error {
			values, err := scalarList(v)
			list = append(list, condition{operator: op, key: key, values: values})
			return err
		})
	})
	return list, err
}

func readOperator(name string) (operator, error) {
	base := name
	var set setOperator
	for _, s := range []setOperator{forAll, forAny} {
		if rest, ok := strings.CutPrefix(base, string(s)); ok {
			base, set = rest, s
		}
	}
	base, ifExists := strings.CutSuffix(base, "IfExists")
	op, ok := operators[base]
	if !ok || op.null && (ifExists || set != "") {
		return op, malformed("Invalid Condition type : %s", name)
	}
	op.set, op.ifExists = set, ifExists
	return op, nil
}

// scalarList reads a string, number or boolean, or a list of them.
func scalarList(v json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil {
		list = []json.RawMessage{v}
	}
	values := make([]string, len(list))
	for i, raw := range list {
		switch raw = []byte(strings.TrimSpace(string(raw))); raw[0] {
		case '"':
			if err := json.Unmarshal(raw, &values[i]); err != nil {
				return nil, malformed("Syntax errors in policy.")
			}
		case '{', '[', 'n':
			return nil, malformed("Syntax errors in policy.")
		default: // true, false, a number
			values[i] = string(raw)
		}
	}
	return values, nil
}

// holds decides a condition for the values in c. Without a set operator a key
// with several values is treated as with ForAnyValue, and negated operators as
// its opposite.
func (cond condition) holds(variables bool, c Conditions) bool {
	got := c.get(cond.key)
	if cond.null {
		return len(cond.values) > 0 && strings.EqualFold(cond.values[0], "true") == (len(got) == 0)
	}
	if len(got) == 0 {
		return cond.ifExists || cond.set == forAll || cond.negated && cond.set == ""
	}
	matched := 0
	for _, g := range got {
		if cond.oneOf(g, variables, c) {
			matched++
		}
	}
	switch {
	case cond.set == forAll:
		return matched == len(got) && !cond.negated || matched == 0 && cond.negated
	case cond.set == forAny && cond.negated:
		return matched < len(got)
	case cond.negated:
		return matched == 0
	default:
		return matched > 0
	}
}

func (cond condition) oneOf(got string, variables bool, c Conditions) bool {
	for _, want := range cond.values {
		if cond.test(want, got, variables, c) {
			return true
		}
	}
	return false
}

// get finds the values of a key, whose name has no case.
func (c Conditions) get(key string) []string {
	if v, ok := c[key]; ok {
		return v
	}
	for k, v := range c {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

type test = func(want, got string, variables bool, c Conditions) bool

// literal compares after the policy's variables have been replaced.
func literal(f func(want, got string) bool) test {
	return func(want, got string, variables bool, c Conditions) bool {
		if variables && strings.Contains(want, "${") {
			p, ok := compile(want, true, c)
			if !ok {
				return false
			}
			for i, r := range p { // wildcards mean nothing here
				switch r {
				case anyRun:
					p[i] = '*'
				case anyOne:
					p[i] = '?'
				}
			}
			want = string(p)
		}
		return f(want, got)
	}
}

func like(want, got string, variables bool, c Conditions) bool {
	p, ok := compile(want, variables, c)
	return ok && p.match(got, false)
}

func inNetwork(want, got string) bool {
	addr, err := netip.ParseAddr(got)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(want); err == nil {
		return network.Contains(addr.Unmap())
	}
	single, err := netip.ParseAddr(want)
	return err == nil && single == addr.Unmap()
}

// numeric passes the sign of got compared with want.
func numeric(f func(sign int) bool) test {
	return literal(func(want, got string) bool {
		w, err1 := strconv.ParseFloat(want, 64)
		g, err2 := strconv.ParseFloat(got, 64)
		if err1 != nil || err2 != nil {
			return false
		}
		switch {
		case g < w:
			return f(-1)
		case g > w:
			return f(1)
		}
		return f(0)
	})
}

// date passes the sign of got compared with want.
func date(f func(sign int) bool) test {
	return literal(func(want, got string) bool {
		w, ok1 := readDate(want)
		g, ok2 := readDate(got)
		return ok1 && ok2 && f(g.Compare(w))
	})
}

// readDate reads the W3C forms of ISO 8601, or seconds since 1970.
func readDate(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Unix(n, 0), err == nil
}
