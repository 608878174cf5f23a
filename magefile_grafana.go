//go:build mage

package main

import (
	"os"
	"runtime"
	"time"

	"github.com/ampkit/ampkit/pkg/release"
)

// Compose builds what docker-compose.yaml mounts: the plugin for Linux, whatever this machine is.
func Compose() error {
	linux := release.Target{OS: "linux", Arch: runtime.GOARCH}
	backend := func() error { return buildBackend(linux, "dist", time.Now()) }
	if fresh("dist/"+linux.Executable(executable), "pkg", "go.mod", "src/plugin.json", "package.json") {
		backend = func() error { return nil }
	}
	return inOrder(backend, Frontend)
}

// grafanaTest runs the front end in a real Grafana, if there is one.
func grafanaTest() error {
	if os.Getenv("GRAFANA_URL") == "" && os.Getenv("GRAFANA_HOME") == "" {
		leftOut = append(leftOut, "e2e/grafana, the specs for a real Grafana: neither GRAFANA_URL nor GRAFANA_HOME is set (see e2e/README.md)")
		return nil
	}
	return npm("run", "e2e:grafana")
}

// leftOut holds a line for each part that is run on request only, so that not running it is no failure in CI.
var leftOut []string
