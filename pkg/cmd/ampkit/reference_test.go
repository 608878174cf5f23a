package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"
)

const referenceDir = "../../../docs/cli"

// docs/cli is generated from the commands: go test ./pkg/cmd/ampkit -run Reference -update
func TestReferenceIsCurrent(t *testing.T) {
	pages := map[string]string{}
	reference(t, newRootCmd(streams{}), pages)
	if golden.FlagUpdate() {
		require.NoError(t, os.RemoveAll(referenceDir))
	}
	for name, text := range pages {
		golden.Assert(t, text, filepath.Join("..", referenceDir, name))
	}
	files, err := filepath.Glob(filepath.Join(referenceDir, "*.md"))
	require.NoError(t, err)
	require.Len(t, files, len(pages), "pages in docs/cli: run with -update")
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
