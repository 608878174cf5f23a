package irsa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

const policyVersion = "2012-10-17"

// document and statement are the policies this package writes. What others
// wrote is read as raw JSON, because IAM takes many forms of the same thing.
type document struct {
	Version   string      `json:"Version"`
	Statement []statement `json:"Statement"`
}

type statement struct {
	Sid       string                       `json:"Sid,omitempty"`
	Effect    string                       `json:"Effect"`
	Principal map[string]string            `json:"Principal,omitempty"`
	Action    []string                     `json:"Action"`
	Resource  string                       `json:"Resource,omitempty"`
	Condition map[string]map[string]string `json:"Condition,omitempty"`
}

func (d document) String() string {
	return indent(marshal(d), "")
}

// marshal writes what IAM gets: strings and lists only, so it can't fail.
func marshal(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("irsa: " + err.Error())
	}
	return bytes.TrimSpace(b.Bytes())
}

func indent(raw json.RawMessage, prefix string) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, prefix, "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// list is a value that IAM takes as one or as several.
type list []json.RawMessage

func (l *list) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' || string(raw) == "null" {
		return json.Unmarshal(raw, (*[]json.RawMessage)(l))
	}
	*l = list{slices.Clone(raw)}
	return nil
}

// statementsOf gives the statements of a document, whether it has one or a list.
func statementsOf(doc string) (version string, statements list, err error) {
	var d struct {
		Version   string
		Statement list
	}
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		return "", nil, fmt.Errorf("policy document is not what IAM writes: %w", err)
	}
	return d.Version, d.Statement, nil
}

// same tells whether two documents mean the same: the order of statements and
// of what is in them, one or a list of one, letter case of actions and
// condition keys, spaces and Sids don't matter.
func same(a, b string) bool {
	x, errX := canonical(a)
	y, errY := canonical(b)
	return errX == nil && errY == nil && x == y
}

func canonical(doc string) (string, error) {
	version, statements, err := statementsOf(doc)
	if err != nil {
		return "", err
	}
	lines := make([]string, 0, len(statements)+1)
	for _, raw := range statements {
		line, err := canonicalStatement(raw)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return version + "\n" + strings.Join(slices.Compact(lines), "\n"), nil
}

// canonicalStatement is a statement in the one form of all that mean the same,
// without its Sid.
func canonicalStatement(raw json.RawMessage) (string, error) {
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("statement is not what IAM writes: %w", err)
	}
	out := map[string]any{}
	for key, value := range m {
		switch key = strings.ToLower(key); key {
		case "sid":
		case "action", "notaction":
			out[key] = set(value, strings.ToLower)
		case "principal", "notprincipal":
			if value == "*" {
				value = map[string]any{"AWS": "*"}
			}
			out[key] = sets(value, asIs)
		case "condition":
			operators := map[string]any{}
			for operator, keys := range asMap(value) {
				operators[strings.ToLower(operator)] = sets(keys, strings.ToLower)
			}
			out[key] = operators
		default:
			out[key] = set(value, asIs)
		}
	}
	return string(marshal(out)), nil
}

func asIs(s string) string { return s }

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// sets applies set to every member, whose name is changed by name.
func sets(v any, name func(string) string) map[string][]string {
	out := map[string][]string{}
	for key, value := range asMap(v) {
		out[name(key)] = set(value, asIs)
	}
	return out
}

// set is one value or several as a sorted list without duplicates.
func set(v any, each func(string) string) []string {
	values, several := v.([]any)
	if !several {
		values = []any{v}
	}
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = each(fmt.Sprint(value))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
