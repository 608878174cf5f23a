package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/docs"
	"github.com/ampkit/ampkit/pkg/emulator"
)

// A page's console blocks are what somebody typed, and what came of it. They are run from top to bottom as one session
// of bash, beside an emulator as "ampkit emulator" starts it, with what that prints exported. In them
//
//   - http://127.0.0.1:9099 is the emulator, and ws-… its workspace; 127.0.0.1:8005 is a free address;
//   - a line … stands for any lines;
//   - times, sizes, ports, ids and numbers with decimals may differ, and so may charts;
//   - but an id that stands on the page twice is one id.
//
// To rewrite what came of it: go test ./pkg/cmd/ampkit -run Transcripts -update
// It rewrites the whole page, so that all of its blocks are of one run.
func TestTranscripts(t *testing.T) {
	pages, err := docs.Load(repository)
	require.NoError(t, err)
	for _, p := range pages {
		if slices.ContainsFunc(p.Blocks, func(b docs.Block) bool { return b.Language == "console" }) {
			t.Run(p.Path, func(t *testing.T) { runTranscripts(t, p) })
		}
	}
}

const (
	shownAddress   = "127.0.0.1:9099"
	shownProxy     = "127.0.0.1:8005"
	shownWorkspace = "ws-…"
	demoByMage     = "go tool mage demo"
)

func runTranscripts(t *testing.T, p *docs.Page) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the guide's commands; not with -short")
	}
	w := newReaderWorld(t)
	var commands []typed
	for _, b := range p.Blocks {
		if b.Language == "console" {
			commands = append(commands, transcript(b.Text)...)
		}
	}
	outputs := w.session(t, commands)
	same, ids := true, map[string]string{}
	differ := func(where string, cmd typed, got []string, why string) {
		same = false
		if !golden.FlagUpdate() {
			t.Errorf("%s: $ %s\n--- the page says\n%s\n--- but it prints\n%s\n%s(rewrite the page with -update)",
				where, cmd.text, strings.Join(cmd.output, "\n"), strings.Join(got, "\n"), why)
		}
	}
	at, end := 0, 0
	var changed []byte
	for _, b := range p.Blocks {
		if b.Language != "console" {
			continue
		}
		changed = append(changed, p.Source[end:b.Start]...)
		end = b.End
		for _, cmd := range transcript(b.Text) {
			got, ok := retold(cmd.output, outputs[at])
			at++
			if !ok {
				differ(p.At(b.Line), cmd, got, "")
			} else if was := otherID(ids, cmd.output, got); was != "" {
				differ(p.At(b.Line), cmd, got, was+" is another id elsewhere on the page: its blocks are of different runs\n")
			}
			cmd.output = got
			changed = append(changed, cmd.String()...)
		}
	}
	changed = append(changed, p.Source[end:]...)
	if golden.FlagUpdate() && !same {
		require.NoError(t, os.WriteFile(filepath.Join(repository, filepath.FromSlash(p.Path)), changed, 0o600))
	}
}

// otherID is an id of the page that stands for another one in this run than it did before, or "". known are those met.
func otherID(known map[string]string, shown, got []string) string {
	is := func(lines []string) []string { return anID.FindAllString(strings.Join(lines, "\n"), -1) }
	then, now := is(shown), is(got)
	if len(then) != len(now) {
		return "" // some are shortened on the page
	}
	for i, id := range then {
		if old, met := known["then "+id]; met && old != now[i] {
			return id
		}
		if old, met := known["now "+now[i]]; met && old != id {
			return id
		}
		known["then "+id], known["now "+now[i]] = now[i], id
	}
	return ""
}

// typed is a command and what it printed.
type typed struct {
	text   string // as the shell gets it, over several lines maybe
	output []string
}

func (c typed) String() string {
	lines := append([]string{"$ " + c.text}, c.output...)
	return strings.Join(lines, "\n") + "\n"
}

