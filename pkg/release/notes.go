package release

import (
	"fmt"
	"strings"
)

// Unreleased heads the part of the changelog that no release has yet.
const Unreleased = "Unreleased"

// Notes is what the changelog says of a version: the lines below its heading, `## <version>`, which may go on with a
// date behind a slash.
func Notes(changelog, version string) (string, error) {
	var notes []string
	found := false
	for line := range strings.Lines(changelog) {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			if found {
				break
			}
			name, _, _ := strings.Cut(heading, "/")
			found = strings.TrimSpace(name) == version
			continue
		}
		if found {
			notes = append(notes, line)
		}
	}
	text := strings.TrimSpace(strings.Join(notes, ""))
	switch {
	case !found:
		return "", fmt.Errorf("the changelog has no heading \"## %s\": write what is new in it", version)
	case text == "":
		return "", fmt.Errorf("the changelog says nothing of %s", version)
	}
	return text + "\n", nil
}
