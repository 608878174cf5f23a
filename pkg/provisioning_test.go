package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/settings"
)

const pluginID = "grafana-ampkitprometheus-datasource"

// provisioned is a data source in a file.
type provisioned struct {
	Name, UID, Type, Access, URL string
	IsDefault                    bool
	JSONData                     map[string]any    `json:"jsonData"`
	SecureJSONData               map[string]string `json:"secureJsonData"`
}

func dataSources(t *testing.T, file string) []provisioned {
	t.Helper()
	var content struct{ Datasources []provisioned }
	read(t, file, &content)
	require.NotEmpty(t, content.Datasources, file)
	return content.Datasources
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into), file)
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found, pattern)
	return found
}

// What docker-compose.yaml mounts is there after the build, and nothing in it
// can be reached from outside this machine.
func TestComposeMountsWhatIsThereAndKeepsToLoopback(t *testing.T) {
	project := compose(t)
	ports, mounts := 0, 0
	for _, service := range project.Services {
		for _, p := range service.Ports {
			ports++
			require.True(t, net.ParseIP(p.HostIP).IsLoopback(), "%s: port %s is bound to %q", service.Name, p.Published, p.HostIP)
		}
		for _, v := range service.Volumes {
			if v.Type != types.VolumeTypeBind {
				require.Contains(t, project.Volumes, v.Source, service.Name)
				continue
			}
			mounts++
			require.True(t, v.ReadOnly, "%s may write into %s", service.Name, v.Source)
			if filepath.Base(v.Source) == "dist" { // which the back end's build alone makes, too
				if _, err := os.Stat(filepath.Join(v.Source, "plugin.json")); os.IsNotExist(err) {
					t.Skip("not built: go tool mage")
				}
			}
			require.DirExists(t, v.Source)
		}
		require.False(t, service.Privileged)
		require.Empty(t, service.NetworkMode)
		require.NotContains(t, service.Image, ":latest")
	}
	require.NotZero(t, ports)
	require.NotZero(t, mounts)
	for _, file := range []string{"plugin.json", "module.js", "gpx_ampkit_linux_*", "dashboards/*.json"} {
		files(t, "dist/"+file)
	}
}

// The variables that the files of provisioning/ ask for are those that both ways
// to start a Grafana set.
func TestProvisioningFindsItsVariables(t *testing.T) {
	environment := compose(t).Services["grafana"].Environment
	start, err := os.ReadFile("../e2e/grafana/start.mjs")
	require.NoError(t, err)
	asked := regexp.MustCompile(`\$\{(\w+)\}`)
	n := 0
	for _, file := range files(t, "provisioning/*/*.yaml") {
		if filepath.Base(filepath.Dir(file)) == "examples" {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
			n++
			require.Contains(t, environment, m[1], file)
			require.Contains(t, string(start), m[1]+": ", file)
		}
	}
	require.NotZero(t, n)
}

func TestEveryUIDInProvisioningResolves(t *testing.T) {
	uids := []string{"__expr__"}
	for _, file := range files(t, "provisioning/datasources/*.yaml") {
		for _, ds := range dataSources(t, file) {
			uids = append(uids, ds.UID)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				NoDataState, ExecErrState string
				Data                      []struct {
					DatasourceUID string `json:"datasourceUid"`
					Model         struct {
						Datasource struct{ UID string }
					}
				}
			}
		}
	}
	asked := 0
	for _, file := range files(t, "provisioning/alerting/*.yaml") {
		read(t, file, &rules)
		for _, group := range rules.Groups {
			for _, rule := range group.Rules {
				require.Equal(t, "Error", rule.ExecErrState, "an AMP that does not answer is no alert, and not all well")
				for _, d := range rule.Data {
					asked++
					require.Contains(t, uids, d.DatasourceUID)
					if d.Model.Datasource.UID != "" {
						require.Equal(t, d.DatasourceUID, d.Model.Datasource.UID)
					}
				}
			}
		}
	}
	require.NotZero(t, asked)
}

// The examples say what this plugin understands, each its own way to sign in.
func TestExamplesAreUnderstood(t *testing.T) {
	ways := map[string]func(settings.Settings) bool{
		"default": func(s settings.Settings) bool { return s.AuthType == settings.AuthDefault && s.AssumeRoleARN == "" },
		"keys": func(s settings.Settings) bool {
			return s.AuthType == settings.AuthKeys && s.AccessKey != "" && s.SecretKey != ""
		},
		"profile":       func(s settings.Settings) bool { return s.AuthType == settings.AuthCredentials && s.Profile != "" },
		"assume-role":   func(s settings.Settings) bool { return s.AssumeRoleARN != "" && s.ExternalID == "" },
		"cross-account": func(s settings.Settings) bool { return s.AssumeRoleARN != "" && s.ExternalID != "" },
		"vpc-endpoint":  func(s settings.Settings) bool { return strings.Contains(s.Endpoint, ".vpce.amazonaws.com") },
	}
	examples := files(t, "provisioning/examples/*.yaml")
	require.Len(t, examples, len(ways))
	listed, err := os.ReadFile("../provisioning/examples/README.md")
	require.NoError(t, err)
	var names []string
	for _, file := range examples {
		way := strings.TrimSuffix(filepath.Base(file), ".yaml")
		require.Contains(t, string(listed), "]("+filepath.Base(file)+")")
		for _, ds := range dataSources(t, file) {
			require.Equal(t, pluginID, ds.Type, file)
			require.False(t, ds.IsDefault, "%s: copying it changes no other", file)
			require.Empty(t, ds.UID, "%s: two copies would be one", file)
			require.NotContains(t, names, ds.Name, file)
			names = append(names, ds.Name)
			for key, value := range ds.SecureJSONData {
				require.Regexp(t, `^\$\{\w+\}$`, value, "%s: %s is a secret in a file", file, key)
			}
			require.True(t, ways[way](parsed(t, file, ds)), file)
		}
	}
}

func parsed(t *testing.T, file string, ds provisioned) settings.Settings {
	t.Helper()
	jsonData, err := yaml.Marshal(ds.JSONData)
	require.NoError(t, err)
	jsonData, err = yaml.YAMLToJSON(jsonData)
	require.NoError(t, err)
	s, err := settings.Parse(ds.URL, jsonData, ds.SecureJSONData)
	require.NoError(t, err, file)
	e, err := amp.ParseEndpoint(s.URL, s.Region)
	require.NoError(t, err, file)
	require.Equal(t, "eu-central-1", e.Region, file)
	return s
}

func compose(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yaml"})
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, project.Services)
	return project
}
