package docs_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/docs"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/settings"
)

// provisioned is a data source in a provisioning file.
type provisioned struct {
	Name, Type, URL string
	JSONData        map[string]any    `yaml:"jsonData"`
	SecureJSONData  map[string]string `yaml:"secureJsonData"`
}

// Every YAML block can be read, and its data sources of ours are accepted by the code that reads them, without a warning,
// with documented keys only.
func TestSettingsInYAML(t *testing.T) {
	documented := documentedKeys(t)
	found := 0
	for _, p := range load(t) {
		for _, b := range p.Blocks {
			if b.Language != "yaml" {
				continue
			}
			for d := yaml.NewDecoder(strings.NewReader(b.Text)); ; {
				var file struct{ Datasources []provisioned }
				err := d.Decode(&file)
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err, p.At(b.Line))
				for _, ds := range file.Datasources {
					if ds.Type == pluginhost.PluginID {
						found++
						accept(t, p.At(b.Line), ds, documented)
					}
				}
			}
		}
	}
	require.Greater(t, found, 5, "this test looks at the wrong thing")
}

func accept(t *testing.T, where string, ds provisioned, documented map[string]bool) {
	t.Helper()
	jsonData, err := json.Marshal(ds.JSONData)
	require.NoError(t, err, where)
	url := strings.ReplaceAll(ds.URL, "ws-…", exampleID)
	s, err := settings.Parse(url, jsonData, ds.SecureJSONData)
	require.NoError(t, err, "%s: %s", where, ds.Name)
	require.Empty(t, s.Warnings, where)
	e, err := amp.FromSettings(s)
	require.NoError(t, err, "%s: %s", where, ds.Name)
	require.Empty(t, e.Warnings, where)
	for key := range ds.JSONData {
		require.True(t, documented[strings.TrimRight(key, "0123456789")], "%s: %s is not in configure.md", where, key)
	}
}

// documentedKeys are those in the tables of configure.md.
func documentedKeys(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, p := range load(t) {
		if p.Path == "docs/configure.md" {
			for _, c := range p.Code {
				out[strings.TrimRight(c.Text, "0123456789")] = true
			}
		}
	}
	return out
}

// Every key that the back end reads is in configure.md.
func TestEverySettingIsDocumented(t *testing.T) {
	documented := documentedKeys(t)
	quoted := regexp.MustCompile(`r\.(?:text|boolean|duration|count|secret|authType|endpoints)\(([^)]*)\)`)
	key := regexp.MustCompile(`"([A-Za-z0-9]+)"`)
	seen := 0
	files, err := filepath.Glob("../settings/*.go")
	require.NoError(t, err)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, call := range quoted.FindAllStringSubmatch(string(text), -1) {
			for _, m := range key.FindAllStringSubmatch(call[1], -1) {
				seen++
				if !documented[m[1]] {
					t.Errorf("docs/configure.md does not have %s", m[1])
				}
			}
		}
	}
	require.Greater(t, seen, 20, "this test looks at the wrong thing")
}

// grafanaINI are the keys of grafana.ini that the guide may speak of.
var grafanaINI = map[string][]string{
	"plugins":                       {"allow_loading_unsigned_plugins", "forward_host_env_vars", "preinstall_sync"},
	"aws":                           {"allowed_auth_providers", "assume_role_enabled", "forward_settings_to_plugins", "session_duration", "external_id"},
	"plugin." + pluginhost.PluginID: {"role_arn", "web_identity_token_file", "role_session_name"},
	"dataproxy":                     {"response_limit", "concurrent_query_count"},
	"paths":                         {"plugins", "provisioning"},
}

func TestSettingsInINI(t *testing.T) {
	found := 0
	for _, p := range load(t) {
		for _, b := range p.Blocks {
			if b.Language != "ini" {
				continue
			}
			section := ""
			for line := range strings.SplitSeq(strings.TrimSpace(b.Text), "\n") {
				line = strings.TrimSpace(line)
				switch {
				case line == "" || line[0] == '#' || line[0] == ';':
				case line[0] == '[':
					section = strings.Trim(line, "[]")
					require.Contains(t, grafanaINI, section, p.At(b.Line))
				default:
					found++
					key, _, ok := strings.Cut(line, "=")
					require.True(t, ok, "%s: %s", p.At(b.Line), line)
					require.Contains(t, grafanaINI[section], strings.TrimSpace(key), "%s: [%s]", p.At(b.Line), section)
				}
			}
		}
	}
	require.Greater(t, found, 5, "this test looks at the wrong thing")
}

// A plugin's id that differs in a letter is the kind of slip that costs an evening.
func TestPluginIDs(t *testing.T) {
	id := regexp.MustCompile(`[a-z0-9]+-[a-z0-9-]+-datasource\b`)
	known := []string{pluginhost.PluginID, "grafana-amazonprometheus-datasource", "ampkit-prometheus-datasource"}
	for _, p := range load(t) {
		for _, found := range id.FindAllString(withoutLists(p), -1) {
			if !slices.Contains(known, found) {
				t.Errorf("%s: %s", p.Path, found)
			}
		}
	}
}

// withoutLists leaves out the list of Grafana's own plugins.
func withoutLists(p *docs.Page) string {
	return regexp.MustCompile(`(?m)^ *forward_settings_to_plugins.*$|grafana-<name>prometheus-datasource`).ReplaceAllString(string(p.Source), "")
}
