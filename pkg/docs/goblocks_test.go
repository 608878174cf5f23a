package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Go in the guide is code that is compiled and run: its lines stand, in their order, in a test.
func TestGoIsRun(t *testing.T) {
	text, err := os.ReadFile("../emulator/guide_test.go")
	require.NoError(t, err)
	found := 0
	for _, p := range load(t) {
		for _, b := range p.Blocks {
			if b.Language != "go" {
				continue
			}
			found++
			rest := string(text)
			for line := range strings.SplitSeq(b.Text, "\n") {
				line = strings.TrimSpace(line)
				if line == "" || strings.HasPrefix(line, "//") {
					continue
				}
				_, after, ok := strings.Cut(rest, "\t"+line+"\n")
				require.True(t, ok, "%s: not in pkg/emulator/guide_test.go, in this order: %s", p.At(b.Line), line)
				rest = after
			}
		}
	}
	require.Positive(t, found)
}
