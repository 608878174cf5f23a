// Package dashboards holds the dashboards that come with the plugin. The front
// end's build puts the same files into dist/dashboards.
//
// They have no uid, because Grafana refuses a fixed one for a second data
// source, and let the user choose the data source.
package dashboards

import "embed"

//go:embed *.json
var files embed.FS

// Recommender is the getting-started walkthrough's.
func Recommender() string { return read("recommender.json") }

// WorkspaceUsage counts what a workspace holds.
func WorkspaceUsage() string { return read("workspace-usage.json") }

func read(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(text)
}
