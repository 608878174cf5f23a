//go:build mage

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

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
	dir := filepath.Join(cache, "ampkit", "prometheus")
	binary := filepath.Join(dir, "usr", "bin", "prometheus")
	if _, err := os.Stat(binary); err != nil {
		if err := unpackDebian("prometheus", dir); err != nil {
			progress(fmt.Sprintf("Debian's prometheus can't be unpacked: %v", err))
			return nil
		}
	}
	return os.Setenv("AMPKIT_PROMETHEUS", binary)
}

func unpackDebian(pkg, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	download := exec.Command("apt-get", "download", pkg)
	download.Dir = dir
	if out, err := download.CombinedOutput(); err != nil {
		if os.Geteuid() != 0 {
			return fmt.Errorf("%w: %s", err, out)
		}
		if err := apt("update"); err != nil {
			return err
		}
		again := exec.Command("apt-get", "download", pkg)
		again.Dir = dir
		if out, err := again.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, out)
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
