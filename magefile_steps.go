//go:build mage

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/magefile/mage/sh"
)

type step struct {
	name string
	do   func() error
}

// run does the steps in order, goes on after a failure, and ends with one table and the tests that were skipped.
func run(steps ...step) error {
	var failed []error
	var table strings.Builder
	for _, s := range steps {
		progress(s.name)
		start := time.Now()
		err := s.do()
		outcome := "ok"
		if err != nil {
			outcome = "FAILED"
			failed = append(failed, fmt.Errorf("%s: %w", s.name, err))
		}
		fmt.Fprintf(&table, "  %-6s %6.1f s  %s\n", outcome, time.Since(start).Seconds(), s.name)
	}
	fmt.Printf("\n%s", table.String())
	for _, line := range skipped {
		fmt.Println("  not run:", line)
	}
	for _, line := range leftOut {
		fmt.Println("  not asked for:", line)
	}
	if len(skipped) > 0 && os.Getenv("AMPKIT_SKIPS") == "fail" {
		failed = append(failed, fmt.Errorf("%d tests did not run, and AMPKIT_SKIPS=fail", len(skipped)))
	}
	return errors.Join(failed...)
}

// skipped holds a line for each test that could not run on this machine.
var skipped []string

// goTest runs all Go tests with the race detector and remembers which were skipped, and why.
func goTest() error {
	events := filepath.Join(os.TempDir(), fmt.Sprintf("ampkit-go-test-%d.json", os.Getpid()))
	defer os.Remove(events)
	err := sh.RunV("go", "tool", "-modfile=tools/go.mod", "gotestsum", "--format", "pkgname-and-test-fails",
		"--hide-summary", "skipped", "--jsonfile", events, "--", "-race", "-timeout", "20m", "./pkg/...", "./e2e/...")
	return errors.Join(err, readSkips(events))
}

func readSkips(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	reason := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var e struct{ Action, Package, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		key := e.Package + "." + e.Test
		switch {
		case e.Action == "output" && strings.HasPrefix(e.Output, "    "):
			reason[key] = strings.TrimSpace(e.Output)
		case e.Action == "skip":
			skipped = append(skipped, e.Test+": "+reason[key])
		}
	}
	return lines.Err()
}

// browserTest runs the front end in a real Chromium.
func browserTest() error {
	if _, err := exec.LookPath("chromium"); err != nil {
		skipped = append(skipped, "browser tests: no chromium on the PATH (Debian's package chromium)")
		return nil
	}
	return npm("run", "e2e")
}

// withGoldens finds the packages whose tests know -update: go test refuses the flag of one that does not.
func withGoldens(below string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(below, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if room := "./" + filepath.ToSlash(filepath.Dir(name)); strings.Contains(string(text), `"gotest.tools/v3/golden"`) && !slices.Contains(found, room) {
			found = append(found, room)
		}
		return err
	})
	return found, err
}
