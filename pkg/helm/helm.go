// Package helm writes values for the charts prometheus-community/prometheus and
// grafana/grafana (since 2026 grafana-community/grafana) that need no further
// editing: who the pods are to AWS, where they write and read, and what Grafana
// has to be told before this plugin can do its work.
package helm

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Identity is what a pod is to AWS: its service account with the annotation of
// IRSA, or with an association of EKS Pod Identity, which needs no annotation.
type Identity struct {
	ServiceAccount string
	RoleARN        string // IRSA; "" with Pod Identity
	PodIdentity    bool
}

var (
	roleARN = regexp.MustCompile(`^arn:aws[-a-z]*:iam::[0-9]{12}:role/[-\w+=,.@/]+$`)
	name    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)
)

func (i Identity) check() error {
	switch {
	case !name.MatchString(i.ServiceAccount):
		return fmt.Errorf("service account %q is not a name that Kubernetes takes", i.ServiceAccount)
	case i.PodIdentity && i.RoleARN != "":
		return fmt.Errorf("role %s and Pod Identity: give one, an association names its role itself", i.RoleARN)
	case !i.PodIdentity && i.RoleARN == "":
		return errors.New("no role: give its ARN, or choose Pod Identity")
	case i.RoleARN != "" && !roleARN.MatchString(i.RoleARN):
		return fmt.Errorf("role %q is not an ARN such as arn:aws:iam::123456789012:role/name", i.RoleARN)
	}
	return nil
}

// account is the service account as both charts want it.
func (i Identity) account() map[string]any {
	a := map[string]any{"create": true, "name": i.ServiceAccount}
	if i.RoleARN != "" {
		a["annotations"] = map[string]any{"eks.amazonaws.com/role-arn": i.RoleARN}
	}
	return a
}

func checkEndpoint(e amp.Endpoint) error {
	switch {
	case e.Base == nil || e.Workspace == "":
		return errors.New("no workspace")
	case e.Region == "":
		return errors.New("no region: it is signed for")
	}
	return plain("workspace", e.Base.String())
}

// plain refuses text in which the charts would find a template of their own.
func plain(what, text string) error {
	if strings.ContainsAny(text, " \t\r\n\"'`$") || strings.Contains(text, "{{") {
		return fmt.Errorf("%s %q has characters that it can't have in a chart", what, text)
	}
	return nil
}

// checkPluginURL takes what Grafana's list of plugins can hold.
func checkPluginURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.ContainsAny(raw, ",;#") {
		return fmt.Errorf("plugin URL %q is not one such as https://example.com/%s-1.0.0.zip", raw, PluginID)
	}
	return plain("plugin URL", raw)
}

// write renders values below a comment.
func write(comment string, values map[string]any) ([]byte, error) {
	var b bytes.Buffer
	for line := range strings.SplitSeq(strings.TrimSpace(comment), "\n") {
		b.WriteString(strings.TrimSpace("# "+line) + "\n")
	}
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(values); err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	return b.Bytes(), nil
}
