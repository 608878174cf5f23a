package release

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// Target is a system that a program is built for, in Go's words.
type Target struct{ OS, Arch string }

func (t Target) String() string { return t.OS + "_" + t.Arch }

// Executable is the name of a program for the target, as Grafana looks for a plugin's.
func (t Target) Executable(name string) string {
	name += "_" + t.String()
	if t.OS == "windows" {
		name += ".exe"
	}
	return name
}

// manifest is what Grafana reads of plugin.json before anything else.
type manifest struct {
	ID         string `json:"id"`
	Executable string `json:"executable"`
	Info       struct {
		Version string `json:"version"`
		Updated string `json:"updated"`
		Logos   struct {
			Small string `json:"small"`
			Large string `json:"large"`
		} `json:"logos"`
		Screenshots []struct {
			Path string `json:"path"`
		} `json:"screenshots"`
	} `json:"info"`
	Includes []struct {
		Path string `json:"path"`
	} `json:"includes"`
}

var (
	released = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)
	aDay     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// CheckPlugin says what keeps the zip at path from being a plugin that Grafana loads on each target: one folder named
// after the plugin, plugin.json with all that it names, executables with their bit set, LICENSE, CHANGELOG and
// README, no placeholder left, no path of the checkout it was built in, and no MANIFEST.txt, whose absence makes it an
// unsigned plugin rather than a broken one.
func CheckPlugin(path, checkout string, targets []Target) error {
	r, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	p := plugin{entries: map[string]*zip.File{}}
	if err := p.open(r.File); err != nil {
		return err
	}
	return errors.Join(p.plain(), p.described(), p.complete(targets), p.anywhere(checkout))
}

type plugin struct {
	folder   string
	entries  map[string]*zip.File // by name below the folder
	manifest manifest
}

func (p *plugin) open(files []*zip.File) error {
	for _, f := range files {
		folder, name, ok := strings.Cut(f.Name, "/")
		if !ok || (p.folder != "" && folder != p.folder) {
			return fmt.Errorf("%s is outside the one folder that Grafana unpacks", f.Name)
		}
		p.folder, p.entries[name] = folder, f
	}
	raw, err := p.read("plugin.json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &p.manifest); err != nil {
		return fmt.Errorf("plugin.json: %w", err)
	}
	if p.manifest.ID != p.folder {
		return fmt.Errorf("the folder is %q, and the plugin's id %q", p.folder, p.manifest.ID)
	}
	return nil
}

// plain holds if nothing in it can surprise who unpacks it.
func (p *plugin) plain() error {
	var errs []error
	for name, f := range p.entries {
		if !fs.ValidPath(f.Name) || strings.Contains(f.Name, `\`) || !f.Mode().IsRegular() {
			errs = append(errs, fmt.Errorf("%q is no regular file at a plain path", f.Name))
		}
		if program := strings.HasPrefix(path.Base(name), p.manifest.Executable+"_"); program != (f.Mode().Perm() == 0o755) {
			errs = append(errs, fmt.Errorf("%s has mode %04o", name, f.Mode().Perm()))
		}
	}
	return errors.Join(errs...)
}

// described holds if no placeholder of the build is left.
func (p *plugin) described() error {
	var errs []error
	if info := p.manifest.Info; !released.MatchString(info.Version) || !aDay.MatchString(info.Updated) {
		errs = append(errs, fmt.Errorf("plugin.json says version %q, updated %q", info.Version, info.Updated))
	}
	for _, name := range []string{"plugin.json", "README.md"} {
		raw, err := p.read(name)
		if err != nil {
			errs = append(errs, err)
		}
		for _, placeholder := range []string{"%VERSION%", "%TODAY%", "%PLUGIN_ID%"} {
			if strings.Contains(string(raw), placeholder) {
				errs = append(errs, fmt.Errorf("%s still says %s", name, placeholder))
			}
		}
	}
	return errors.Join(errs...)
}

func (p *plugin) complete(targets []Target) error {
	want := []string{"module.js", "LICENSE", "CHANGELOG.md", "README.md", p.manifest.Info.Logos.Small, p.manifest.Info.Logos.Large}
	for _, t := range targets {
		want = append(want, t.Executable(p.manifest.Executable))
	}
	for _, s := range p.manifest.Info.Screenshots {
		want = append(want, s.Path)
	}
	for _, i := range p.manifest.Includes {
		if i.Path != "" {
			want = append(want, i.Path)
		}
	}
	var errs []error
	for _, name := range want {
		if f := p.entries[name]; f == nil || f.UncompressedSize64 == 0 {
			errs = append(errs, fmt.Errorf("%s is missing or empty", name))
		}
	}
	if p.entries["MANIFEST.txt"] != nil {
		errs = append(errs, errors.New("there is a MANIFEST.txt, so that Grafana takes the plugin for one whose signature is broken"))
	}
	return errors.Join(errs...)
}

// anywhere holds if the path of the checkout is in no file: it would make other bytes elsewhere.
func (p *plugin) anywhere(checkout string) error {
	var errs []error
	for name := range p.entries {
		raw, err := p.readUpTo(maxProgram, name)
		if err != nil {
			errs = append(errs, err)
		} else if bytes.Contains(raw, []byte(checkout)) {
			errs = append(errs, fmt.Errorf("%s holds the path of this checkout, %s", name, checkout))
		}
	}
	return errors.Join(errs...)
}

const (
	maxText    = 1 << 20
	maxProgram = 256 << 20
)

func (p *plugin) read(name string) ([]byte, error) { return p.readUpTo(maxText, name) }

func (p *plugin) readUpTo(limit int64, name string) ([]byte, error) {
	f := p.entries[name]
	if f == nil {
		return nil, fmt.Errorf("there is no %s", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return io.ReadAll(io.LimitReader(in, limit))
}
