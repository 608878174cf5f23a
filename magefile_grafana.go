//go:build mage

package main

import (
	"os"
	"runtime"
	"time"

	"github.com/magefile/mage/sh"

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

// grafanaTest runs the plugin in a real Grafana, if there is one; in one that it starts, the plugin of the zip.
func grafanaTest() error {
	if os.Getenv("GRAFANA_URL") == "" && os.Getenv("GRAFANA_HOME") == "" {
		leftOut = append(leftOut, "e2e/grafana, the specs for a real Grafana: neither GRAFANA_URL nor GRAFANA_HOME is set (see e2e/README.md)")
		return nil
	}
	env := map[string]string{}
	if os.Getenv("GRAFANA_URL") == "" {
		env["PLUGIN_ZIP"] = pluginZip(version())
	}
	return sh.RunWithV(env, "npm", "--silent", "run", "e2e:grafana")
}

// leftOut holds a line for each part that is run on request only, so that not running it is no failure in CI.
var leftOut []string
