package docs_test

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/docs"
)

const root = "../.."

// hosts are whom the guide may send its readers to.
var hosts = []string{"docs.aws.amazon.com", "aws.amazon.com", "grafana.com", "prometheus.io", "github.com", "helm.sh", "no-color.org"}

func load(t *testing.T) []*docs.Page {
	t.Helper()
	pages, err := docs.Load(root)
	require.NoError(t, err)
	require.Greater(t, len(pages), 30, "this test looks at the wrong thing")
	return pages
}

// Every relative link leads to a file, and to a heading where it names one; others go to hosts of the list, over https.
func TestLinks(t *testing.T) {
	pages := load(t)
	known := map[string]*docs.Page{}
	for _, p := range pages {
		known[p.Path] = p
	}
	for _, p := range pages {
		for _, l := range p.Links {
			if why := broken(p, l.Text, known); why != "" {
				t.Errorf("%s: %s: %s", p.At(l.Line), l.Text, why)
			}
		}
	}
}

func broken(p *docs.Page, target string, known map[string]*docs.Page) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme == "http" && strings.HasPrefix(u.Host, "127.0.0.1"):
		return "" // something the reader has just started
	case u.Scheme != "":
		if u.Scheme != "https" || !slices.Contains(hosts, u.Host) {
			return "not https, or a host that is not on the list"
		}
		return ""
	case strings.HasPrefix(u.Path, "/"):
		return "absolute: it leads nowhere on a copy"
	}
	name := p.Path
	if u.Path != "" {
		name = path.Join(path.Dir(p.Path), u.Path)
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
			return "there is no such file"
		}
	}
	if u.Fragment == "" {
		return ""
	}
	if page := known[name]; page == nil || !page.Anchors[u.Fragment] {
		return "there is no such heading"
	}
	return ""
}

// Every page of the guide can be reached from the README.
func TestEveryPageIsLinked(t *testing.T) {
	pages := load(t)
	known := map[string]*docs.Page{}
	for _, p := range pages {
		known[p.Path] = p
	}
	seen := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		p := known[name]
		if p == nil || seen[name] {
			return
		}
		seen[name] = true
		for _, l := range p.Links {
			target, _, _ := strings.Cut(l.Text, "#")
			follow(path.Join(path.Dir(name), target))
			follow(path.Join(path.Dir(name), target, "README.md"))
		}
	}
	follow("README.md")
	for _, p := range pages {
		if !seen[p.Path] {
			t.Errorf("%s can't be reached from README.md by links", p.Path)
		}
	}
}

func TestParse(t *testing.T) {
	p := docs.Parse("x.md", []byte("# A `b`: c's\n\n## Twice\n\n## Twice\n\nsee [it](y.md#z) and `ampkit x`\n\n| a |\n|---|\n| [c](d) `e \\| f` |\n\n```sh\none\ntwo\n```\n"))
	require.Equal(t, map[string]bool{"a-b-cs": true, "twice": true, "twice-1": true}, p.Anchors)
	require.Equal(t, []docs.Span{{Text: "y.md#z", Line: 7}, {Text: "d", Line: 11}}, p.Links)
	require.Equal(t, "b", p.Code[0].Text)
	require.Equal(t, docs.Span{Text: "ampkit x", Line: 7}, p.Code[1])
	require.Equal(t, []docs.Block{{Language: "sh", Text: "one\ntwo\n", Line: 14, Start: 106, End: 114}}, p.Blocks)
	require.Equal(t, "one\ntwo\n", string(p.Source[p.Blocks[0].Start:p.Blocks[0].End]))
}
