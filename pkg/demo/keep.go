package demo

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ampkit/ampkit/pkg/pluginhost"
)

// keep says how to point a Grafana at the demo, goes on writing, and returns
// when the context ends.
func (w *walk) keep(ctx context.Context) error {
	w.report.printf("\n%s\n%s", w.report.paint(bold, "Running until Ctrl-C, with new samples every 15 s. To point a Grafana at it:"), w.instructions())
	_, err := w.ampkit(ctx, w.cloud.writer, "sample", "write", "--url", w.workspaceURL(), "--region", region, "--follow")
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// instructions are what a Grafana on this machine needs: where the plugin is,
// the plugin's role, STS, the control plane (which a new data source without a
// URL asks for workspaces), and the data source.
func (w *walk) instructions() string {
	plugins, err := filepath.Abs(filepath.Dir(w.Plugin))
	if err != nil {
		plugins = filepath.Dir(w.Plugin)
	}
	ds := w.dataSource()
	return fmt.Sprintf(`
# Grafana's environment
AWS_ENDPOINT_URL_STS=%[1]s
AWS_ENDPOINT_URL_AMP=%[1]s

# grafana.ini
[paths]
plugins = %[2]s
[plugins]
allow_loading_unsigned_plugins = %[3]s
forward_host_env_vars = %[3]s
[plugin.%[3]s]
role_arn = %[4]s
web_identity_token_file = %[5]s

# provisioning/datasources/amp.yaml
apiVersion: 1
datasources:
  - name: %[6]s
    uid: %[7]s
    type: %[3]s
    access: proxy
    url: %[8]s
    jsonData:
      sigV4Region: %[9]s
      timeInterval: 15s
`, w.cloud.url, plugins, pluginhost.PluginID, w.cloud.reader.roleARN, w.cloud.reader.tokenFile, ds.Name, ds.UID, ds.URL, region)
}
