//go:build mage

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/magefile/mage/sh"
)

// installPeers brings the programs nobody here wrote, against which the tests prove the emulator and the front end.
// What is on the PATH is taken as it is; the rest comes from Debian's packages where that is possible.
func installPeers() error {
	for program, pkg := range map[string]string{"curl": "curl", "aws": "awscli", "chromium": "chromium"} {
		if _, err := exec.LookPath(program); err == nil || os.Geteuid() != 0 {
			continue
		}
		if err := apt("install", "-y", "--no-install-recommends", pkg); err != nil {
			progress(fmt.Sprintf("%s can't be installed: %v", pkg, err))
		}
	}
	return unpackPrometheus()
}

// debianPrometheus is the first Debian release whose Prometheus signs: 12's 2.42 has the code and leaves it out of the
// transport, so that every remote write goes out unsigned.
const debianPrometheus = "trixie"

// unpackPrometheus finds a Prometheus server, or unpacks Debian's into the cache, where no service gets started,
// and tells the tests through AMPKIT_PROMETHEUS.
func unpackPrometheus() error {
	if os.Getenv("AMPKIT_PROMETHEUS") != "" {
		return nil
	}
	if path, err := exec.LookPath("prometheus"); err == nil {
		return os.Setenv("AMPKIT_PROMETHEUS", path)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	dir := filepath.Join(cache, "ampkit", "prometheus-"+debianPrometheus)
	binary := filepath.Join(dir, "usr", "bin", "prometheus")
	if _, err := os.Stat(binary); err != nil {
		if err := unpackDebian("prometheus", debianPrometheus, dir); err != nil {
			progress(fmt.Sprintf("Debian's prometheus can't be unpacked: %v", err))
			return nil
		}
	}
	return os.Setenv("AMPKIT_PROMETHEUS", binary)
}

// unpackDebian unpacks a package of a Debian release into dir, from the mirror that this machine uses. What apt knows
// of this machine's own release stays as it is.
func unpackDebian(pkg, release, dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "lists", "partial"), 0o755); err != nil {
		return err
	}
	repositories, err := sh.Output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")
	if err != nil {
		return err
	}
	var mirror string
	for _, uri := range strings.Fields(repositories) {
		if strings.HasSuffix(uri, "/debian/") {
			mirror = uri
		}
	}
	if mirror == "" {
		return errors.New("apt has no Debian mirror")
	}
	list := filepath.Join(dir, "sources.list")
	entry := fmt.Sprintf("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n", mirror, release)
	if err := os.WriteFile(list, []byte(entry), 0o644); err != nil {
		return err
	}
	for _, command := range [][]string{{"update"}, {"download", pkg}} {
		cmd := exec.Command("apt-get", append([]string{"-qq", "-o", "Dir::Etc::SourceList=" + list, "-o", "Dir::Etc::SourceParts=/dev/null",
			"-o", "Dir::State::Lists=" + filepath.Join(dir, "lists"), "-o", "Dir::Cache=" + dir, "-o", "APT::Sandbox::User="}, command...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w: %s", command[0], err, out)
		}
	}
	debs, err := filepath.Glob(filepath.Join(dir, pkg+"_*.deb"))
	if err != nil || len(debs) == 0 {
		return fmt.Errorf("apt-get download %s left no package", pkg)
	}
	return sh.Run("dpkg", "-x", debs[0], dir)
}

// apt runs apt-get, after one update where the package lists are missing.
func apt(args ...string) error {
	env := map[string]string{"DEBIAN_FRONTEND": "noninteractive"}
	if sh.RunWith(env, "apt-get", append([]string{"-qq"}, args...)...) == nil {
		return nil
	}
	if err := sh.RunWith(env, "apt-get", "-qq", "update"); err != nil {
		return err
	}
	return sh.RunWith(env, "apt-get", append([]string{"-qq"}, args...)...)
}
