package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/irsa"
)

func newIRSACmd(s streams) *cobra.Command {
	cmd := newGroupCmd("irsa", "Roles by which pods of an EKS cluster may use a workspace")
	cmd.Long = `Plan, make, check and remove what lets pods of an EKS cluster use a workspace: two
roles, never one. The ingest role may write (aps:RemoteWrite), the query role may
read; each can be taken only by the service accounts named, by IAM roles for
service accounts (IRSA) or, with --pod-identity, by EKS Pod Identity.

What others made is kept: their statements in a trust policy byte for byte, their
policies on a role, a role or policy that was there before.`
	cmd.AddCommand(newIRSAPlanCmd(s), newIRSAApplyCmd(s), newIRSACheckCmd(s), newIRSADestroyCmd(s))
	return cmd
}

// irsaOptions are the flags of all four commands: they must be the same from
// plan to destroy.
type irsaOptions struct {
	workspaceOptions
	Output        output
	Cluster       string
	ClusterRegion string
	Accounts      map[irsa.Use]*[]string
	Roles         map[irsa.Use]*string
	Policies      map[irsa.Use]*string
	PodIdentity   bool
	Alerting      bool
	Picker        bool
	Path          string
	Boundary      string
	Tags          map[string]string
}

var irsaUses = []irsa.Use{irsa.Ingest, irsa.Query}

func (o *irsaOptions) addTo(cmd *cobra.Command) {
	o.workspaceOptions.addTo(cmd)
	o.Output.addTo(cmd)
	f := cmd.Flags()
	f.StringVar(&o.Cluster, "cluster", "", "name of the EKS cluster")
	f.StringVar(&o.ClusterRegion, "cluster-region", "", "region of the cluster (default: the workspace's)")
	o.Accounts, o.Roles, o.Policies = map[irsa.Use]*[]string{}, map[irsa.Use]*string{}, map[irsa.Use]*string{}
	for _, use := range irsaUses {
		does := map[irsa.Use]string{irsa.Ingest: "write", irsa.Query: "read"}[use]
		o.Accounts[use] = f.StringSlice(string(use)+"-service-account", nil, "service account that may "+does+", as namespace/name; may be repeated")
		o.Roles[use] = f.String(string(use)+"-role", "", "name of the role that may "+does+" (default: ampkit-<cluster>-"+string(use)+")")
		o.Policies[use] = f.String(string(use)+"-policy", "", "name of its policy (default: the role's)")
	}
	f.BoolVar(&o.PodIdentity, "pod-identity", false, "by EKS Pod Identity instead of IRSA")
	f.BoolVar(&o.Alerting, "alerting", false, "let the query role read rules, alerts and the alert manager")
	f.BoolVar(&o.Picker, "picker", false, "let the query role list the account's workspaces")
	f.StringVar(&o.Path, "path", "", "path of roles and policies that are made, such as /team/")
	f.StringVar(&o.Boundary, "permissions-boundary", "", "ARN of the roles' permissions boundary")
	tagFlag(cmd, &o.Tags, "tag of what is made, as key=value; may be repeated")
	completion(cmd, "cluster-region", amp.Regions()...)
}

// check is for all but destroy, which needs no service accounts.
func (o *irsaOptions) check(cmd *cobra.Command, accounts bool) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	if err := o.Output.check(cmd); err != nil {
		return err
	}
	if o.Cluster == "" {
		return usagef(cmd, "--cluster is missing: the name of the EKS cluster")
	}
	spec, err := o.spec(accounts)
	if err != nil {
		return usagef(cmd, "%w", err)
	}
	if len(spec.Roles) == 0 {
		return usagef(cmd, "give --ingest-service-account, --query-service-account or both, as namespace/name")
	}
	if err := spec.Check(); err != nil {
		return usagef(cmd, "%w", err)
	}
	return nil
}

