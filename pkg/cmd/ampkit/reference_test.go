package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite docs/cli")

const referenceDir = "../../../docs/cli"

// docs/cli is generated from the commands: go test ./pkg/cmd/ampkit -run Reference -update
func TestReferenceIsCurrent(t *testing.T) {
	pages := map[string]string{}
	reference(t, newRootCmd(streams{}), pages)
	if *update {
		require.NoError(t, os.RemoveAll(referenceDir))
		require.NoError(t, os.MkdirAll(referenceDir, 0o750))
		for name, text := range pages {
			require.NoError(t, os.WriteFile(filepath.Join(referenceDir, name), []byte(text), 0o600))
		}
	}
	files, err := filepath.Glob(filepath.Join(referenceDir, "*.md"))
	require.NoError(t, err)
	require.Len(t, files, len(pages), "pages in docs/cli: run with -update")
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(referenceDir, name))
		require.NoError(t, err, "run with -update")
		require.Equal(t, want, string(got), "%s is out of date: run with -update", name)
	}
}

// Every command that does something has examples and says what it does.
func TestEveryCommandExplainsItself(t *testing.T) {
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
		if cmd.IsAvailableCommand() && !cmd.HasSubCommands() && cmd.Name() != "help" {
			require.NotEmpty(t, cmd.Short, cmd.CommandPath())
			require.NotEmpty(t, cmd.Example, cmd.CommandPath())
			require.LessOrEqual(t, len([]rune(cmd.Short)), 80, cmd.CommandPath())
		}
	}
	visit(newRootCmd(streams{}))
}

func reference(t *testing.T, cmd *cobra.Command, pages map[string]string) {
	t.Helper()
	cmd.DisableAutoGenTag = true
	var b bytes.Buffer
	require.NoError(t, doc.GenMarkdown(cmd, &b))
	pages[strings.ReplaceAll(cmd.CommandPath(), " ", "_")+".md"] = b.String()
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			reference(t, sub, pages)
		}
	}
}
