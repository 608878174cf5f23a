package release

import (
	"cmp"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// Subject is what a bill of materials is of.
type Subject struct {
	Name, Version, Licence string
	At                     time.Time // of the commit
}

// WriteBOM writes a bill of materials in CycloneDX's JSON. Parts named twice are listed once.
func WriteBOM(file string, s Subject, parts ...[]cdx.Component) (err error) {
	all := slices.SortedFunc(slices.Values(slices.Concat(parts...)), func(a, b cdx.Component) int {
		return cmp.Compare(a.PackageURL, b.PackageURL)
	})
	all = slices.CompactFunc(all, func(a, b cdx.Component) bool { return a.PackageURL == b.PackageURL })
	bom := cdx.NewBOM()
	bom.Components = &all
	bom.Metadata = &cdx.Metadata{
		Timestamp: s.At.UTC().Format(time.RFC3339),
		Component: &cdx.Component{Type: cdx.ComponentTypeApplication, Name: s.Name, Version: s.Version, Licenses: licence(s.Licence)},
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	return cdx.NewBOMEncoder(out, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}

// Modules are the Go modules linked into a program, and the standard library's release, as the program itself says.
func Modules(program string) ([]cdx.Component, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("which modules are in %s: %w", filepath.Base(program), err)
	}
	return modules(info), nil
}

func modules(info *debug.BuildInfo) []cdx.Component {
	version := strings.TrimPrefix(info.GoVersion, "go")
	out := []cdx.Component{library("std", version, "pkg:golang/std@"+version)}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out = append(out, module(m))
	}
	return out
}

func module(m *debug.Module) cdx.Component {
	c := library(m.Path, m.Version, "pkg:golang/"+m.Path+"@"+url.PathEscape(m.Version))
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && m.Sum != "" {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	return c
}

// Packages are the npm packages whose code is in the bundles of dist, as their source maps say, with the versions of
// the lock file.
func Packages(dist, lockFile string) ([]cdx.Component, error) {
	var lock struct {
		Packages map[string]struct {
			Version   string `json:"version"`
			License   string `json:"license"`
			Integrity string `json:"integrity"`
		} `json:"packages"`
	}
	if err := readJSON(lockFile, &lock); err != nil {
		return nil, err
	}
	folders, err := bundled(dist)
	if err != nil {
		return nil, err
	}
	var out []cdx.Component
	for _, folder := range folders {
		p, ok := lock.Packages[folder]
		if !ok {
			return nil, fmt.Errorf("%s is in the bundle and not in %s", folder, lockFile)
		}
		name := folder[strings.LastIndex(folder, nodeModules)+len(nodeModules):]
		c := library(name, p.Version, "pkg:npm/"+strings.Replace(name, "@", "%40", 1)+"@"+p.Version)
		c.Licenses = licence(p.License)
		if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.Integrity, "sha512-")); err == nil && len(sum) > 0 {
			c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA512, Value: hex.EncodeToString(sum)}}
		}
		out = append(out, c)
	}
	return out, nil
}

const nodeModules = "node_modules/"

// bundled are the folders of packages that the source maps of dist name, from "node_modules/" on.
func bundled(dist string) ([]string, error) {
	maps, err := filepath.Glob(filepath.Join(dist, "*.js.map"))
	if err != nil {
		return nil, err
	}
	if len(maps) == 0 {
		return nil, fmt.Errorf("%s has no source maps to say what is in the bundles", dist)
	}
	found := map[string]bool{}
	for _, file := range maps {
		var content struct {
			Sources []string `json:"sources"`
		}
		if err := readJSON(file, &content); err != nil {
			return nil, err
		}
		for _, source := range content.Sources {
			if folder := packageFolder(source); folder != "" {
				found[folder] = true
			}
		}
	}
	out := make([]string, 0, len(found))
	for folder := range found {
		out = append(out, folder)
	}
	slices.Sort(out)
	return out, nil
}

// aPackage is the last package in a source's path, and a file of it.
var aPackage = regexp.MustCompile(`^(.*node_modules/(?:@[^/]+/)?[^/]+)/`)

// packageFolder is the package's folder in a source's path: "node_modules/a/node_modules/@b/c" of
// "webpack://id/./node_modules/a/node_modules/@b/c/index.js". A file that lies in node_modules itself is the build's.
func packageFolder(source string) string {
	start := strings.Index(source, nodeModules)
	if start < 0 {
		return ""
	}
	if found := aPackage.FindStringSubmatch(source[start:]); found != nil {
		return found[1]
	}
	return ""
}

func library(name, version, purl string) cdx.Component {
	return cdx.Component{BOMRef: purl, Type: cdx.ComponentTypeLibrary, Name: name, Version: version, PackageURL: purl}
}

func licence(id string) *cdx.Licenses {
	if id == "" {
		return nil
	}
	if strings.ContainsAny(id, " (") {
		return &cdx.Licenses{{Expression: id}}
	}
	return &cdx.Licenses{{License: &cdx.License{ID: id}}}
}

func readJSON(file string, v any) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}
