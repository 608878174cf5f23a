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
	Image string // whose entry point is /ampkit, as of this repository's Dockerfile
}

const prometheusComment = `Values for the chart prometheus-community/prometheus, written by 'ampkit helm prometheus'.

  helm upgrade --install prometheus prometheus --repo https://prometheus-community.github.io/helm-charts --values FILE

The chart scrapes annotated pods with honor_labels: true, where Prometheus' own
default is false. The rules below give the sample application's own job label the
name that the walkthrough's queries ask for, exported_job; other pods keep theirs.`

const proxyComment = `

The proxy is a native sidecar, an init container that stays: it runs before
Prometheus does and ends after it, so that the last samples get through. That
takes Kubernetes 1.29 or newer. It listens inside the pod only, where the kubelet's
HTTP probes do not reach it, so it is asked by a command. While it gets no
credentials the pod is not ready. Its own metrics are scraped as the job
ampkit-proxy: ampkit_proxy_credentials_expiry_seconds is worth an alert.`

// proxyAddress is where the sidecar listens, in the pod's own network only.
const proxyAddress = "127.0.0.1:8005"

// YAML is the values file.
func (p Prometheus) YAML() ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	jobs := map[string]any{}
	for _, job := range []string{"kubernetes-pods", "kubernetes-pods-slow"} { // those that scrape annotated pods
		jobs[job] = map[string]any{"metric_relabel_configs": exportedJob(job)}
	}
	server, comment := map[string]any{"remoteWrite": []any{p.remoteWrite()}}, prometheusComment
	if p.Proxy {
		server["extraInitContainers"] = []any{p.sidecar()}
		jobs["ampkit-proxy"] = map[string]any{"static_configs": []any{map[string]any{"targets": []string{proxyAddress}}}}
		comment += proxyComment
	}
	return write(comment, map[string]any{
		"serviceAccounts": map[string]any{"server": p.Identity.account()},
		"server":          server,
		"scrapeConfigs":   jobs,
	})
}

// exportedJob does for the sample application what honor_labels: false would.
func exportedJob(job string) []any {
	return []any{
		map[string]any{"source_labels": []string{"job"}, "regex": "(recommender)", "target_label": "exported_job"},
		map[string]any{"source_labels": []string{"exported_job"}, "regex": "recommender", "target_label": "job", "replacement": job},
	}
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
		"name":          "ampkit-proxy",
		"image":         p.Image,
		"restartPolicy": "Always", // which makes an init container a sidecar
		"args": []string{
			"proxy", "--workspace=" + p.Endpoint.Base.String(), "--region=" + p.Endpoint.Region,
			"--listen=" + proxyAddress, "--allow=write", "--log-format=json", "--log-level=warn",
		},
		// Prometheus waits for the proxy to serve, not for credentials: without them
		// it is told to keep its samples, and scrapes.
		"startupProbe":   probe("healthy", 1, 60),
		"readinessProbe": probe("ready", 30, 3),
		"resources": map[string]any{
			"requests": map[string]any{"cpu": "50m", "memory": "64Mi"}, "limits": map[string]any{"memory": "512Mi"},
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
			"capabilities": map[string]any{"drop": []string{"ALL"}},
		},
	}
}

func probe(what string, seconds, failures int) map[string]any {
	return map[string]any{
		"exec":          map[string]any{"command": []string{"/ampkit", "proxy", "probe", what, "--url=http://" + proxyAddress}},
		"periodSeconds": seconds, "timeoutSeconds": 5, "failureThreshold": failures,
	}
}
