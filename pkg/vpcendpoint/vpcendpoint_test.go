package vpcendpoint

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
)

const workspace = "arn:aws:aps:us-east-1:123456789012:workspace/ws-0e1f2a3b-4c5d-6e7f-8a9b-0c1d2e3f4a5b"

func example() Spec {
	return Spec{
		Region: "us-east-1", VPC: "vpc-0a3f5c7e9b1d20001", Subnets: []string{"subnet-0a3f5c7e9b1d20011"},
		SecurityGroups: []string{"sg-0a3f5c7e9b1d20022"}, Services: Services, Workspaces: []string{workspace}, PrivateDNS: true,
	}
}

func TestPolicies(t *testing.T) {
	golden.Assert(t, example().Policy(Workspaces), "aps-workspaces.json")
	golden.Assert(t, example().Policy(Control), "aps.json")
	require.Empty(t, example().Policy(STS))
	require.Empty(t, Spec{}.Policy(Workspaces))
	require.True(t, samePolicy(`{"Statement": [ {"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"} ]}`, ""))
	require.True(t, samePolicy(strings.ReplaceAll(example().Policy(Control), "\n", ""), example().Policy(Control)))
	require.False(t, samePolicy(example().Policy(Control), ""))
	require.False(t, samePolicy("", example().Policy(Control)))
}

var errCut = errors.New("the cable was pulled")

// wire fails at one request: before it is sent, or after it was answered.
type wire struct {
	next  http.RoundTripper
	count int
	fail  int // -1 for none
	late  bool
}

func (c *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	fails := c.count == c.fail
	c.count++
	if fails && !c.late {
		return nil, errCut
	}
	resp, err := c.next.RoundTrip(r)
	if fails && err == nil {
		_ = resp.Body.Close()
		return nil, errCut
	}
	return resp, err
}

func newClient(t *testing.T) (*Client, *wire) {
	t.Helper()
	return newClientOf(t, emulator.Options{})
}

func newClientOf(t *testing.T, o emulator.Options) (*Client, *wire) {
	t.Helper()
	e, err := emulator.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	key, err := e.AddUser("", "admin", emulator.Policy([]string{"*"}))
	require.NoError(t, err)
	w := &wire{next: e.Transport(), fail: -1}
	return New(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
		HTTPClient: &http.Client{Transport: w}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}), w
}

func apply(t *testing.T, c *Client, spec Spec) (*Plan, error) {
	t.Helper()
	state, err := c.Observe(t.Context(), spec.VPC)
	if err != nil {
		return nil, err
	}
	plan, err := NewPlan(spec, state)
	require.NoError(t, err)
	return plan, plan.Apply(t.Context(), c, func(Step) {})
}

func TestEveryCutConverges(t *testing.T) {
	changed := example()
	changed.Subnets = []string{"subnet-0a3f5c7e9b1d20012", "subnet-0a3f5c7e9b1d20013"}
	changed.SecurityGroups, changed.PrivateDNS, changed.Workspaces = []string{"sg-0a3f5c7e9b1d20021"}, false, nil
	changed.Tags = map[string]string{"team": "a"}
	for _, late := range []bool{false, true} {
		for at := 0; ; at++ {
			c, w := newClient(t)
			w.fail, w.late = at, late
			cut := false
			for _, spec := range []Spec{example(), changed} {
				if _, err := apply(t, c, spec); err != nil {
					require.ErrorIs(t, err, errCut, "at %d late %v count %d", at, late, w.count)
					cut = true
					_, err = apply(t, c, spec)
					require.NoError(t, err)
				}
				plan, err := apply(t, c, spec)
				if errors.Is(err, errCut) {
					cut = true
					plan, err = apply(t, c, spec)
				}
				require.NoError(t, err)
				require.Empty(t, plan.Steps, "request %d", at)
			}
			list, err := c.List(t.Context(), changed.VPC)
			if err != nil {
				require.ErrorIs(t, err, errCut, "at %d late %v count %d", at, late, w.count)
				break // the cut is behind the last request of interest
			}
			require.Len(t, list, 3, "request %d", at)
			require.Equal(t, "a", list[0].Tags["team"])
			require.NotEmpty(t, list[0].Setting())
			require.True(t, cut, "request %d was cut", at)
		}
	}
}

func TestEndpointsOfOthersAreLeft(t *testing.T) {
	c, _ := newClient(t)
	_, err := c.ec2.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcEndpointType: types.VpcEndpointTypeInterface, VpcId: aws.String(example().VPC), ServiceName: aws.String(Workspaces.name("us-east-1")),
		SubnetIds: []string{"subnet-0a3f5c7e9b1d20012"}, PrivateDnsEnabled: aws.Bool(false),
	})
	require.NoError(t, err)
	plan, err := apply(t, c, example())
	require.NoError(t, err)
	require.Len(t, plan.Steps, 2)
	notes := strings.Join(plan.Notes, "\n")
	for _, want := range []string{"was not made here: it is used as it is", "clients need sigV4Endpoint: https://vpce-", "is not in subnet-0a3f5c7e9b1d20011", "has another policy"} {
		require.Contains(t, notes, want)
	}
	list, err := c.Wait(t.Context(), example().VPC, time.Millisecond, func(Endpoint) {})
	require.NoError(t, err)
	remove := NewDelete(example(), State{Endpoints: list})
	require.Len(t, remove.Steps, 2)
	require.NoError(t, remove.Apply(t.Context(), c, func(Step) {}))
	list, err = c.List(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	c, _ := newClientOf(t, emulator.Options{ActivateAfter: time.Hour})
	_, err := apply(t, c, example())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Wait(ctx, example().VPC, time.Hour, func(Endpoint) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	require.Regexp(t, `^endpoint vpce-\w+ was still pending: context canceled$`, err.Error())
}

func TestVPCWithoutDNSNames(t *testing.T) {
	_, err := NewPlan(example(), State{DNSSupport: true})
	var dns *DNSError
	require.ErrorAs(t, err, &dns)
	require.Equal(t, "enableDnsHostnames", dns.Attribute)
	require.ErrorContains(t, err, "--private-dns=false")
	without := example()
	without.PrivateDNS = false
	plan, err := NewPlan(without, State{})
	require.NoError(t, err)
	require.Contains(t, strings.Join(plan.Notes, "\n"), "sigV4Endpoint")
}

func TestNoSuchVPC(t *testing.T) {
	c, _ := newClient(t)
	_, err := c.Observe(t.Context(), "vpc-0000")
	require.True(t, amp.IsKind(err, amp.KindNotFound), "%v", err)
}
