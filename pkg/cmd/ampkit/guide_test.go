package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"mvdan.cc/sh/v3/syntax"

	"github.com/ampkit/ampkit/pkg/docs"
)

const repository = "../../.."

// others are the programs that the guide's commands may call beside our own.
var others = strings.Fields(`aws apt-get cat cd chmod chown cp curl cut docker echo eval export git go grafana grep head helm jq kill
	kubectl ls mkdir node npm npx python3 pip prometheus rm sed sha256sum sleep sudo systemctl tail tar test true unset unzip wait`)

// inline is code in a line that is a command, and not a message that begins with its name.
var inline = regexp.MustCompile(`^(bin/ampkit|ampkit|go|npm) [a-z0-9-]+(\s|$)`)

// Every command in the guide's sh and console blocks, in its inline code and in the examples of --help is one that
// exists, with flags that exist.
func TestGuideCommands(t *testing.T) {
	pages, err := docs.Load(repository)
	require.NoError(t, err)
	c := newChecker(t)
	for _, p := range pages {
		for _, b := range p.Blocks {
			switch b.Language {
			case "sh":
				c.script(p.At(b.Line), b.Text)
			case "console":
				for _, cmd := range transcript(b.Text) {
					c.script(p.At(b.Line), cmd.text)
				}
			}
		}
		for _, s := range p.Code {
			if inline.MatchString(s.Text) {
				text, _, _ := strings.Cut(s.Text, "|") // create | list | …
				c.mention(p.At(s.Line), text)
			}
		}
	}
	var examples func(*cobra.Command)
	examples = func(cmd *cobra.Command) {
		c.script(cmd.CommandPath()+" --help", cmd.Example)
		for _, sub := range cmd.Commands() {
			examples(sub)
		}
	}
	examples(newRootCmd(streams{}))
	require.Greater(t, c.checked, 80, "this test looks at the wrong thing")
}

func TestGuideCheckerFindsFaults(t *testing.T) {
	for text, want := range map[string]string{
		"ampkit nonsense":             "unknown command",
		"ampkit query --nonsense up":  "unknown flag",
		"A=$(ampkit irsa plam) true":  "unknown command",
		"true | ampkit doctor -z":     "unknown shorthand flag",
		"go tool mage nonsense":       "no such target",
		"npm run nonsense":            "no such script",
		"go test ./pkg/nonsense/":     "no such directory",
		"frobnicate":                  "not a program the guide may call",
		"ampkit query 'sum(' --width": "needs an argument",
		"ampkit \"":                   "without closing quote",
	} {
		c := newChecker(t)
		var faults []string
		c.fault = func(_, text string) { faults = append(faults, text) }
		c.script("here", text)
		require.Len(t, faults, 1, text)
		require.Contains(t, faults[0], want, text)
	}
}

// checker holds commands against what there is to call.
type checker struct {
	fault            func(where, text string)
	targets, scripts []string
	checked          int
}

func newChecker(t *testing.T) *checker {
	t.Helper()
	var pkg struct{ Scripts map[string]string }
	raw, err := os.ReadFile(filepath.Join(repository, "package.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &pkg))
	c := &checker{targets: mageTargets(t), fault: func(where, text string) { t.Errorf("%s: %s", where, text) }}
	for name := range pkg.Scripts {
		c.scripts = append(c.scripts, name)
	}
	return c
}

// mageTargets are the exported functions of the magefiles, as they are typed.
func mageTargets(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, "[Mm]agefile*.go"))
	require.NoError(t, err)
	var out []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				out = append(out, strings.ToLower(f.Name.Name))
			}
		}
	}
	require.Contains(t, out, "build")
	return out
}

// mention is a command in passing: what its last flag is to be may be missing.
func (c *checker) mention(where, text string) {
	strict := *c
	strict.fault = func(where, text string) {
		if !strings.Contains(text, "flag needs an argument") {
			c.fault(where, text)
		}
	}
	strict.script(where, text)
	c.checked = strict.checked
}

func (c *checker) script(where, text string) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		c.fault(where, err.Error()+" in "+text)
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		words := make([]string, len(call.Args))
		for i, w := range call.Args {
			words[i] = literal(w)
		}
		c.checked++
		if why := c.command(words); why != "" {
			c.fault(where, strings.Join(words, " ")+": "+why)
		}
		return true
	})
}

// literal is a word as far as it is known before the shell has run: what the shell puts in becomes 1, which may stand
// for a name as well as for a number.
func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(p.Value, "\\\n", ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(literal(&syntax.Word{Parts: p.Parts}))
		default:
			b.WriteString("1")
		}
	}
	return b.String()
}

func (c *checker) command(words []string) string {
	switch program := words[0]; {
	case program == "ampkit" || strings.HasSuffix(program, "/ampkit"):
		return ours(words[1:])
	case program == "go" && len(words) > 3 && words[1] == "tool" && words[2] == "mage":
		if words[3] != "-l" && !slices.Contains(c.targets, strings.ToLower(words[3])) {
			return "no such target"
		}
	case program == "go" && len(words) > 2 && (words[1] == "test" || words[1] == "run"):
		return directories(words[2:])
	case program == "npm" && len(words) > 2 && words[1] == "run":
		words = slices.DeleteFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") })
		if !slices.Contains(c.scripts, words[2]) {
			return "no such script"
		}
	case program == "ampkit-emulator" || slices.Contains(others, program):
	default:
		return "not a program the guide may call"
	}
	return ""
}

func ours(args []string) string {
	if slices.Equal(args, []string{"…"}) {
		return ""
	}
	root := newRootCmd(streams{})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err.Error()
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err.Error()
	}
	if left := cmd.Flags().Args(); cmd.HasSubCommands() && len(left) > 0 {
		return "unknown command " + left[0]
	}
	return ""
}

func directories(args []string) string {
	for _, a := range args {
		if below, ok := strings.CutPrefix(a, "./"); ok {
			if _, err := os.Stat(filepath.Join(repository, strings.TrimSuffix(below, "..."))); err != nil {
				return "no such directory"
			}
		}
	}
	return ""
}
