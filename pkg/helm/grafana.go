package helm

import (
	"strings"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/dashboards"
)

// PluginID is this project's plugin, as Grafana knows it.
const PluginID = "grafana-ampkitprometheus-datasource"

// Grafana says what the values of grafana/grafana are for.
type Grafana struct {
	Endpoint  amp.Endpoint // of a workspace
	Identity  Identity
	PluginURL string // of the plugin's zip file
}

const grafanaComment = `Values for the chart grafana/grafana, written by 'ampkit helm grafana'.

  helm upgrade --install grafana grafana --repo https://grafana-community.github.io/helm-charts --values FILE

[aws] forward_settings_to_plugins replaces Grafana's own list, so that is repeated
here (as of Grafana 13.2) with this plugin at its end. sigv4_auth_enabled is left
out on purpose: this plugin does not need it, and with it Grafana's own data proxy
fails for data sources of this type.`

// awsPlugins is the default of [aws] forward_settings_to_plugins: Grafana
// 12.4.0's conf/defaults.ini, and what was added until 13.2, which is DynamoDB
// (grafana/grafana pull request 124952 of May 2026). An id that a Grafana does not
// know does nothing there.
var awsPlugins = []string{
	"cloudwatch", "grafana-athena-datasource", "grafana-redshift-datasource", "grafana-x-ray-datasource",
	"grafana-timestream-datasource", "grafana-iot-sitewise-datasource", "grafana-iot-twinmaker-datasource",
	"grafana-opensearch-datasource", "aws-datasource-provisioner", "elasticsearch", "prometheus",
	"grafana-amazonprometheus-datasource", "grafana-aurora-datasource", "grafana-dynamodb-datasource",
}

// tokenFile is where EKS's webhook mounts the token of a pod with an annotated
// service account.
const tokenFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"

const dashboardsFolder = "/var/lib/grafana/dashboards/ampkit"

// YAML is the values file.
func (g Grafana) YAML() ([]byte, error) {
	if err := checkEndpoint(g.Endpoint); err != nil {
		return nil, err
	}
	if err := g.Identity.check(); err != nil {
		return nil, err
	}
	if err := checkPluginURL(g.PluginURL); err != nil {
		return nil, err
	}
	return write(grafanaComment, map[string]any{
		"serviceAccount": g.Identity.account(),
		"grafana.ini":    g.ini(),
		"datasources": map[string]any{"datasources.yaml": map[string]any{
			"apiVersion": 1, "datasources": []any{g.dataSource()},
		}},
		"dashboardProviders": map[string]any{"dashboardproviders.yaml": map[string]any{
			"apiVersion": 1,
			"providers": []any{map[string]any{
				"name": "ampkit", "orgId": 1, "folder": "", "type": "file", "disableDeletion": false, "editable": true,
				"options": map[string]any{"path": dashboardsFolder},
			}},
		}},
		"dashboards": map[string]any{"ampkit": map[string]any{
			"recommender":     map[string]any{"json": dashboards.Recommender()},
			"workspace-usage": map[string]any{"json": dashboards.WorkspaceUsage()},
		}},
	})
}

// ini is grafana.ini. With IRSA the plugin's own section names the role, which
// works in every version and passes nothing else on. Pod Identity is told to
// pods in variables alone, so these have to be forwarded, with all the others.
func (g Grafana) ini() map[string]any {
	plugins := map[string]any{
		"allow_loading_unsigned_plugins": PluginID,
		// The chart's own list of plugins has been read in two ways by its
		// versions; Grafana reads this one in one.
		"preinstall_sync": PluginID + "@@" + g.PluginURL,
	}
	ini := map[string]any{
		"plugins": plugins,
		"aws":     map[string]any{"forward_settings_to_plugins": strings.Join(append(awsPlugins[:len(awsPlugins):len(awsPlugins)], PluginID), ", ")},
	}
	if g.Identity.PodIdentity {
		plugins["forward_host_env_vars"] = PluginID
	} else {
		ini["plugin."+PluginID] = map[string]any{"role_arn": g.Identity.RoleARN, "web_identity_token_file": tokenFile}
	}
	return ini
}

func (g Grafana) dataSource() map[string]any {
	return map[string]any{
		"name": "Amazon Managed Service for Prometheus", "uid": "ampkit", "type": PluginID, "access": "proxy",
		"url": g.Endpoint.Base.String(), "isDefault": true,
		// The chart of Prometheus scrapes once a minute.
		"jsonData": map[string]any{"sigV4Region": g.Endpoint.Region, "timeInterval": "60s"},
	}
}
