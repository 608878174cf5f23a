package helm

import (
	"errors"
	"fmt"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Prometheus says what the values of prometheus-community/prometheus are for.
type Prometheus struct {
	Endpoint amp.Endpoint // of a workspace
	Identity Identity
	// Proxy has 'ampkit proxy' sign in a sidecar made of Image, for a Prometheus
	// that can't; else Prometheus signs itself.
	Proxy bool
	Image string // whose entry point is ampkit
}

const prometheusComment = `Values for the chart prometheus-community/prometheus, written by 'ampkit helm prometheus'.

  helm upgrade --install prometheus prometheus --repo https://prometheus-community.github.io/helm-charts --values FILE

The chart scrapes annotated pods with honor_labels: true, where Prometheus' own
default is false. The rules below give the sample application's own job label the
name that the walkthrough's queries ask for, exported_job; other pods keep theirs.`

// proxyAddress is where the sidecar listens, in the pod's own network only.
const proxyAddress = "127.0.0.1:8005"

// YAML is the values file.
func (p Prometheus) YAML() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	server := map[string]any{"remoteWrite": []any{p.remoteWrite()}}
	if p.Proxy {
		server["sidecarContainers"] = map[string]any{"ampkit-proxy": p.sidecar()}
	}
	return write(prometheusComment, map[string]any{
		"serviceAccounts": map[string]any{"server": p.Identity.account()},
		"server":          server,
		"scrapeConfigs": map[string]any{"kubernetes-pods": map[string]any{"metric_relabel_configs": []any{
			map[string]any{"source_labels": []string{"job"}, "regex": "(recommender)", "target_label": "exported_job"},
			map[string]any{"source_labels": []string{"exported_job"}, "regex": "recommender", "target_label": "job", "replacement": "kubernetes-pods"},
		}}},
	})
}

func (p Prometheus) check() error {
	if err := checkEndpoint(p.Endpoint); err != nil {
		return err
	}
	switch {
	case p.Proxy && p.Image == "":
		return errors.New("the proxy needs an image, whose entry point is ampkit")
	case !p.Proxy && p.Image != "":
		return fmt.Errorf("image %s is for the proxy, which is not asked for", p.Image)
	}
	if err := plain("image", p.Image); err != nil {
		return err
	}
	return p.Identity.check()
}

// remoteWrite has the queue settings that AWS recommends for AMP: its limit is
// samples a second for a workspace, and a 429 is worth another try.
func (p Prometheus) remoteWrite() map[string]any {
	w := map[string]any{
		"url": p.Endpoint.RemoteWriteURL(),
		"queue_config": map[string]any{
			"max_samples_per_send": 1000, "max_shards": 200, "capacity": 2500, "retry_on_http_429": true,
		},
	}
	if p.Proxy {
		w["url"] = "http://" + proxyAddress + "/api/v1/remote_write"
	} else {
		w["sigv4"] = map[string]any{"region": p.Endpoint.Region}
	}
	return w
}

func (p Prometheus) sidecar() map[string]any {
	return map[string]any{
		"image": p.Image,
		"args": []string{
			"proxy", "--workspace=" + p.Endpoint.Base.String(), "--region=" + p.Endpoint.Region,
			"--listen=" + proxyAddress, "--allow=write", "--log-format=json", "--log-level=warn",
		},
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "64Mi"}, "limits": map[string]any{"memory": "512Mi"},
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
			"capabilities": map[string]any{"drop": []string{"ALL"}},
		},
	}
}
