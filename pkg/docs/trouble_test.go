package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

// trouble is an error as its user sees it, caused by running what says it.
type trouble struct {
	text string
	// help is what it means and what to do, as Markdown.
	help string
}

// section is a part of the page.
type section struct {
	title, intro string
	troubles     []trouble
}

const troubleshoot = root + "/docs/troubleshoot.md"

// docs/troubleshoot.md holds every error that the data source, "Save & test", the doctor and the proxy can give, in the
// words of the code: go test ./pkg/docs -run Golden -update
func TestTroubleshootGolden(t *testing.T) {
	golden.Assert(t, render(sections(t)), "../"+troubleshoot)
}

func sections(t *testing.T) []section {
	t.Helper()
	withoutAWS(t)
	return []section{
		settingsTroubles(t), urlTroubles(t), grafanaTroubles(t), credentialTroubles(t), stsTroubles(t),
		answerTroubles(t), networkTroubles(t), queryTroubles(t), workspaceTroubles(t), editorTroubles(t), proxyTroubles(t), commandTroubles(t),
	}
}

func render(all []section) string {
	var b strings.Builder
	b.WriteString(`# Troubleshooting

Search this page for a piece of the message. Ids, ARNs, regions and times in it are examples; the rest is what is printed,
word for word: the page is made by causing each error, and a test compares.

Before you search: **Save & test** in the data source, and ` + "`ampkit doctor`" + ` on the command line, examine everything from
credentials to permissions in one go, and name what to do.

![Save & test, with a permission that is missing and what to do about it](img/save-and-test.png)

What they check, in their order:

`)
	for _, c := range checks() {
		fmt.Fprintf(&b, "- **%s**: %s\n", c[0], strings.NewReplacer("<", "\\<", "[", "\\[").Replace(c[1]))
	}
	b.WriteString("\nA check that is \"not checked\" (–) is no failure: it was not permitted, or another one stands in its way and says why.\n\n")
	for _, s := range all {
		anchor := strings.ReplaceAll(strings.ToLower(regexp.MustCompile(`[^A-Za-z &-]`).ReplaceAllString(s.title, "")), " ", "-")
		fmt.Fprintf(&b, "- [%s](#%s)\n", s.title, strings.ReplaceAll(anchor, "&", ""))
	}
	for _, s := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.title, s.intro)
		for _, tr := range s.troubles {
			fence := "`"
			if strings.Contains(tr.text, fence) {
				fence = "``"
			}
			fmt.Fprintf(&b, "\n> %s%s%s\n\n%s\n", fence, strings.ReplaceAll(tr.text, "\n", " "), fence, tr.help)
		}
	}
	return b.String()
}

// checks are the names of the doctor's checks, with the comment that each has in the code.
func checks() [][2]string {
	file, err := parser.ParseFile(token.NewFileSet(), "../doctor/report.go", nil, parser.ParseComments)
	if err != nil {
		panic(err)
	}
	var out [][2]string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Comment == nil {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Name" {
			name, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			out = append(out, [2]string{name, strings.TrimSpace(v.Comment.Text())})
		}
		return true
	})
	return out
}

// sources are the rooms that make the errors of the page.
var sources = []string{"settings", "amp", "awscreds", "query", "plugin", "doctor", "proxy"}

// unseen are texts of the sources that are not on the page, with the reason.
var unseen = map[string]string{
	"read refusal: %w":                   "goes to the proxy's log only",
	"proxy: ":                            "of starting ampkit proxy: it names the flag",
	"%q is none of read, write, ":        "of starting ampkit proxy: it names the flag",
	"nothing is allowed: want some of":   "of starting ampkit proxy: it names the flag",
	"a client certificate is needed":     "self-explaining, and needs certificates to cause",
	"the body did not come in whole":     "a caller that stopped in its middle",
	"unknown auth type ":                 "package settings refuses it before",
	"details of the health check":        "a fault of ours",
	"is not one that is asked for":       "the plugin and the commands ask for nothing else",
	"unpack the answer: %w":              "what follows it says it",
	"STS could not be asked":             "no failure of a check: not needed",
	"no answer within":                   "what it says; 15 s are too long for a test",
	"Credentials: ":                      "praise, not an error",
	" Note: ":                            "praise, not an error",
	"completion lacks":                   "praise, not an error",
	"the plugin failed: %v":              "a fault of ours",
	"\x00 is not permitted":              "the doctor's short form of: is not authorized to perform",
	"credentials are still being":        "of the proxy's first second",
	"method not allowed":                 "of the probes of ampkit proxy",
	"no credentials\n":                   "of the probes of ampkit proxy",
	"not found\n":                        "of the probes of ampkit proxy",
	"the service switched protocols":     "no AMP does",
	"read of a closed request body":      "a fault of ours",
	"does not take the credentials any":  "of the proxy, for the second until others are fetched",
	"is not asked for":                   "the plugin and the commands ask for nothing else",
	"the URL can't be read":              "Grafana sends none that can't be",
	"the form can't be read":             "the front end sends none that can't be",
	"the URL's parameters can't be read": "the front end sends none that can't be",
	"there is no resource":               "the front end asks for nothing else",
	"is not offered for":                 "the front end asks for nothing else",
	"the request's body is over":         "the front end sends nothing as large",
	"the request can't be read":          "the front end sends none that can't be",
	"jsonData: %w":                       "package settings says it before",
	"the data source was changed or":     "its panels are asked again at once",
	"source of credentials gave":         "a credentials provider that is broken",
	"HTTP settings: %w":                  "what the plugin SDK says of certificates follows it",
	"the request was cancelled":          "nobody is left to read it",
	"took a body that can't be decoded":  "an AMP that does not look at what is written",
}

