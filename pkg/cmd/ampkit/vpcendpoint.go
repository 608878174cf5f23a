package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/vpcendpoint"
)

func newVPCEndpointCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("vpc-endpoint", "Endpoints by which a VPC without internet reaches a workspace")
	cmd.Long = `Plan, make, list and delete the interface endpoints by which a VPC without internet
reaches Amazon Managed Service for Prometheus: aps-workspaces (queries and remote
write), aps (workspaces described and listed) and sts (credentials of roles).

Endpoints that others made are used as they are, and never changed or deleted.`
	cmd.AddCommand(newVPCEndpointPlanCmd(s), newVPCEndpointApplyCmd(s), newVPCEndpointListCmd(s), newVPCEndpointDeleteCmd(s))
	return cmd
}

// vpcOptions are the flags of all four commands.
type vpcOptions struct {
	awsOptions
	Output   output
	VPC      string
	Services []string
}

func (o *vpcOptions) addTo(cmd *cobra.Command) {
	o.awsOptions.addTo(cmd, "region of the VPC and the workspace (default: the SDK's)")
	o.Output.addTo(cmd)
	cmd.Flags().StringVar(&o.VPC, "vpc", "", "id of the VPC")
}

// addServices is not for list, which shows all.
func (o *vpcOptions) addServices(cmd *cobra.Command) {
	names := make([]string, len(vpcendpoint.Services))
	for i, service := range vpcendpoint.Services {
		names[i] = string(service)
	}
	cmd.Flags().StringSliceVar(&o.Services, "service", names, "service to make an endpoint for; may be repeated")
	completion(cmd, "service", names...)
}

func (o *vpcOptions) check(cmd *cobra.Command) error {
	if err := o.Output.check(cmd); err != nil {
		return err
	}
	if o.VPC == "" {
		return usagef(cmd, "--vpc is missing: the id of the VPC")
	}
	if _, err := o.services(); err != nil {
		return usagef(cmd, "--service: %w", err)
	}
	return nil
}

func (o *vpcOptions) services() ([]vpcendpoint.Service, error) {
	services := make([]vpcendpoint.Service, len(o.Services))
	for i, text := range o.Services {
		var err error
		if services[i], err = vpcendpoint.ParseService(text); err != nil {
			return nil, err
		}
	}
	return services, nil
}

// vpcPlanOptions are those of plan and apply.
type vpcPlanOptions struct {
	vpcOptions
	Subnets        []string
	SecurityGroups []string
	Workspaces     []string
	PrivateDNS     bool
	Tags           map[string]string
}

func (o *vpcPlanOptions) addTo(cmd *cobra.Command) {
	o.vpcOptions.addTo(cmd)
	o.addServices(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&o.Subnets, "subnet", nil, "id of a subnet, one in each zone; may be repeated")
	f.StringSliceVar(&o.SecurityGroups, "security-group", nil, "id of a security group that lets 443/tcp in; may be repeated (default: the VPC's)")
	f.StringSliceVarP(&o.Workspaces, "workspace", "w", nil, "workspace that may be reached: URL, ARN or id; may be repeated (default: all)")
	f.BoolVar(&o.PrivateDNS, "private-dns", true, "let the services' host names lead to the endpoints")
	tagFlag(cmd, &o.Tags, "tag of the endpoints, as key=value; may be repeated")
}

func (o *vpcPlanOptions) check(cmd *cobra.Command) error {
	if err := o.vpcOptions.check(cmd); err != nil {
		return err
	}
	if len(o.Subnets) == 0 {
		return usagef(cmd, "--subnet is missing: where in the VPC the endpoints are to be")
	}
	for key := range o.Tags {
		if strings.HasPrefix(key, "ampkit:") {
			return usagef(cmd, "--tag %s: ampkit: is reserved", key)
		}
	}
	return nil
}

// vpcSession is what a plan was made of.
type vpcSession struct {
	client *vpcendpoint.Client
	creds  *awscreds.Credentials
	spec   vpcendpoint.Spec
	plan   *vpcendpoint.Plan
}

