package vpcendpoint

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Client asks EC2. It is safe for concurrent use.
type Client struct {
	ec2    *ec2.Client
	region string
}

// New makes a client of a configuration from awscreds.
func New(cfg aws.Config) *Client {
	return &Client{ec2: ec2.NewFromConfig(amp.ForSDK(cfg)), region: cfg.Region}
}

func explain(err error, action, resource string) error {
	return amp.Explain(err, amp.Call{
		Service: "EC2", Action: "ec2:" + action, Resource: resource,
		Missing: "check --vpc, --subnet, --security-group, --region and the account of the credentials",
	})
}

// Observe reads a VPC's endpoints for the services. Errors are *amp.Error.
func (c *Client) Observe(ctx context.Context, vpc string) (State, error) {
	endpoints, err := c.List(ctx, vpc)
	s := State{Endpoints: endpoints, DNSSupport: true, DNSHostnames: true}
	if err != nil {
		return s, err
	}
	for attribute, value := range map[types.VpcAttributeName]*bool{
		types.VpcAttributeNameEnableDnsSupport: &s.DNSSupport, types.VpcAttributeNameEnableDnsHostnames: &s.DNSHostnames,
	} {
		out, err := c.ec2.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: aws.String(vpc), Attribute: attribute})
		if err = explain(err, "DescribeVpcAttribute", vpc); amp.IsKind(err, amp.KindAccessDenied) {
			s.Unseen = append(s.Unseen, err.Error())
			continue
		}
		if err != nil {
			return s, err
		}
		for _, answer := range []*types.AttributeBooleanValue{out.EnableDnsSupport, out.EnableDnsHostnames} {
			if answer != nil {
				*value = aws.ToBool(answer.Value)
			}
		}
	}
	return s, nil
}

// List gives the endpoints for the services, of one VPC or of all for "". Those
// that are being deleted are left out; the ones made here come first.
func (c *Client) List(ctx context.Context, vpc string) ([]Endpoint, error) {
	names := make([]string, len(Services))
	for i, s := range Services {
		names[i] = s.name(c.region)
	}
	in := &ec2.DescribeVpcEndpointsInput{Filters: []types.Filter{{Name: aws.String("service-name"), Values: names}}}
	if vpc != "" {
		in.Filters = append(in.Filters, types.Filter{Name: aws.String("vpc-id"), Values: []string{vpc}})
	}
	list := []Endpoint{}
	for pages := ec2.NewDescribeVpcEndpointsPaginator(c.ec2, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explain(err, "DescribeVpcEndpoints", "*")
		}
		for _, v := range page.VpcEndpoints {
			if state := strings.ToLower(string(v.State)); state != "deleting" && state != "deleted" {
				list = append(list, c.endpoint(v))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Endpoint) int {
		return cmp.Or(slices.Index(Services, a.Service)-slices.Index(Services, b.Service), btoi(b.Ours())-btoi(a.Ours()), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *Client) endpoint(v types.VpcEndpoint) Endpoint {
	e := Endpoint{
		ID: aws.ToString(v.VpcEndpointId), VPC: aws.ToString(v.VpcId), State: strings.ToLower(string(v.State)),
		Service: Service(strings.TrimPrefix(aws.ToString(v.ServiceName), Service("").name(c.region))),
		Subnets: v.SubnetIds, PrivateDNS: aws.ToBool(v.PrivateDnsEnabled), Policy: aws.ToString(v.PolicyDocument), Tags: map[string]string{},
	}
	for _, g := range v.Groups {
		e.SecurityGroups = append(e.SecurityGroups, aws.ToString(g.GroupId))
	}
	if len(v.DnsEntries) > 0 { // the regional one comes first
		e.DNSName = aws.ToString(v.DnsEntries[0].DnsName)
	}
	for _, t := range v.Tags {
		e.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return e
}

// FailedError is an endpoint that will not become available.
type FailedError struct{ Endpoint, State string }

func (e *FailedError) Error() string {
	return fmt.Sprintf("endpoint %s is %s: delete it and run apply again", e.Endpoint, e.State)
}

// Wait lists the VPC's endpoints again and again, every so often, until all that
// were made here are available. The error is an *amp.Error, a *FailedError or the
// context's.
func (c *Client) Wait(ctx context.Context, vpc string, every time.Duration, seen func(Endpoint)) ([]Endpoint, error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		list, err := c.List(ctx, vpc)
		if err != nil {
			return nil, err
		}
		pending := slices.IndexFunc(list, func(e Endpoint) bool { return e.Ours() && e.State != "available" })
		if pending < 0 {
			return list, nil
		}
		e := list[pending]
		if !strings.HasPrefix(e.State, "pending") {
			return list, &FailedError{e.ID, e.State}
		}
		seen(e)
		select {
		case <-ctx.Done():
			return list, fmt.Errorf("endpoint %s was still %s: %w", e.ID, e.State, ctx.Err())
		case <-ticker.C:
		}
	}
}

func tagList(tags map[string]string) []types.Tag {
	list := make([]types.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// createEndpoint's token is the plan's own: a repeated request makes one endpoint.
func createEndpoint(spec Spec, service Service) func(context.Context, *Client) error {
	token := uuid.NewString()
	return func(ctx context.Context, c *Client) error {
		_, err := c.ec2.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
			VpcEndpointType: types.VpcEndpointTypeInterface, VpcId: aws.String(spec.VPC), ServiceName: aws.String(service.name(spec.Region)),
			SubnetIds: spec.Subnets, SecurityGroupIds: spec.SecurityGroups, PrivateDnsEnabled: aws.Bool(spec.PrivateDNS),
			PolicyDocument: optional(spec.Policy(service)), ClientToken: aws.String(token),
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVpcEndpoint, Tags: tagList(spec.owned())}},
		})
		return explain(err, "CreateVpcEndpoint", spec.VPC)
	}
}

// modification is what differs; nil is what does not.
type modification struct {
	addSubnets, removeSubnets, addGroups, removeGroups []string
	privateDNS                                         *bool
	policy                                             *string
}

func modifyEndpoint(id string, m modification) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		in := &ec2.ModifyVpcEndpointInput{
			VpcEndpointId: aws.String(id), AddSubnetIds: m.addSubnets, RemoveSubnetIds: m.removeSubnets,
			AddSecurityGroupIds: m.addGroups, RemoveSecurityGroupIds: m.removeGroups, PrivateDnsEnabled: m.privateDNS,
		}
		switch {
		case m.policy == nil:
		case *m.policy == "":
			in.ResetPolicy = aws.Bool(true)
		default:
			in.PolicyDocument = m.policy
		}
		_, err := c.ec2.ModifyVpcEndpoint(ctx, in)
		return explain(err, "ModifyVpcEndpoint", id)
	}
}

func tagEndpoint(id string, tags map[string]string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		_, err := c.ec2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(tags)})
		return explain(err, "CreateTags", id)
	}
}

// RefusedError is what EC2 says of one of several things to delete, inside an
// answer that is no error.
type RefusedError struct{ Endpoint, Code, Message string }

func (e *RefusedError) Error() string { return e.Endpoint + ": " + e.Code + ": " + e.Message }

func deleteEndpoint(id string) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		out, err := c.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id}})
		if err != nil {
			return explain(err, "DeleteVpcEndpoints", id)
		}
		for _, u := range out.Unsuccessful {
			if u.Error != nil {
				return &RefusedError{id, aws.ToString(u.Error.Code), aws.ToString(u.Error.Message)}
			}
		}
		return nil
	}
}