// Every text by which the sources refuse something is on the page, or among unseen with a reason.
func TestTroubleshootIsComplete(t *testing.T) {
	raw, err := os.ReadFile(troubleshoot)
	require.NoError(t, err)
	page := string(raw)
	used := map[string]bool{}
	for _, room := range sources {
		texts := refusals(t, "../"+room)
		require.NotEmpty(t, texts, room)
		for _, text := range texts {
			if pattern := asPattern(text); pattern == nil || pattern.MatchString(page) {
				continue
			}
			if why := excused(text); why != "" {
				used[why] = true
				continue
			}
			t.Errorf("pkg/%s says %q, which is not in docs/troubleshoot.md: cause it in pkg/docs, or say in unseen why not", room, text)
		}
	}
	for begin := range unseen {
		if !used[begin] {
			t.Errorf("nothing says %q any more: take it out of unseen", begin)
		}
	}
}

func excused(text string) string {
	for begin := range unseen {
		if strings.Contains(text, begin) {
			return begin
		}
	}
	return ""
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]|%%|\x00`)

// asPattern matches what the format can come to; nil for one that has no words of its own.
func asPattern(format string) *regexp.Regexp {
	parts := verb.Split(format, -1)
	if len(strings.Join(parts, "")) < 8 {
		return nil
	}
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(strings.Join(parts, ".*"))
}

// saying are the calls whose first text is one for the user, and told the fields that hold one.
var (
	saying = []string{"fail", "refuse", "refused", "Errorf", "New"}
	told   = []string{"Message", "Reason", "Remedy", "text", "message"}
)

// refusals finds the texts of errors in a package's code. What is only known when it runs is \x00 in them.
func refusals(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	f := finder{constants: constants(files)}
	for _, file := range files {
		ast.Inspect(file, f.visit)
	}
	slices.Sort(f.found)
	return slices.Compact(f.found)
}

type finder struct {
	constants map[string]ast.Expr
	found     []string
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if slices.Contains(saying, name(n.Fun)) {
			for _, a := range n.Args {
				f.add(a)
			}
		}
	case *ast.KeyValueExpr:
		if slices.Contains(told, name(n.Key)) {
			f.add(n.Value)
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if slices.Contains(told, name(left)) && len(n.Rhs) == len(n.Lhs) {
				f.add(n.Rhs[i])
			}
		}
	case *ast.FuncDecl:
		if slices.Contains([]string{"remedy", "serviceRemedy", "reach", "grant", "CheckRegion"}, n.Name.Name) {
			ast.Inspect(n, func(n ast.Node) bool {
				if r, ok := n.(*ast.ReturnStmt); ok {
					for _, e := range r.Results {
						f.add(e)
					}
				}
				return true
			})
		}
	case *ast.ValueSpec:
		if len(n.Names) == 1 && n.Names[0].Name == "stsRemedies" {
			for _, e := range n.Values[0].(*ast.CompositeLit).Elts {
				f.add(e.(*ast.KeyValueExpr).Value)
			}
		}
	}
	return true
}

func (f *finder) add(e ast.Expr) {
	if call, ok := e.(*ast.CallExpr); ok {
		if name(call.Fun) == "Sprintf" {
			f.add(call.Args[0])
		}
		return
	}
	if text := f.fold(e); strings.Contains(text, " ") {
		f.found = append(f.found, text)
	}
}

// fold is the text of an expression, as far as it is known.
func (f *finder) fold(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return f.fold(e.X) + f.fold(e.Y)
		}
	case *ast.ParenExpr:
		return f.fold(e.X)
	case *ast.Ident:
		if value, ok := f.constants[e.Name]; ok {
			return f.fold(value)
		}
	}
	return "\x00"
}

func constants(files []*ast.File) map[string]ast.Expr {
	out := map[string]ast.Expr{}
	for _, file := range files {
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				if v := s.(*ast.ValueSpec); len(v.Values) == len(v.Names) {
					for i, n := range v.Names {
						out[n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	return out
}

func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
