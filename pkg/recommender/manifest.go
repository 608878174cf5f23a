package recommender

import (
	"bytes"
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// Manifest says where and how the application runs in Kubernetes.
type Manifest struct {
	Namespace string
	Image     string // one with the ampkit command line as its entry point
	Replicas  int
	Load      float64 // requests a second that each replica sends to itself, 0 for none
}

const port = 8080

// object keeps the order in which a manifest is usually read.
type object struct {
	APIVersion string         `yaml:"apiVersion"`
	Kind       string         `yaml:"kind"`
	Metadata   map[string]any `yaml:"metadata"`
	Spec       map[string]any `yaml:"spec"`
}

// YAML is the Deployment, whose pods are scraped through their annotations, and
// the Service. The annotations stand on the pods alone: on the Service as well
// they would have every replica scraped twice.
func (m Manifest) YAML() ([]byte, error) {
	labels := map[string]string{"app.kubernetes.io/name": Job}
	metadata := map[string]any{"name": Job, "namespace": m.Namespace, "labels": labels}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	for _, o := range []object{
		{APIVersion: "apps/v1", Kind: "Deployment", Metadata: metadata, Spec: map[string]any{
			"replicas": m.Replicas,
			"selector": map[string]any{"matchLabels": labels},
			"template": map[string]any{
				"metadata": map[string]any{"labels": labels, "annotations": map[string]string{
					"prometheus.io/scrape": "true", "prometheus.io/port": strconv.Itoa(port), "prometheus.io/path": "/metrics",
				}},
				"spec": map[string]any{
					"automountServiceAccountToken": false,
					"securityContext": map[string]any{
						"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": map[string]any{"type": "RuntimeDefault"},
					},
					"containers": []any{m.container()},
				},
			},
		}},
		{APIVersion: "v1", Kind: "Service", Metadata: metadata, Spec: map[string]any{
			"selector": labels,
			"ports":    []any{map[string]any{"name": "http", "port": 80, "targetPort": "http"}},
		}},
	} {
		if err := e.Encode(o); err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return out.Bytes(), nil
}

func (m Manifest) container() map[string]any {
	args := []string{"sample", "serve", fmt.Sprintf("--listen=:%d", port), "--allow-remote"}
	if m.Load > 0 {
		args = append(args, fmt.Sprintf("--load=%g", m.Load))
	}
	return map[string]any{
		"name": Job, "image": m.Image, "args": args,
		"ports":          []any{map[string]any{"name": "http", "containerPort": port}},
		"readinessProbe": map[string]any{"httpGet": map[string]any{"path": "/healthz", "port": "http"}},
		"resources": map[string]any{
			"requests": map[string]string{"cpu": "50m", "memory": "64Mi"}, "limits": map[string]string{"memory": "128Mi"},
		},
		"securityContext": map[string]any{
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
			"capabilities": map[string]any{"drop": []string{"ALL"}},
		},
	}
}
