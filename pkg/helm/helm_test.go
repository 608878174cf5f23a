package helm

import (
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"gotest.tools/v3/golden"
	corev1 "k8s.io/api/core/v1"

	"github.com/ampkit/ampkit/pkg/amp"
)

var (
	irsa        = Identity{ServiceAccount: "server", RoleARN: "arn:aws:iam::123456789012:role/ampkit"}
	podIdentity = Identity{ServiceAccount: "server", PodIdentity: true}
)

const pluginURL = "https://example.com/ampkit/" + PluginID + "-1.0.0.zip"

func endpoint(t *testing.T) amp.Endpoint {
	t.Helper()
	e, err := amp.ParseEndpoint("ws-11112222-3333-4444-5555-666677778888", "eu-central-1")
	require.NoError(t, err)
	return e
}

// files are all the values that are written, by their golden file.
func files(t *testing.T) map[string]func() ([]byte, error) {
	t.Helper()
	e := endpoint(t)
	return map[string]func() ([]byte, error){
		"prometheus-irsa.yaml":         Prometheus{Endpoint: e, Identity: irsa}.YAML,
		"prometheus-pod-identity.yaml": Prometheus{Endpoint: e, Identity: podIdentity}.YAML,
		"prometheus-proxy.yaml":        Prometheus{Endpoint: e, Identity: irsa, Proxy: true, Image: "example.com/ampkit:1.0.0"}.YAML,
		"grafana-irsa.yaml":            Grafana{Endpoint: e, Identity: irsa, PluginURL: pluginURL}.YAML,
		"grafana-pod-identity.yaml":    Grafana{Endpoint: e, Identity: podIdentity, PluginURL: pluginURL}.YAML,
	}
}

func values(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := files(t)[file]()
	require.NoError(t, err)
	var v map[string]any
	require.NoError(t, yaml.Unmarshal(text, &v))
	return v
}

func TestValues(t *testing.T) {
	for file, write := range files(t) {
		got, err := write()
		require.NoError(t, err)
		golden.Assert(t, string(got), file)
	}
}

// Every key that is written is one that the charts document, with its type.
func TestChartsKnowTheKeys(t *testing.T) {
	for file := range files(t) {
		chart, _, _ := strings.Cut(file, "-")
		known := readKeys(t, filepath.Join("testdata", chart+".keys"))
		checkKeys(t, file, known, "", values(t, file))
	}
}

func readKeys(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, kind, ok := strings.Cut(strings.TrimSpace(line), " "); ok && key != "#" {
			known[key] = kind
		}
	}
	require.NotEmpty(t, known)
	return known
}

func checkKeys(t *testing.T, file string, known map[string]string, at string, v map[string]any) {
	t.Helper()
	for key, value := range v {
		key = path.Join(at, key)
		want := ""
		for pattern, kind := range known {
			if match, err := path.Match(pattern, key); err == nil && match {
				want = kind
			}
		}
		switch value := value.(type) {
		case map[string]any:
			require.Contains(t, []string{"map", "any"}, want, "%s: %s", file, key)
			if want == "map" {
				checkKeys(t, file, known, key, value)
			}
		case string:
			require.Contains(t, []string{"string", "any"}, want, "%s: %s", file, key)
		case bool:
			require.Contains(t, []string{"bool", "any"}, want, "%s: %s", file, key)
		default:
			require.Equal(t, "any", want, "%s: %s is a %T", file, key, value)
		}
	}
}

// Prometheus' own parser takes what the chart copies into prometheus.yml.
func TestPrometheusTakesRemoteWriteAndRelabeling(t *testing.T) {
	for _, file := range []string{"prometheus-irsa.yaml", "prometheus-proxy.yaml"} {
		v := values(t, file)
		var jobs []any
		for name, job := range v["scrapeConfigs"].(map[string]any) {
			job.(map[string]any)["job_name"] = name
			jobs = append(jobs, job)
		}
		text, err := yaml.Marshal(map[string]any{
			"remote_write":   v["server"].(map[string]any)["remoteWrite"],
			"scrape_configs": jobs,
		})
		require.NoError(t, err)
		c, err := config.Load(string(text), promslog.NewNopLogger())
		require.NoError(t, err)
		w := c.RemoteWriteConfigs[0]
		require.Equal(t, 1000, w.QueueConfig.MaxSamplesPerSend)
		require.True(t, w.QueueConfig.RetryOnRateLimit)
		if file == "prometheus-proxy.yaml" {
			require.Nil(t, w.SigV4Config)
			require.Equal(t, "127.0.0.1:8005", w.URL.Host)
			require.Len(t, c.ScrapeConfigs, 3)
		} else {
			require.Equal(t, "eu-central-1", w.SigV4Config.Region)
			require.Len(t, c.ScrapeConfigs, 2)
		}
		for _, job := range c.ScrapeConfigs {
			if job.JobName == "ampkit-proxy" {
				continue
			}
			for from, want := range map[string]string{
				`{job="recommender",path="/"}`: `{exported_job="recommender", job="` + job.JobName + `", path="/"}`,
				`{job="node"}`:                 `{job="node"}`,
			} {
				scraped, err := parser.NewParser(parser.Options{}).ParseMetric(from)
				require.NoError(t, err)
				b := labels.NewBuilder(scraped)
				require.True(t, relabel.ProcessBuilder(b, job.MetricRelabelConfigs...))
				require.Equal(t, want, b.Labels().String())
			}
		}
	}
}