// transcript takes a console block apart. A command goes on in the next line after a backslash.
func transcript(block string) []typed {
	var out []typed
	open := false
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		switch begun, isPrompt := strings.CutPrefix(line, "$ "); {
		case open:
			out[len(out)-1].text += "\n" + line
		case isPrompt:
			out = append(out, typed{text: begun})
		case len(out) > 0:
			out[len(out)-1].output = append(out[len(out)-1].output, line)
			continue
		default:
			out = append(out, typed{text: "false # no command before " + line})
		}
		open = strings.HasSuffix(line, `\`)
	}
	return out
}

// readerWorld is the machine of somebody who follows a page.
type readerWorld struct {
	address, proxy, workspace string
	env                       []string
	dir                       string
}

func newReaderWorld(t *testing.T) *readerWorld {
	t.Helper()
	e, err := emulator.New(emulator.Options{Clusters: []string{"demo"}, FaultAPI: true})
	require.NoError(t, err)
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, e.Close())
	})
	ws, err := e.NamedWorkspace(t.Context(), "demo")
	require.NoError(t, err)
	key, err := adminKey(e)
	require.NoError(t, err)
	w := &readerWorld{address: server.Listener.Addr().String(), proxy: freeAddress(t), workspace: ws.ID, dir: t.TempDir()}
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + t.TempDir(), "NO_COLOR=1", "LC_ALL=C.UTF-8", "TZ=UTC",
		"AWS_ENDPOINT_URL=" + server.URL, "AWS_REGION=" + e.Region(), "AWS_DEFAULT_REGION=" + e.Region(),
		"AWS_ACCESS_KEY_ID=" + key.ID, "AWS_SECRET_ACCESS_KEY=" + key.Secret,
	}
	return w
}

// real puts what there is here in the place of what the page shows.
func (w *readerWorld) real(command string) string {
	return strings.NewReplacer(shownAddress, w.address, shownProxy, w.proxy, shownWorkspace, w.workspace).Replace(command)
}

func (w *readerWorld) shown(output string) string {
	return strings.NewReplacer(w.address, shownAddress, w.proxy, shownProxy, w.dir, "~").Replace(output)
}

// session runs the commands in one shell and returns what each printed, on either stream.
func (w *readerWorld) session(t *testing.T, commands []typed) [][]string {
	t.Helper()
	const mark = "\x1e"
	var script strings.Builder
	for _, c := range commands {
		text := w.real(c.text)
		if c.text == demoByMage {
			text = "ampkit demo --plugin " + builtPlugin(t) // what the target does
		}
		fmt.Fprintf(&script, "%s\nprintf '%s'\n", text, mark)
	}
	script.WriteString("kill $(jobs -p) 2>/dev/null; wait\n")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	bash := exec.CommandContext(ctx, "bash")
	bash.Stdin, bash.Dir, bash.Env, bash.WaitDelay = strings.NewReader(script.String()), w.dir, w.env, 10*time.Second
	out, err := bash.CombinedOutput()
	require.NoError(t, ctx.Err(), "%s", out)
	if err != nil {
		t.Logf("bash: %v", err) // the exit code of kill
	}
	pieces := strings.Split(string(out), mark)
	require.Len(t, pieces, len(commands)+1, "%s", out)
	outputs := make([][]string, len(commands))
	for i := range outputs {
		if text := strings.Trim(w.shown(pieces[i]), "\n"); text != "" {
			for line := range strings.SplitSeq(text, "\n") {
				outputs[i] = append(outputs[i], strings.TrimRight(line, " "))
			}
		}
	}
	return outputs
}

// builtPlugin is the plugin, built as the release is.
func builtPlugin(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gpx_ampkit_"+runtime.GOOS+"_"+runtime.GOARCH)
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", "arrow_json_stdlib", "-o", file, "../../")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return file
}

// elision is a line that stands for any lines.
const elision = "…"

// alike compares what a page shows with what was printed.
func alike(shown, got []string) bool {
	_, ok := retold(shown, got)
	return ok
}

// retold is what was printed as the page shows it: with its elisions, if it is alike.
func retold(shown, got []string) ([]string, bool) {
	at := slices.Index(shown, elision)
	if at < 0 {
		return got, slices.Equal(normal(shown), normal(got))
	}
	for first := 0; first <= len(got); first++ { // a chart may have fewer lines or more
		if !slices.Equal(normal(shown[:at]), normal(got[:first])) {
			continue
		}
		for rest := first; rest <= len(got); rest++ {
			if tail, ok := retold(shown[at+1:], got[rest:]); ok {
				return slices.Concat(got[:first], []string{elision}, tail), true
			}
		}
	}
	return got, false
}

var (
	chartLine = regexp.MustCompile(`[┤┼┬└]`)
	anID      = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?:vpce|a)-[0-9a-f]{17}\b`)
	axisLine  = regexp.MustCompile(`^[\s\d:]*\d\d:\d\d[\s\d:]*$`)
	differing = []struct {
		found *regexp.Regexp
		name  string
	}{
		{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "ID"},
		{regexp.MustCompile(`ws-…`), "ws-ID"},
		{regexp.MustCompile(`\b(vpce|a)-[0-9a-f]{17}\b`), "$1-ID"},
		{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
		{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|[+-]\d\d:\d\d)?|\b\d\d:\d\d(:\d\d)?\b|\b\d{4}-\d\d-\d\d\b`), "TIME"},
		{regexp.MustCompile(`\bA(KIA|SIA|ROA|IDA|GPA)[A-Z0-9]+`), "KEY"},
		{regexp.MustCompile(`[\d,]+(\.\d+)?\s?(µs|ms|s|min)\b|\d+m\d+(\.\d+)?s\b`), "TIME"},
		{regexp.MustCompile(`[\d,]+(\.\d+)?\s?([kMG]?B)\b`), "SIZE"},
		{regexp.MustCompile(`[\d.]+ req/s`), "NUMBER req/s"},
		{regexp.MustCompile(`\d[\d,]*\.\d+(e[+-]?\d+)?|\d+e[+-]\d+|\d+%`), "NUMBER"},
		{regexp.MustCompile(`gpx_ampkit_[a-z0-9_]+`), "gpx_ampkit"},
		{regexp.MustCompile(`process \d+`), "process"},
		{regexp.MustCompile(`(✓ clock +)(right|\S+ (behind|ahead of) AWS's)`), "$1"}, // within what is allowed
		{regexp.MustCompile(`[█▏▎▍▌▋▊▉]+`), ""},
		{regexp.MustCompile(`\s+`), " "},
	}
)

// normal takes out what is another each time.
func normal(lines []string) []string {
	var out []string
	for _, line := range lines {
		if chartLine.MatchString(line) || axisLine.MatchString(line) {
			line = "(chart)"
			if len(out) > 0 && out[len(out)-1] == line {
				continue
			}
		}
		for _, d := range differing {
			line = d.found.ReplaceAllString(line, d.name)
		}
		out = append(out, strings.TrimSpace(line))
	}
	return out
}

func TestRetold(t *testing.T) {
	shown := strings.Split("ws 1.2 ms\n…\nend 3 ms", "\n")
	got, ok := retold(shown, strings.Split("ws 4.5 ms\nb\nc\nend 6 ms", "\n"))
	require.True(t, ok)
	require.Equal(t, []string{"ws 4.5 ms", elision, "end 6 ms"}, got)
}

func TestOtherID(t *testing.T) {
	known := map[string]string{}
	a, b, c := "vpce-0a3f5c7e9b1d20001", "vpce-0a3f5c7e9b1d20002", "vpce-0a3f5c7e9b1d20003"
	require.Empty(t, otherID(known, []string{"made " + a, "made " + b}, []string{"made " + b, "made " + c}))
	require.Empty(t, otherID(known, []string{"gone " + a}, []string{"gone " + b}))
	require.Equal(t, b, otherID(known, []string{"gone " + b}, []string{"gone " + b}), "it stood for another one")
	require.Equal(t, c, otherID(known, []string{"gone " + c}, []string{"gone " + b}), "another one stood for it")
}

func TestAlike(t *testing.T) {
	for _, tt := range []struct {
		shown, got string
		want       bool
	}{
		{"a 1.2 ms", "a 300 ms", true},
		{"wrote 44 series", "wrote 45 series", false},
		{"a\n…\nz", "a\nb\nc\nz", true},
		{"a\n…\nz", "a\nz", true},
		{"a\n…\nz", "a\nb", false},
		{"a\n…", "b", false},
		{"…", "b\nc", true},
		{"http://127.0.0.1:9099/workspaces/ws-…/", "http://127.0.0.1:4711/workspaces/ws-92d0134f-5e56-4219-aa29-d9b6904673de/", true},
		{" 5 ┤ ──\n 4 ┤╭╯\n └┬──\n  21:46   21:56", " 7 ┤ ─\n └┬──\n  22:46   22:56", true},
		{`{path="/a"}  1.5`, `{path="/a"}  17.25`, true},
		{`{path="/a"}  1.5`, `{path="/b"}  1.5`, false},
	} {
		require.Equal(t, tt.want, alike(strings.Split(tt.shown, "\n"), strings.Split(tt.got, "\n")), "%q, %q", tt.shown, tt.got)
	}
}
