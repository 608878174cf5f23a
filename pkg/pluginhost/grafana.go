package pluginhost

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-aws-sdk/pkg/awsds"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
)

// PluginID is the data source's type.
const PluginID = "grafana-ampkitprometheus-datasource"

// Grafana is what a Grafana's configuration says about a plugin.
type Grafana struct {
	// Version is passed as GF_VERSION; "" is 12.4.0.
	Version string
	// PluginSection is [plugin.<id>] of grafana.ini: role_arn becomes GF_PLUGIN_ROLE_ARN.
	PluginSection map[string]string
	// AWS is [aws] of grafana.ini; nil when the plugin is not listed in
	// forward_settings_to_plugins, as by default.
	AWS *AWS
	// ConcurrentQueries and ResponseLimit (bytes) are [dataproxy]'s and
	// [datasources]' limits; 0 sends none.
	ConcurrentQueries int
	ResponseLimit     int64
}

// AWS is the section [aws] of grafana.ini.
type AWS struct {
	AllowedAuthProviders []string
	AssumeRoleDisabled   bool
	ExternalID           string
	SessionDuration      time.Duration
}

// Environment is what Grafana 12.4.0 starts the plugin with: none of its own
// variables but the HTTP proxy's, no AWS_*, no HOME, no PATH.
func (g Grafana) Environment() []string {
	env := []string{"GF_VERSION=" + orElse(g.Version, "12.4.0"), "GF_EDITION=Open Source"}
	for k, v := range g.awsSettings() {
		env = append(env, k+"="+v)
	}
	for k, v := range g.PluginSection {
		env = append(env, "GF_PLUGIN_"+strings.ToUpper(k)+"="+v)
	}
	for _, k := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"} {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	slices.Sort(env)
	return env
}

// DataSource is a data source as Grafana stores it.
type DataSource struct {
	UID, Name, URL string
	// JSONData is marshalled as it is; nil is {}.
	JSONData any
	// Secure is secureJsonData, decrypted.
	Secure map[string]string
	// Updated tells instances apart: a later time makes the plugin build a new one.
	Updated time.Time
}

// Context is what Grafana sends with each call about a data source.
func (g Grafana) Context(ds DataSource) (backend.PluginContext, error) {
	jsonData := []byte("{}")
	if ds.JSONData != nil {
		var err error
		if jsonData, err = json.Marshal(ds.JSONData); err != nil {
			return backend.PluginContext{}, fmt.Errorf("jsonData of %s: %w", ds.Name, err)
		}
	}
	return backend.PluginContext{
		OrgID:    1, //nolint:staticcheck // Grafana 12 still sends it
		PluginID: PluginID,
		User:     &backend.User{Login: "admin", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			ID:                      1,
			UID:                     orElse(ds.UID, "amp"),
			Name:                    orElse(ds.Name, "AMP"),
			Type:                    PluginID,
			URL:                     ds.URL,
			JSONData:                jsonData,
			DecryptedSecureJSONData: maps.Clone(ds.Secure),
			Updated:                 ds.Updated,
		},
		GrafanaConfig: config.NewGrafanaCfg(g.config()),
	}, nil
}

// config is the map of settings that travels with each request.
func (g Grafana) config() map[string]string {
	m := g.awsSettings()
	if g.ConcurrentQueries != 0 {
		m[backend.ConcurrentQueryCount] = strconv.Itoa(g.ConcurrentQueries)
	}
	if g.ResponseLimit != 0 {
		m[backend.ResponseLimit] = strconv.FormatInt(g.ResponseLimit, 10)
	}
	return m
}

func (g Grafana) awsSettings() map[string]string {
	m := map[string]string{}
	if g.AWS == nil {
		return m
	}
	if len(g.AWS.AllowedAuthProviders) > 0 {
		m[awsds.AllowedAuthProvidersEnvVarKeyName] = strings.Join(g.AWS.AllowedAuthProviders, ",")
	}
	if g.AWS.AssumeRoleDisabled {
		m[awsds.AssumeRoleEnabledEnvVarKeyName] = "false"
	}
	if g.AWS.ExternalID != "" {
		m[awsds.GrafanaAssumeRoleExternalIdKeyName] = g.AWS.ExternalID
	}
	if g.AWS.SessionDuration > 0 {
		m[awsds.SessionDurationEnvVarKeyName] = g.AWS.SessionDuration.String()
	}
	return m
}

func orElse(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}
