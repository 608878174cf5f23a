package emulator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// The actions that AWS' walkthrough gives to who writes and to who reads.
var (
	WriteActions = []string{"aps:RemoteWrite"}
	ReadActions  = []string{"aps:QueryMetrics", "aps:GetSeries", "aps:GetLabels", "aps:GetMetricMetadata"}
)

// CreateWorkspace makes a workspace that is ACTIVE at once. An empty account
// means the emulator's own.
func (e *Emulator) CreateWorkspace(ctx context.Context, alias, account string) (controlplane.Workspace, error) {
	if err := ctx.Err(); err != nil {
		return controlplane.Workspace{}, err
	}
	return e.book.Create(controlplane.Workspace{
		Account: cmp.Or(account, e.o.AccountID), Alias: alias, Active: e.o.Clock(),
	})
}

// NamedWorkspace finds the workspace of the emulator's own account with this
// alias, or makes one that is ACTIVE at once. The id of one that it makes follows
// from account, region and alias, so that URLs in files stay true when an
// emulator without a data directory is started again.
func (e *Emulator) NamedWorkspace(ctx context.Context, alias string) (controlplane.Workspace, error) {
	if err := ctx.Err(); err != nil {
		return controlplane.Workspace{}, err
	}
	for _, w := range e.Workspaces("") {
		if w.Alias == alias && w.Status(e.o.Clock()) != controlplane.Deleting {
			return w, nil
		}
	}
	w := controlplane.Workspace{Account: e.o.AccountID, Alias: alias, Active: e.o.Clock()}
	w.ID = "ws-" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(e.book.ARN(w.Account, alias))).String()
	if _, taken := e.book.Workspace(w.ID); taken { // one that is being deleted, or has another alias now
		w.ID = ""
	}
	return e.book.Create(w)
}

// Workspaces are those of an account, oldest first; of the emulator's own when
// it is empty.
func (e *Emulator) Workspaces(account string) []controlplane.Workspace {
	return e.book.List(cmp.Or(account, e.o.AccountID), "")
}

// Policy allows the actions on the resources, on everything when there are none.
func Policy(actions []string, resources ...string) iam.Document {
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	return document(map[string]any{"Effect": "Allow", "Action": actions, "Resource": resources})
}

// AddUser makes a user whose only policy is the given one, and a static key
// for them. An empty account means the emulator's own.
func (e *Emulator) AddUser(account, name string, policy iam.Document) (iam.AccessKey, error) {
	u, err := e.iam.PutUser(iam.User{Account: account, Name: name, Permissions: inline(policy)})
	if err != nil {
		return iam.AccessKey{}, fmt.Errorf("user %s: %w", name, err)
	}
	return e.iam.PutAccessKey(iam.AccessKey{User: u.ARN})
}

// AddRole makes a role that the trust policy lets in, and whose only permission
// policy is the given one. An empty account means the emulator's own.
func (e *Emulator) AddRole(account, name string, trust, policy iam.Document) (iam.Role, error) {
	r, err := e.iam.PutRole(iam.Role{Account: account, Name: name, Trust: trust, Permissions: inline(policy)})
	if err != nil {
		return iam.Role{}, fmt.Errorf("role %s: %w", name, err)
	}
	return r, nil
}

// AddServiceAccountRole makes a role for the service accounts, each given as
// namespace/name, as IRSA wires them: the issuer is registered as a provider,
// and the role trusts its tokens for audience sts.amazonaws.com.
func (e *Emulator) AddServiceAccountRole(name string, policy iam.Document, serviceAccounts ...string) (iam.Role, error) {
	provider, err := e.provider()
	if err != nil {
		return iam.Role{}, err
	}
	subjects := make([]string, len(serviceAccounts))
	for i, sa := range serviceAccounts {
		namespace, account, ok := strings.Cut(sa, "/")
		if !ok || namespace == "" || account == "" {
			return iam.Role{}, fmt.Errorf("service account %q: want namespace/name", sa)
		}
		subjects[i] = "system:serviceaccount:" + namespace + ":" + account
	}
	host := iam.ProviderHost(provider.URL)
	trust := document(map[string]any{
		"Effect":    "Allow",
		"Principal": map[string]string{"Federated": provider.ARN},
		"Action":    "sts:AssumeRoleWithWebIdentity",
		"Condition": map[string]any{"StringEquals": map[string]any{host + ":aud": tokenAudience, host + ":sub": subjects}},
	})
	return e.AddRole("", name, trust, policy)
}

const tokenAudience = "sts.amazonaws.com"

// provider registers the issuer in the emulator's own account.
func (e *Emulator) provider() (iam.Provider, error) {
	if p, ok := e.iam.Provider(e.o.AccountID, e.issuer.URL()); ok {
		return p, nil
	}
	return e.iam.PutProvider(iam.Provider{URL: e.issuer.URL(), ClientIDs: []string{tokenAudience}})
}

// MintToken writes a service-account token into a file, once. For one that is
// kept fresh as the kubelet does, run an oidc.Projector.
func (e *Emulator) MintToken(path string, r oidc.TokenRequest) error {
	token, err := e.issuer.Mint(r)
	if err != nil {
		return fmt.Errorf("token of %s/%s: %w", r.Namespace, r.ServiceAccount, err)
	}
	return statefile.Write(path, []byte(token.Raw))
}

func inline(policy iam.Document) iam.Permissions {
	if policy == "" {
		return iam.Permissions{}
	}
	return iam.Permissions{Inline: map[string]iam.Document{"permissions": policy}}
}

func document(statements ...map[string]any) iam.Document {
	text, err := json.MarshalIndent(map[string]any{"Version": "2012-10-17", "Statement": statements}, "", "  ")
	if err != nil { // strings and lists only: cannot happen
		panic(err)
	}
	return iam.Document(text)
}
