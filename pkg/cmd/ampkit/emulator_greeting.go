package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// emulatorUser owns the static key that the greeting shows.
const emulatorUser = "ampkit"

var (
	accountID   = regexp.MustCompile(`^[0-9]{12}$`)
	podPattern  = regexp.MustCompile(`^([a-z0-9][-a-z0-9]*)/([a-z0-9][-.a-z0-9]*)(?:=([a-z]+))?$`)
	podAccesses = map[string][]string{
		"read": emulator.ReadActions,
		// What Grafana's settings ask for beside the queries.
		"browse": append(slices.Clone(emulator.ReadActions), "aps:ListWorkspaces", "aps:DescribeWorkspace"),
		"write":  emulator.WriteActions,
		"admin":  {"aps:*"},
	}
)

// pod is a service account with its role and its token file.
type pod struct {
	namespace, account, access string

	name      string // namespace/account
	role      iam.Role
	projector *oidc.Projector
}

// parsePod reads NAMESPACE/NAME[=ACCESS].
func parsePod(text string) (pod, error) {
	m := podPattern.FindStringSubmatch(text)
	if m == nil {
		return pod{}, fmt.Errorf("%q is not NAMESPACE/NAME or NAMESPACE/NAME=ACCESS", text)
	}
	p := pod{namespace: m[1], account: m[2], access: m[3], name: m[1] + "/" + m[2]}
	if p.access == "" {
		p.access = "read"
	}
	if podAccesses[p.access] == nil {
		return pod{}, fmt.Errorf("%q: access is read, browse, write or admin", text)
	}
	return p, nil
}

// greeting is what somebody needs to know to use a fresh emulator.
type greeting struct {
	endpoint  string
	options   emulatorOptions
	workspace controlplane.Workspace
	key       iam.AccessKey
	pods      []pod
}

// prepare makes what is not there yet: the workspace, the key, the roles.
func (g *greeting) prepare(ctx context.Context, e *emulator.Emulator, tokens string) (err error) {
	if g.workspace, err = e.NamedWorkspace(ctx, g.options.Workspace); err != nil {
		return err
	}
	if g.key, err = adminKey(e); err != nil {
		return err
	}
	for _, text := range g.options.ServiceAccounts {
		p, err := parsePod(text)
		if err != nil {
			return err
		}
		name := strings.ReplaceAll("ampkit-"+p.namespace+"-"+p.account, ".", "-")
		if p.role, err = e.AddServiceAccountRole(name, emulator.Policy(podAccesses[p.access]), p.name); err != nil {
			return err
		}
		p.projector = &oidc.Projector{
			Issuer:  e.Issuer(),
			Path:    filepath.Join(tokens, p.namespace, p.account, "token"),
			Request: oidc.TokenRequest{Namespace: p.namespace, ServiceAccount: p.account},
		}
		g.pods = append(g.pods, p)
	}
	return nil
}

// adminKey is the key of the emulator's user, made once for a data directory.
func adminKey(e *emulator.Emulator) (iam.AccessKey, error) {
	arn := "arn:" + e.IAM().Partition() + ":iam::" + e.AccountID() + ":user/" + emulatorUser
	var keys []iam.AccessKey
	for _, k := range e.IAM().View().Keys {
		if k.User == arn && !k.Inactive {
			keys = append(keys, k)
		}
	}
	if len(keys) > 0 {
		return slices.MinFunc(keys, func(a, b iam.AccessKey) int { return a.Created.Compare(b.Created) }), nil
	}
	return e.AddUser("", emulatorUser, emulator.Policy([]string{"*"}))
}

var greetingText = template.Must(template.New("greeting").Parse(`Amazon Managed Service for Prometheus, emulated on this machine, ready in {{.Took}}.

  endpoint    {{.Endpoint}}   (workspaces, control plane, STS: one port)
  workspace   {{.Workspace.ID}}   (alias {{.Workspace.Alias}})
  region      {{.Options.Region}}, account {{.Options.Account}}
  data        {{if .Options.DataDir}}kept in {{.Options.DataDir}}{{else}}gone when this stops; --data-dir keeps it{{end}}

In another shell, for any AWS SDK or tool. The key is good here and nowhere else:

  unset  AWS_PROFILE AWS_SESSION_TOKEN
  export AWS_ENDPOINT_URL={{.Endpoint}}
  export AWS_REGION={{.Options.Region}} AWS_DEFAULT_REGION={{.Options.Region}}
  export AWS_ACCESS_KEY_ID={{.Key.ID}}
  export AWS_SECRET_ACCESS_KEY={{.Key.Secret}}

Then write samples, list the workspaces, query:

  ampkit sample write --url {{.URL}} --region {{.Options.Region}}
  aws amp list-workspaces --endpoint-url {{.Endpoint}}
  curl --aws-sigv4 aws:amz:{{.Options.Region}}:aps --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --data-urlencode 'query=sum(rate(http_requests_total[5m])) by (path)' {{.URL}}api/v1/query
{{range .Pods}}
A pod with service account {{.Name}} ({{.Access}}) has its own role instead of keys. The SDK
for Go fetches a role where the second line says, and nowhere else:

  export AWS_ROLE_ARN={{.Role}}
  export AWS_ENDPOINT_URL_STS={{$.Endpoint}}
  export AWS_WEB_IDENTITY_TOKEN_FILE={{.Token}}
  unset  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
{{end}}
Ctrl-C stops it.
`))

// print teaches on stderr, and gives the workspace's URL on stdout to scripts.
func (g *greeting) print(s streams, took time.Duration) error {
	type podText struct{ Name, Access, Role, Token string }
	pods := make([]podText, 0, len(g.pods))
	for _, p := range g.pods {
		pods = append(pods, podText{p.name, p.access, p.role.ARN, p.projector.Path})
	}
	url := g.endpoint + "/workspaces/" + g.workspace.ID + "/"
	err := greetingText.Execute(s.err, map[string]any{
		"Took": took.Round(time.Millisecond), "Endpoint": g.endpoint, "URL": url, "Workspace": g.workspace,
		"Options": g.options, "Key": g.key, "Pods": pods,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, url)
	return err
}