// spec is what the flags ask for, as far as that needs nobody's answer. Only
// roles with service accounts are in it, unless both are wanted.
func (o *irsaOptions) spec(accounts bool) (irsa.Spec, error) {
	spec := irsa.Spec{
		Cluster: irsa.Cluster{Name: o.Cluster}, PodIdentity: o.PodIdentity, Alerting: o.Alerting, Picker: o.Picker,
		Path: o.Path, Boundary: o.Boundary, Tags: o.Tags, Named: accounts,
	}
	for _, use := range irsaUses {
		role := irsa.Role{Use: use, Name: *o.Roles[use]}
		spec.Named = spec.Named || role.Name != ""
		if role.Name == "" {
			role.Name = irsa.DefaultName(o.Cluster, use)
		}
		if role.Policy = *o.Policies[use]; role.Policy == "" {
			role.Policy = role.Name
		}
		for _, text := range *o.Accounts[use] {
			sa, err := irsa.ParseServiceAccount(text)
			if err != nil {
				return irsa.Spec{}, fmt.Errorf("--%s-service-account: %w", use, err)
			}
			role.ServiceAccounts = append(role.ServiceAccounts, sa)
		}
		if len(role.ServiceAccounts) > 0 || !accounts {
			spec.Roles = append(spec.Roles, role)
		}
	}
	return spec, nil
}

// irsaSession is a command's: the clients, what is asked for, and what could not
// be looked at.
type irsaSession struct {
	clients *irsa.Clients
	creds   *awscreds.Credentials
	spec    irsa.Spec
	notes   []string
}

// open finds credentials, cluster and workspace. When what is made is to be
// removed, both may be gone already.
func (o *irsaOptions) open(ctx context.Context, removing bool) (*irsaSession, error) {
	spec, err := o.spec(!removing)
	if err != nil {
		return nil, err
	}
	endpoint, creds, err := o.locate(ctx)
	if err != nil {
		return nil, err
	}
	session := &irsaSession{creds: creds, spec: spec}
	if err := session.find(ctx, o, endpoint, removing); err != nil {
		creds.Close()
		return nil, err
	}
	return session, nil
}

func (s *irsaSession) find(ctx context.Context, o *irsaOptions, endpoint amp.Endpoint, removing bool) (err error) {
	if endpoint.Workspace == "" {
		return fmt.Errorf("--workspace: %q names no workspace", o.Workspace)
	}
	cfg := s.creds.Config()
	cfg.Region = endpoint.Region
	if o.ClusterRegion != "" {
		if _, _, err := amp.CheckRegion(o.ClusterRegion); err != nil {
			return fmt.Errorf("--cluster-region: %w", err)
		}
		cfg.Region = o.ClusterRegion
	}
	s.clients = irsa.New(cfg)
	s.spec.Cluster, err = s.clients.Describe(ctx, o.Cluster)
	if removing && amp.IsKind(err, amp.KindNotFound) {
		s.notes = append(s.notes, "cluster "+o.Cluster+" is gone: what it had of EKS is, too, and its oidc-provider is not looked for")
		s.spec.Cluster, err = s.clients.Gone(ctx, o.Cluster, cfg.Region)
	}
	if err != nil {
		return err
	}
	if !removing && !s.spec.PodIdentity && s.spec.Cluster.Issuer == "" {
		return fmt.Errorf("cluster %s has no OpenID Connect issuer: use --pod-identity", o.Cluster)
	}
	account := strings.Split(s.spec.Cluster.ARN+":::::", ":")[4]
	s.spec.WorkspaceARN = endpoint.ARN(account)
	if removing {
		return nil
	}
	return s.lookForWorkspace(ctx, endpoint, account)
}

// lookForWorkspace keeps a typing error from becoming a policy. Who makes roles
// need not be allowed to look.
func (s *irsaSession) lookForWorkspace(ctx context.Context, endpoint amp.Endpoint, account string) error {
	if endpoint.Account != "" && endpoint.Account != account {
		s.notes = append(s.notes, "not checked: whether the workspace exists: it is of account "+endpoint.Account+", which must let the roles in by a resource policy of the workspace")
		return nil
	}
	w, err := amp.NewControlPlane(s.creds.Config(), endpoint).Describe(ctx, "")
	switch {
	case amp.IsKind(err, amp.KindAccessDenied):
		s.notes = append(s.notes, "not checked: whether the workspace exists: "+err.Error())
		return nil
	case err != nil:
		return err
	}
	s.spec.WorkspaceARN = w.ARN
	return nil
}

// withHint names the way out of an error that only this command knows.
func withHint(err error) error {
	var taken *irsa.TakenError
	if errors.As(err, &taken) {
		return fmt.Errorf("%w, or remove what was made for the other with: ampkit irsa destroy", err)
	}
	return err
}