// open finds credentials, looks at the VPC and makes the plan.
func (o *vpcPlanOptions) open(ctx context.Context) (*vpcSession, error) {
	creds, err := o.load(ctx)
	if err != nil {
		return nil, err
	}
	s := &vpcSession{creds: creds, client: vpcendpoint.New(creds.Config())}
	if err := s.find(ctx, o); err != nil {
		creds.Close()
		return nil, err
	}
	return s, nil
}

func (s *vpcSession) find(ctx context.Context, o *vpcPlanOptions) error {
	services, err := o.services()
	if err != nil {
		return err
	}
	s.spec = vpcendpoint.Spec{
		Region: s.creds.Config().Region, VPC: o.VPC, Subnets: o.Subnets, SecurityGroups: o.SecurityGroups,
		Services: services, PrivateDNS: o.PrivateDNS, Tags: o.Tags,
	}
	for _, text := range o.Workspaces {
		arn, err := s.workspaceARN(ctx, workspaceOptions{Workspace: text, awsOptions: o.awsOptions})
		if err != nil {
			return err
		}
		s.spec.Workspaces = append(s.spec.Workspaces, arn)
	}
	state, err := s.client.Observe(ctx, o.VPC)
	if err != nil {
		return err
	}
	s.plan, err = vpcendpoint.NewPlan(s.spec, state)
	return err
}

// workspaceARN needs the account only where the text does not name it.
func (s *vpcSession) workspaceARN(ctx context.Context, o workspaceOptions) (string, error) {
	raw, err := o.address()
	if err != nil {
		return "", err
	}
	endpoint, err := amp.ParseEndpoint(raw, s.spec.Region)
	switch {
	case err != nil:
		return "", fmt.Errorf("--workspace: %w", err)
	case endpoint.Workspace == "":
		return "", fmt.Errorf("--workspace: %q names no workspace", o.Workspace)
	case endpoint.Account != "":
		return endpoint.ARN(""), nil
	}
	who, err := s.creds.Identity(ctx)
	if err != nil {
		return "", err
	}
	return endpoint.ARN(who.Account), nil
}

// vpcPlanView is a plan, or what was done, as JSON.
type vpcPlanView struct {
	VPC string `json:"vpc"`
	planView
	Endpoints []vpcendpoint.Endpoint `json:"endpoints,omitempty"`
}

func vpcView(vpc string, plan *vpcendpoint.Plan) vpcPlanView {
	view := vpcPlanView{VPC: vpc, planView: planView{Steps: make([]planStep, len(plan.Steps)), Notes: plan.Notes}}
	for i, step := range plan.Steps {
		view.Steps[i] = planStep{string(step.Op), step.Resource, step.Detail}
	}
	return view
}

// applyVPC does what is planned and tells of each step.
func applyVPC(ctx context.Context, s streams, client *vpcendpoint.Client, plan *vpcendpoint.Plan) error {
	done := 0
	err := plan.Apply(ctx, client, func(step vpcendpoint.Step) {
		done++
		planStep{string(step.Op), step.Resource, nil}.done(s)
	})
	if err != nil {
		return fmt.Errorf("%d of %s done, then %w", done, plural(len(plan.Steps), "step"), err)
	}
	return nil
}

// endpointTable lists endpoints, and what clients must be told of those without
// private DNS.
func endpointTable(endpoints []vpcendpoint.Endpoint) func(io.Writer) error {
	return tabbed(func(w io.Writer) {
		fmt.Fprintln(w, "ENDPOINT\tSERVICE\tVPC\tSTATE\tPRIVATE DNS\tSUBNETS\tMADE HERE")
		yes := map[bool]string{true: "yes", false: "no"}
		for _, e := range endpoints {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.ID, e.Service, e.VPC, e.State, yes[e.PrivateDNS], len(e.Subnets), yes[e.Ours()])
		}
		for _, e := range endpoints {
			if setting := e.Setting(); setting != "" {
				fmt.Fprintln(w, setting)
			}
		}
	})
}