// Kubernetes knows every key of the sidecar, which the chart hands on unread.
func TestKubernetesTakesTheSidecar(t *testing.T) {
	containers := values(t, "prometheus-proxy.yaml")["server"].(map[string]any)["extraInitContainers"].([]any)
	require.Len(t, containers, 1)
	text, err := json.Marshal(containers[0])
	require.NoError(t, err)
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	var c corev1.Container
	require.NoError(t, strict.Decode(&c))
	require.Equal(t, corev1.ContainerRestartPolicyAlways, *c.RestartPolicy, "or it would have to end before Prometheus begins")
	for what, probe := range map[string]*corev1.Probe{"healthy": c.StartupProbe, "ready": c.ReadinessProbe} {
		require.Equal(t, []string{"/ampkit", "proxy", "probe", what, "--url=http://127.0.0.1:8005"}, probe.Exec.Command)
	}
	dockerfile, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	require.Contains(t, string(dockerfile), `ENTRYPOINT ["/ampkit"]`)
}

func TestGrafanaReachesTheRole(t *testing.T) {
	for file, want := range map[string][2]bool{"grafana-irsa.yaml": {true, false}, "grafana-pod-identity.yaml": {false, true}} {
		ini := values(t, file)["grafana.ini"].(map[string]any)
		_, section := ini["plugin."+PluginID]
		_, forwarded := ini["plugins"].(map[string]any)["forward_host_env_vars"]
		require.Equal(t, want, [2]bool{section, forwarded}, file)
		require.NotContains(t, ini, "auth", "no sigv4_auth_enabled")
	}
}

// The guide has the same list for those who write grafana.ini themselves.
func TestGuideRepeatsTheList(t *testing.T) {
	aws := values(t, "grafana-irsa.yaml")["grafana.ini"].(map[string]any)["aws"].(map[string]any)
	guide, err := os.ReadFile("../../docs/install.md")
	require.NoError(t, err)
	require.Contains(t, string(guide), "\nforward_settings_to_plugins = "+aws["forward_settings_to_plugins"].(string)+"\n")
}

func TestPluginIsTheProjects(t *testing.T) {
	text, err := os.ReadFile("../../src/plugin.json")
	require.NoError(t, err)
	var plugin struct{ ID string }
	require.NoError(t, json.Unmarshal(text, &plugin))
	require.Equal(t, PluginID, plugin.ID)
}

func TestRefuses(t *testing.T) {
	e := endpoint(t)
	both := Identity{ServiceAccount: "a", RoleARN: irsa.RoleARN, PodIdentity: true}
	for want, made := range map[string]func() ([]byte, error){
		"no workspace":                   Prometheus{Identity: irsa}.YAML,
		"no role":                        Prometheus{Endpoint: e, Identity: Identity{ServiceAccount: "a"}}.YAML,
		"give one":                       Prometheus{Endpoint: e, Identity: both}.YAML,
		"is not an ARN":                  Prometheus{Endpoint: e, Identity: Identity{ServiceAccount: "a", RoleARN: "admin"}}.YAML,
		"service account \"A\"":          Prometheus{Endpoint: e, Identity: Identity{ServiceAccount: "A", PodIdentity: true}}.YAML,
		"the proxy needs an image":       Prometheus{Endpoint: e, Identity: irsa, Proxy: true}.YAML,
		"is for the proxy":               Prometheus{Endpoint: e, Identity: irsa, Image: "a"}.YAML,
		"image \"{{ evil }}\" has chara": Prometheus{Endpoint: e, Identity: irsa, Proxy: true, Image: "{{ evil }}"}.YAML,
		"plugin URL \"\"":                Grafana{Endpoint: e, Identity: irsa}.YAML,
		"plugin URL \"https://a/b,c":     Grafana{Endpoint: e, Identity: irsa, PluginURL: "https://a/b,c@@d"}.YAML,
	} {
		_, err := made()
		require.ErrorContains(t, err, want)
	}
}
