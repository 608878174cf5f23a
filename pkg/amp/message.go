package amp

import (
	"bytes"
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// said is what the body of a refusal told.
type said struct {
	text string
	code string // AWS's code or Prometheus' errorType
	prom bool   // code is Prometheus' errorType
}

var (
	invisible = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</\s*(script|style|head)\s*>|<!--.*?-->|<\?.*?\?>|<!doctype[^>]*>`)
	title     = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	tag       = regexp.MustCompile(`<[^>]*>`)
	emptyRoot = regexp.MustCompile(`^<([A-Za-z][A-Za-z0-9]*)\s*/?>`)
)

// readMessage reads every form that AMP, the edge before it and Prometheus
// answer with: {"message"}, {"Message"}, Prometheus' error JSON, plain text,
// HTML, XML, nothing.
func readMessage(resp *http.Response) said {
	body := bytes.TrimSpace(readBody(resp))
	var s said
	switch {
	case len(body) == 0:
	case body[0] == '{':
		s = fromJSON(body)
	case body[0] == '<':
		s = fromMarkup(string(body))
	default:
		s.text = printable(string(body))
	}
	if s.text == "" {
		s.text = strings.ToLower(http.StatusText(resp.StatusCode))
	}
	return s
}

func fromJSON(body []byte) said {
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil {
		return said{text: printable(string(body))}
	}
	text := func(keys ...string) string {
		for _, key := range keys {
			var s string
			if json.Unmarshal(m[key], &s) == nil && s != "" {
				return printable(s)
			}
		}
		return ""
	}
	if code := text("errorType"); code != "" {
		return said{text: text("error"), code: code, prom: true}
	}
	s := said{text: text("message", "Message", "errorMessage", "error"), code: shapeName(text("__type", "code", "Code"))}
	if s.text == "" {
		s.text = printable(string(body))
	}
	return s
}

// shapeName takes the namespace off com.amazonaws.aps#AccessDeniedException.
func shapeName(code string) string {
	return strings.TrimSpace(code[strings.LastIndexByte(code, '#')+1:])
}

func fromMarkup(body string) said {
	if m := emptyRoot.FindStringSubmatch(body); m != nil && strings.HasSuffix(m[1], "Exception") {
		return said{text: m[1], code: m[1]}
	}
	heading := ""
	if m := title.FindStringSubmatch(body); m != nil {
		heading = words(m[1])
	}
	text := words(tag.ReplaceAllString(invisible.ReplaceAllString(body, " "), " "))
	switch {
	case text == "" || strings.HasPrefix(heading, text):
		text = heading
	case heading != "" && !strings.HasPrefix(text, heading):
		text = heading + ": " + text
	}
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return said{text: text}
}

func words(s string) string {
	return strings.Join(strings.Fields(printable(html.UnescapeString(s))), " ")
}

// printable keeps line breaks and tabs, and drops what would upset a terminal.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || (unicode.IsControl(r) && r != '\n' && r != '\t') {
			return -1
		}
		return r
	}, s))
}
