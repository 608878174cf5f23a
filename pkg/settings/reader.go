package settings

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reader looks keys up by their exact spelling and collects what is wrong, so
// that a user sees all of it at once.
type reader struct {
	data   map[string]json.RawMessage
	secure map[string]string
	asked  []string
	errs   []error
}

func newReader(jsonData []byte, secure map[string]string) (*reader, error) {
	data, err := decodeObject(jsonData)
	if err != nil {
		return nil, err
	}
	return &reader{data: data, secure: secure}, nil
}

func (r *reader) fail(key, format string, args ...any) {
	r.errs = append(r.errs, &Error{Key: key, Reason: fmt.Sprintf(format, args...)})
}

// scalar returns the value under key as text, whether it was written as a
// string, a number or a boolean; "" when absent, null or blank.
func (r *reader) scalar(key string) string {
	r.asked = append(r.asked, key)
	raw, ok := r.data[key]
	if !ok {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			r.fail(key, "%v", err)
		}
		return strings.TrimSpace(s)
	case '{', '[':
		r.fail(key, "is a JSON object or list, expected one value")
		return ""
	case 'n':
		return ""
	}
	return string(raw)
}

// text returns the value of the first of the names that has one. The rest are
// aliases; two names with different values are refused.
func (r *reader) text(names ...string) string {
	value, from := "", ""
	for _, name := range names {
		switch v := r.scalar(name); {
		case v == "" || v == value:
		case value == "":
			value, from = v, name
		default:
			r.fail(from, "is %q, but %s, another name for it, is %q: remove one of them", value, name, v)
		}
	}
	return value
}

// secret is text for secureJsonData: values are never named.
func (r *reader) secret(names ...string) Secret {
	value, from := "", ""
	for _, name := range names {
		switch v := strings.TrimSpace(r.secure[name]); {
		case v == "" || v == value:
		case value == "":
			value, from = v, name
		default:
			r.fail(from, "and %s, another name for it, hold different secrets: remove one of them", name)
		}
	}
	return Secret(value)
}

func (r *reader) boolean(key string, absent bool) bool {
	switch v := strings.ToLower(r.scalar(key)); v {
	case "":
		return absent
	case "true":
		return true
	case "false":
		return false
	default:
		r.fail(key, "%q is neither true nor false", v)
		return absent
	}
}

func (r *reader) duration(key string, absent time.Duration) time.Duration {
	v := r.scalar(key)
	if v == "" {
		return absent
	}
	d, err := parseDuration(v)
	if err != nil {
		r.fail(key, "%v", err)
		return absent
	}
	return d
}

func (r *reader) count(key string) int64 {
	v := r.scalar(key)
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil && n >= 0 {
		return n
	}
	// 5e7 and 1000000.0 are what other tools write for a large whole number.
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f < 0 || f != math.Trunc(f) || f > 1<<53 {
		r.fail(key, "%q is not a whole number of samples", v)
		return 0
	}
	return int64(f)
}

func (r *reader) authType(names ...string) AuthType {
	switch v := r.text(names...); AuthType(v) {
	case "", "arn": // arn is what Grafana wrote before assume role had a field of its own
		return AuthDefault
	case "sharedCreds": // the old word for credentials
		return AuthCredentials
	case AuthDefault, AuthKeys, AuthCredentials, AuthEC2IAMRole, AuthGrafanaAssumeRole:
		return AuthType(v)
	default:
		r.fail(names[0], "%q is not one of default, keys, credentials, ec2_iam_role, grafana_assume_role", v)
		return AuthDefault
	}
}

// misspelt warns of keys that equal one we read but for upper and lower case:
// assumeRoleARN for assumeRoleArn has cost people days.
func (r *reader) misspelt() []string {
	var out []string
	for key := range r.data {
		if slices.Contains(r.asked, key) {
			continue
		}
		for _, known := range r.asked {
			if strings.EqualFold(key, known) {
				out = append(out, fmt.Sprintf("%s has no effect: the key is spelt %s", key, known))
			}
		}
	}
	slices.Sort(out)
	return out
}
