//go:build mage

// The project's tasks: `go tool mage -l` lists them.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	sdk "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/magefile/mage/sh"
	"github.com/magefile/mage/target"

	"github.com/ampkit/ampkit/pkg/release"
)

// Default is what plain `go tool mage` does.
var Default = Build

const (
	ampkit         = "bin/ampkit"
	maxPluginBytes = 60 << 20  // the stripped back end; the TSDB or the query engine in it would exceed this
	maxModuleBytes = 700 << 10 // module.js, which every Grafana page with our data source loads
)

// asReleased, with the SDK's build tag, is how everything is built; whatever else compiles the same packages does it in
// the same way, so that they are compiled once. A binary holds no path of the machine that made it.
var asReleased = map[string]string{"CGO_ENABLED": "0", "GOFLAGS": strings.TrimSpace(os.Getenv("GOFLAGS") + " -trimpath")}

func plugin() string { return "dist/" + here().Executable(executable) }

// Build builds the plugin into dist/ and the command line into bin/.
func Build() error { return inOrder(Backend, CLI, Frontend) }

// Backend builds the plugin's back end for this machine, as Grafana's own build does.
func Backend() error {
	if fresh(plugin(), "pkg", "go.mod", "src/plugin.json", "package.json") {
		return nil
	}
	progress("building the plugin's back end (the first time takes minutes)")
	if err := buildBackend(here(), "dist", time.Now()); err != nil {
		return err
	}
	return atMost(plugin(), maxPluginBytes)
}

// CLI builds the command line for this machine.
func CLI() error {
	if fresh(ampkit, "pkg", "go.mod", "package.json") {
		return nil
	}
	progress("building ampkit (the first time takes minutes)")
	return buildCLI(here(), ampkit)
}

// buildBackend builds the plugin's executable into dir, as Grafana's own build does, and the manifest of its sources.
// at is the time it claims to be built.
func buildBackend(t release.Target, dir string, at time.Time) error {
	info, err := json.Marshal(buildinfo.Info{PluginID: pluginID, Version: version(), Time: at.UnixMilli()})
	if err != nil {
		return err
	}
	err = sdk.SetBeforeBuildCallback(func(cfg sdk.Config) (sdk.Config, error) {
		cfg.OutputBinaryPath = dir
		if cfg.Env != nil { // it is nil where only the manifest is written
			maps.Copy(cfg.Env, asReleased)
		}
		cfg.CustomVars = map[string]string{
			"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo.buildInfoJSON": string(info),
		}
		return cfg, nil
	})
	if err != nil {
		return err
	}
	return sdk.Build{}.Custom(t.OS, t.Arch)
}

// buildCLI builds the command line into the file out.
func buildCLI(t release.Target, out string) error {
	env := maps.Clone(asReleased)
	env["GOOS"], env["GOARCH"] = t.OS, t.Arch
	return sh.RunWith(env, "go", "build", "-tags", "arrow_json_stdlib", "-ldflags", "-s -w -X main.version="+version(),
		"-o", out, "./pkg/cmd/ampkit")
}

// Frontend builds the plugin's front end.
func Frontend() error {
	if err := nodeModules(); err != nil {
		return err
	}
	if fresh("dist/module.js", "src", "pkg/dashboards", "package-lock.json", ".config") {
		return nil
	}
	progress("building the front end")
	if err := npm("run", "build"); err != nil {
		return err
	}
	return atMost("dist/module.js", maxModuleBytes)
}

// Demo runs the walkthrough on this machine: an emulated AMP, signed writes, the real plugin, both queries.
func Demo() error {
	if err := inOrder(Backend, CLI); err != nil {
		return err
	}
	return sh.RunV(ampkit, "demo", "--plugin", plugin())
}

// Bench compares the query path with the plugin that people use now, and the proxy with one that does not sign (some ten
// minutes; see bench/main.go and bench/proxy/main.go).
func Bench() error {
	return errors.Join(sh.RunV("go", "-C", "bench", "run", "."), sh.RunV("go", "-C", "bench", "run", "./proxy"))
}

// Generate rewrites what is generated: golden files, the command line's reference, the guide's transcripts and its list
// of errors.
func Generate() error {
	rooms, err := withGoldens("pkg")
	if err != nil {
		return err
	}
	return sh.RunV("go", append(append([]string{"test"}, rooms...), "-update")...)
}

// Lint checks Go and TypeScript sources.
func Lint() error {
	return errors.Join(golangci("run", "./pkg/...", "./e2e/..."), nodeModules(),
		npm("run", "typecheck"), npm("run", "lint"), npm("run", "format:check"))
}

// Test runs everything that CI runs; what can't be installed here is reported at the end.
func Test() error {
	return run(
		step{"install what the tests need", installPeers},
		step{"install the front end's packages", nodeModules},
		step{"lint", Lint},
		step{"build", Build},
		step{"package, for this system", PackageHere},
		step{"go test -race", goTest},
		step{"front end: unit tests", func() error { return npm("run", "test:ci") }},
		step{"front end: browser", browserTest},
		step{"front end: real Grafana", grafanaTest},
	)
}

func nodeModules() error {
	if fresh("node_modules/.package-lock.json", "package-lock.json") {
		return nil
	}
	progress("installing the front end's packages (about 900 MB)")
	return sh.RunV("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
}

func npm(args ...string) error {
	return sh.RunV("npm", append([]string{"--silent"}, args...)...)
}

// golangci runs the linter at the version that tools/go.mod pins.
func golangci(args ...string) error {
	return sh.RunWithV(asReleased, "go", append([]string{"tool", "-modfile=tools/go.mod", "golangci-lint"}, args...)...)
}

func inOrder(tasks ...func() error) error {
	for _, task := range tasks {
		if err := task(); err != nil {
			return err
		}
	}
	return nil
}

func version() string {
	v, err := sh.Output("node", "-p", "require('./package.json').version")
	if err != nil {
		return "dev"
	}
	return v
}

// fresh reports whether file is newer than everything below the sources.
func fresh(file string, sources ...string) bool {
	stale, err := target.Dir(file, sources...)
	return err == nil && !stale
}

func atMost(file string, limit int64) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > limit {
		return fmt.Errorf("%s is %d bytes, more than the %d it may have", filepath.Base(file), info.Size(), limit)
	}
	return nil
}

func progress(what string) { fmt.Fprintf(os.Stderr, "… %s\n", what) }
