//go:build mage

package main

import (
	"encoding/json"
	"maps"
	"time"

	sdk "github.com/grafana/grafana-plugin-sdk-go/build"
	"github.com/grafana/grafana-plugin-sdk-go/build/buildinfo"
	"github.com/magefile/mage/sh"

	"github.com/ampkit/ampkit/pkg/release"
)

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
