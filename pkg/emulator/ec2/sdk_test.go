package ec2_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/ec2"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

const (
	demo     = "vpc-0a3f5c7e9b1d20001"
	noNames  = "vpc-0a3f5c7e9b1d20002"
	guarded  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"aps:*","Resource":"*"}]}`
	spaces   = "com.amazonaws.eu-west-1.aps-workspaces"
	subnetA  = "subnet-0a3f5c7e9b1d20011"
	subnetB  = "subnet-0a3f5c7e9b1d20012"
	groupTLS = "sg-0a3f5c7e9b1d20022"
)

type world struct {
	*emulator.Emulator
	now time.Time
}

func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{now: time.Now()}
	network := ec2.Demo()
	network.VPCs = append(network.VPCs, ec2.VPC{ID: noNames, CIDR: "10.1.0.0/16", DNSSupport: true})
	var err error
	w.Emulator, err = emulator.New(emulator.Options{
		DataDir: dir, Region: "eu-west-1", Network: &network, ActivateAfter: time.Minute, Clock: func() time.Time { return w.now },
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	return w
}

func (w *world) client(t *testing.T, policy iam.Document) *sdk.Client {
	t.Helper()
	key, err := w.AddUser("", "user", policy)
	require.NoError(t, err)
	return sdk.New(sdk.Options{
		Region: w.Region(), Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		HTTPClient: &http.Client{Transport: w.Transport()}, RetryMaxAttempts: 1,
	})
}

func refused(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	require.Contains(t, api.ErrorMessage(), message)
}

func TestNetwork(t *testing.T) {
	w := newWorld(t, "")
	c, ctx := w.client(t, emulator.Policy([]string{"ec2:Describe*"})), t.Context()
	vpcs, err := c.DescribeVpcs(ctx, &sdk.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("tag:Name"), Values: []string{"de*"}}}})
	require.NoError(t, err)
	require.Len(t, vpcs.Vpcs, 1)
	require.Equal(t, demo, *vpcs.Vpcs[0].VpcId)
	_, err = c.DescribeVpcs(ctx, &sdk.DescribeVpcsInput{VpcIds: []string{"vpc-0"}})
	refused(t, err, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0' does not exist")
	_, err = c.DescribeVpcs(ctx, &sdk.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("colour"), Values: []string{"red"}}}})
	refused(t, err, "InvalidParameterValue", "The filter 'colour' is invalid")

	for id, want := range map[string]bool{demo: true, noNames: false} {
		a, err := c.DescribeVpcAttribute(ctx, &sdk.DescribeVpcAttributeInput{VpcId: &id, Attribute: types.VpcAttributeNameEnableDnsHostnames})
		require.NoError(t, err)
		require.Equal(t, want, *a.EnableDnsHostnames.Value, id)
		require.Nil(t, a.EnableDnsSupport)
	}
	in := []types.Filter{{Name: aws.String("vpc-id"), Values: []string{demo}}}
	subnets, err := c.DescribeSubnets(ctx, &sdk.DescribeSubnetsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, subnets.Subnets, 3)
	require.Equal(t, "eu-west-1a", *subnets.Subnets[0].AvailabilityZone)
	groups, err := c.DescribeSecurityGroups(ctx, &sdk.DescribeSecurityGroupsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, groups.SecurityGroups, 2)
	require.Equal(t, int32(443), *groups.SecurityGroups[1].IpPermissions[0].FromPort)
	services, err := c.DescribeVpcEndpointServices(ctx, &sdk.DescribeVpcEndpointServicesInput{ServiceNames: []string{spaces}})
	require.NoError(t, err)
	require.Equal(t, "aps-workspaces.eu-west-1.amazonaws.com", *services.ServiceDetails[0].PrivateDnsName)
	require.Equal(t, types.ServiceTypeInterface, services.ServiceDetails[0].ServiceType[0].ServiceType)
}

func TestEndpoints(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, dir)
	c, ctx := w.client(t, emulator.Policy([]string{"ec2:*"})), t.Context()
	in := &sdk.CreateVpcEndpointInput{
		VpcEndpointType: types.VpcEndpointTypeInterface, VpcId: aws.String(demo), ServiceName: aws.String(spaces), PolicyDocument: aws.String(guarded),
		SubnetIds: []string{subnetA, subnetB}, SecurityGroupIds: []string{groupTLS}, PrivateDnsEnabled: aws.Bool(true), ClientToken: aws.String("once"),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVpcEndpoint, Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("ampkit")}}}},
	}
	made, err := c.CreateVpcEndpoint(ctx, in)
	require.NoError(t, err)
	id := *made.VpcEndpoint.VpcEndpointId
	require.Regexp(t, `^vpce-0[0-9a-f]{16}$`, id)
	require.Equal(t, "pending", string(made.VpcEndpoint.State))
	require.Regexp(t, `^`+id+`-[0-9a-f]{8}\.aps-workspaces\.eu-west-1\.vpce\.amazonaws\.com$`, *made.VpcEndpoint.DnsEntries[0].DnsName)
	require.Equal(t, "aps-workspaces.eu-west-1.amazonaws.com", *made.VpcEndpoint.DnsEntries[3].DnsName)
	again, err := c.CreateVpcEndpoint(ctx, in)
	require.NoError(t, err)
	require.Equal(t, id, *again.VpcEndpoint.VpcEndpointId)

	in.ClientToken = nil
	_, err = c.CreateVpcEndpoint(ctx, in)
	refused(t, err, "InvalidParameter", "conflicting DNS domain for aps-workspaces.eu-west-1.amazonaws.com in the VPC "+demo)
	in.VpcId, in.SubnetIds, in.SecurityGroupIds = aws.String(noNames), nil, nil
	_, err = c.CreateVpcEndpoint(ctx, in)
	refused(t, err, "InvalidParameter", "requires both enableDnsSupport and enableDnsHostnames")
	in.VpcId, in.SubnetIds = aws.String(demo), []string{"subnet-0"}
	_, err = c.CreateVpcEndpoint(ctx, in)
	refused(t, err, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist")
	in.ServiceName = aws.String("com.amazonaws.eu-west-1.nothing")
	_, err = c.CreateVpcEndpoint(ctx, in)
	refused(t, err, "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.eu-west-1.nothing' does not exist")

	require.NoError(t, w.Close()) // the book outlives a restart
	at := w.now
	w = newWorld(t, dir)
	w.now = at.Add(time.Minute)
	c = w.client(t, emulator.Policy([]string{"ec2:*"}))
	_, err = c.ModifyVpcEndpoint(ctx, &sdk.ModifyVpcEndpointInput{
		VpcEndpointId: &id, ResetPolicy: aws.Bool(true), RemoveSubnetIds: []string{subnetB}, PrivateDnsEnabled: aws.Bool(false),
	})
	require.NoError(t, err)
	find := &sdk.DescribeVpcEndpointsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{demo}},
		{Name: aws.String("tag:owner"), Values: []string{"ampkit"}},
		{Name: aws.String("vpc-endpoint-state"), Values: []string{"available"}},
	}}
	list, err := c.DescribeVpcEndpoints(ctx, find)
	require.NoError(t, err)
	require.Len(t, list.VpcEndpoints, 1)
	e := list.VpcEndpoints[0]
	require.Equal(t, []string{subnetA}, e.SubnetIds)
	require.Contains(t, *e.PolicyDocument, `"Principal": "*"`)
	require.False(t, *e.PrivateDnsEnabled)
	require.Len(t, e.DnsEntries, 2)

	gone, err := c.DeleteVpcEndpoints(ctx, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: []string{id, "vpce-0"}})
	require.NoError(t, err)
	require.Len(t, gone.Unsuccessful, 1)
	require.Equal(t, "InvalidVpcEndpointId.NotFound", *gone.Unsuccessful[0].Error.Code)
	list, err = c.DescribeVpcEndpoints(ctx, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
	require.NoError(t, err)
	require.Equal(t, "deleting", string(list.VpcEndpoints[0].State))
	w.now = w.now.Add(time.Minute)
	_, err = c.DescribeVpcEndpoints(ctx, &sdk.DescribeVpcEndpointsInput{VpcEndpointIds: []string{id}})
	refused(t, err, "InvalidVpcEndpointId.NotFound", id)
}

func TestEndpointPagesAndRefusals(t *testing.T) {
	w := newWorld(t, "")
	c, ctx := w.client(t, emulator.Policy([]string{"ec2:*"})), t.Context()
	var want []string
	for _, service := range []string{"aps", "aps-workspaces", "sts"} {
		made, err := c.CreateVpcEndpoint(ctx, &sdk.CreateVpcEndpointInput{
			VpcEndpointType: types.VpcEndpointTypeInterface, VpcId: aws.String(demo), ServiceName: aws.String("com.amazonaws.eu-west-1." + service),
		})
		require.NoError(t, err)
		want = append(want, *made.VpcEndpoint.VpcEndpointId)
		require.Equal(t, "default", *made.VpcEndpoint.Groups[0].GroupName)
	}
	var got []string
	for p := sdk.NewDescribeVpcEndpointsPaginator(c, &sdk.DescribeVpcEndpointsInput{MaxResults: aws.Int32(1)}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page.VpcEndpoints), 1)
		for _, e := range page.VpcEndpoints {
			got = append(got, *e.VpcEndpointId)
		}
	}
	require.ElementsMatch(t, want, got)

	_, err := c.DescribeVpcs(ctx, &sdk.DescribeVpcsInput{DryRun: aws.Bool(true)})
	refused(t, err, "DryRunOperation", "Request would have succeeded")
	_, err = w.client(t, emulator.Policy([]string{"ec2:Describe*"})).DeleteVpcEndpoints(ctx, &sdk.DeleteVpcEndpointsInput{VpcEndpointIds: want})
	refused(t, err, "UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/user is not authorized to perform: ec2:DeleteVpcEndpoints on resource: arn:aws:ec2:eu-west-1:123456789012:vpc-endpoint/"+want[0])
	bad := sdk.New(sdk.Options{
		Region: w.Region(), Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "x", ""),
		HTTPClient: &http.Client{Transport: w.Transport()}, RetryMaxAttempts: 1,
	})
	_, err = bad.DescribeVpcs(ctx, nil)
	refused(t, err, "AuthFailure", "AWS was not able to validate the provided access credentials")
}
