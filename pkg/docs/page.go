// Package docs reads the guide (the README files, CONTRIBUTING, CHANGELOG and docs/) for the tests that keep it true: links that
// lead somewhere, commands that exist, transcripts that run, settings that are understood.
package docs

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Page is one Markdown file.
type Page struct {
	// Path is below the repository's root, with slashes.
	Path   string
	Source []byte
	// Anchors are what a link's #fragment may name.
	Anchors map[string]bool
	// Links are the targets of links and images as they are written.
	Links []Span
	// Code are the texts of inline code.
	Code []Span
	// Blocks are the fenced code blocks.
	Blocks []Block
}

// Span is a piece of text in a line.
type Span struct {
	Text string
	Line int
}

// Block is a fenced code block.
type Block struct {
	// Language is the word after the fence: sh, console, yaml, ini …
	Language, Text string
	// Line is that of the first line inside the fence.
	Line int
	// Start and End are where Text is in the page's source.
	Start, End int
}

// At names a line for an error message, as editors understand it.
func (p *Page) At(line int) string { return fmt.Sprintf("%s:%d", p.Path, line) }

// Load reads the pages of the repository at root, docs/cli and the README files of folders included.
func Load(root string) ([]*Page, error) {
	names := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "src/README.md", "e2e/README.md", "provisioning/examples/README.md"}
	err := filepath.WalkDir(filepath.Join(root, "docs"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".md" {
			return err
		}
		below, err := filepath.Rel(root, name)
		names = append(names, filepath.ToSlash(below))
		return err
	})
	if err != nil {
		return nil, err
	}
	pages := make([]*Page, 0, len(names))
	for _, name := range names {
		source, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		pages = append(pages, Parse(name, source))
	}
	return pages, nil
}

// Parse reads one page.
func Parse(name string, source []byte) *Page {
	p := &Page{Path: name, Source: source, Anchors: map[string]bool{}}
	tree := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	// The visitor returns no error.
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			p.visit(n)
		}
		return ast.WalkContinue, nil
	})
	return p
}

func (p *Page) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.Heading:
		p.anchor(plain(n, p.Source))
	case *ast.Link:
		p.Links = append(p.Links, Span{string(n.Destination), p.line(n)})
	case *ast.Image:
		p.Links = append(p.Links, Span{string(n.Destination), p.line(n)})
	case *ast.AutoLink:
		p.Links = append(p.Links, Span{string(n.URL(p.Source)), p.line(n)})
	case *ast.CodeSpan:
		p.Code = append(p.Code, Span{plain(n, p.Source), p.line(n)})
	case *ast.FencedCodeBlock:
		if lines := n.Lines(); lines.Len() > 0 {
			start, end := lines.At(0).Start, lines.At(lines.Len()-1).Stop
			p.Blocks = append(p.Blocks, Block{
				Language: string(n.Language(p.Source)), Text: string(lines.Value(p.Source)),
				Line: p.lineAt(start), Start: start, End: end,
			})
		}
	}
}

// anchor adds a heading's anchor as GitHub makes it: lower case, letters, digits, hyphens and underscores, a hyphen for
// each space, and a number for one that was there before.
func (p *Page) anchor(heading string) {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
	name := slug
	for i := 1; p.Anchors[name]; i++ {
		name = fmt.Sprintf("%s-%d", slug, i)
	}
	p.Anchors[name] = true
}

// line is where the block begins that n is in; inline nodes have no place of their own.
func (p *Page) line(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return p.lineAt(n.Lines().At(0).Start)
		}
	}
	return 1
}

func (p *Page) lineAt(offset int) int { return 1 + bytes.Count(p.Source[:offset], []byte("\n")) }

func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
			continue
		}
		b.WriteString(plain(c, source))
	}
	return b.String()
}
