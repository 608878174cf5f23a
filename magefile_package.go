//go:build mage

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/magefile/mage/sh"

	"github.com/ampkit/ampkit/pkg/release"
)

const (
	pluginID   = "grafana-ampkitprometheus-datasource"
	executable = "gpx_ampkit"
	licence    = "AGPL-3.0-only"
	releaseDir = "release"
)

// targets is what a release is built for.
var targets = []release.Target{
	{OS: "linux", Arch: "amd64"}, {OS: "linux", Arch: "arm64"},
	{OS: "darwin", Arch: "amd64"}, {OS: "darwin", Arch: "arm64"},
	{OS: "windows", Arch: "amd64"},
}

func here() release.Target { return release.Target{OS: runtime.GOOS, Arch: runtime.GOARCH} }

// Package writes a release into release/: the plugin's zip, archives of ampkit, checksums, bills of materials, notes.
func Package() error { return pack(targets) }

// PackageHere writes the same for this machine's system alone (CI does, for the rest takes many minutes).
func PackageHere() error { return pack([]release.Target{here()}) }

// pack makes the same bytes of the same commit: the commit's time stands for now, and no path of this machine gets into
// a program or a bundle.
func pack(targets []release.Target) error {
	what, heading, err := subject()
	if err != nil {
		return err
	}
	progress(fmt.Sprintf("packing %s (%s)", what.Version, heading))
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	notes, err := release.Notes(string(changelog), heading)
	if err != nil {
		return err
	}
	stage, err := os.MkdirTemp("", "ampkit-release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	if err := inOrder(Frontend, func() error { return os.RemoveAll(releaseDir) }, func() error { return os.Mkdir(releaseDir, 0o755) }); err != nil {
		return err
	}
	if err := packPlugin(stage, what, targets); err != nil {
		return err
	}
	if err := packCLI(stage, what, targets); err != nil {
		return err
	}
	written, err := filepath.Glob(filepath.Join(releaseDir, "*"))
	if err != nil {
		return err
	}
	for _, path := range written {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Printf("%6.1f MB  %s\n", float64(info.Size())/1e6, path)
	}
	if err := release.Checksums(filepath.Join(releaseDir, "SHA256SUMS"), written...); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(releaseDir, "NOTES.md"), []byte(notes), 0o644)
}

// subject is what is released, and the changelog's heading for it. A tag must agree with package.json.
func subject() (what release.Subject, heading string, err error) {
	what = release.Subject{Version: version(), Licence: licence}
	heading = release.Unreleased
	tag, err := sh.Output("git", "tag", "--points-at", "HEAD")
	switch {
	case err != nil:
		return what, "", err
	case tag == "v"+what.Version:
		heading = what.Version
	case tag != "":
		return what, "", fmt.Errorf("the commit's tag is %s, and package.json has version %s", tag, what.Version)
	}
	text, err := sh.Output("git", "log", "-1", "--format=%ct")
	if err != nil {
		return what, "", err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	what.At = time.Unix(seconds, 0).UTC()
	return what, heading, err
}

var updated = regexp.MustCompile(`"updated": "[0-9-]*"`)

func pluginZip(version string) string {
	return filepath.Join(releaseDir, pluginID+"-"+version+".zip")
}

// packPlugin writes the plugin's zip: what webpack made, dated as the commit is, and an executable for each target.
func packPlugin(stage string, what release.Subject, targets []release.Target) error {
	files, err := release.Tree("dist")
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(f release.File) bool {
		return strings.HasPrefix(f.Name, executable+"_") || f.Name == "go_plugin_build_manifest" || f.Name == "plugin.json"
	})
	description, err := os.ReadFile("dist/plugin.json")
	if err != nil {
		return err
	}
	dated := filepath.Join(stage, "plugin.json")
	description = updated.ReplaceAll(description, []byte(what.At.Format(`"updated": "2006-01-02"`)))
	if err := os.WriteFile(dated, description, 0o644); err != nil {
		return err
	}
	files = append(files, release.File{Name: "plugin.json", Path: dated})

	var parts [][]cdx.Component
	for _, t := range targets {
		progress("building the plugin's back end for " + t.String())
		if err := buildBackend(t, stage, what.At); err != nil {
			return err
		}
		f := release.File{Name: t.Executable(executable), Executable: true}
		f.Path = filepath.Join(stage, f.Name)
		modules, err := release.Modules(f.Path)
		if err != nil {
			return err
		}
		files, parts = append(files, f), append(parts, modules)
	}
	files = append(files, release.File{Name: "go_plugin_build_manifest", Path: filepath.Join(stage, "go_plugin_build_manifest")})
	bundled, err := release.Packages("dist", "package-lock.json")
	if err != nil {
		return err
	}
	what.Name = pluginID
	out := pluginZip(what.Version)
	if err := release.WriteBOM(strings.TrimSuffix(out, ".zip")+".cdx.json", what, append(parts, bundled)...); err != nil {
		return err
	}
	if err := release.Write(out, pluginID, files, what.At); err != nil {
		return err
	}
	checkout, err := os.Getwd()
	if err != nil {
		return err
	}
	return release.CheckPlugin(out, checkout, targets)
}

// packCLI writes an archive of ampkit for each target.
func packCLI(stage string, what release.Subject, targets []release.Target) error {
	what.Name = "ampkit"
	var parts [][]cdx.Component
	for _, t := range targets {
		progress("building ampkit for " + t.String())
		program := release.File{Name: "ampkit", Executable: true}
		format := ".tar.gz"
		if t.OS == "windows" {
			program.Name, format = "ampkit.exe", ".zip"
		}
		program.Path = filepath.Join(stage, t.String(), program.Name)
		if err := buildCLI(t, program.Path); err != nil {
			return err
		}
		modules, err := release.Modules(program.Path)
		if err != nil {
			return err
		}
		parts = append(parts, modules)
		files := []release.File{program}
		for _, name := range []string{"LICENSE", "CHANGELOG.md", "README.md"} {
			files = append(files, release.File{Name: name, Path: name})
		}
		name := "ampkit-" + what.Version + "_" + t.String()
		if err := release.Write(filepath.Join(releaseDir, name+format), name, files, what.At); err != nil {
			return err
		}
	}
	return release.WriteBOM(filepath.Join(releaseDir, "ampkit-"+what.Version+".cdx.json"), what, parts...)
}
