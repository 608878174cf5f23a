package ec2

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

// fullAccess is the policy of an endpoint that was given none.
const fullAccess iam.Document = `{
  "Statement": [
    {
      "Action": "*",
      "Effect": "Allow",
      "Principal": "*",
      "Resource": "*"
    }
  ]
}`

// createEndpoint makes an interface endpoint, or finds the one that the same
// client token made.
func createEndpoint(c *call) (step, error) {
	e := Endpoint{
		VPC: c.in.Optional("VpcId", anyText), Service: c.in.Optional("ServiceName", anyText),
		Policy:  cmp.Or(iam.Document(c.in.Optional("PolicyDocument", anyText)), fullAccess),
		Subnets: c.in.Flat("SubnetId", anyText), SecurityGroups: c.in.Flat("SecurityGroupId", anyText),
		PrivateDNS: c.in.Bool("PrivateDnsEnabled", true), ClientToken: c.in.Optional("ClientToken", anyText),
	}
	kind := cmp.Or(c.in.Optional("VpcEndpointType", anyText), "Gateway")
	e.Tags = c.tagSpecification()
	s := step{needs: []need{
		{resource: c.arn("vpc-endpoint/*"), conditions: requestTags(e.Tags)}, {resource: c.arn("vpc/" + e.VPC)},
	}}
	for _, id := range e.Subnets {
		s.needs = append(s.needs, need{resource: c.arn("subnet/" + id)})
	}
	for _, id := range e.SecurityGroups {
		s.needs = append(s.needs, need{resource: c.arn("security-group/" + id)})
	}
	if len(e.Tags) > 0 {
		s.needs = append(s.needs, need{"CreateTags", c.arn("vpc-endpoint/*"), requestTags(e.Tags)})
	}
	s.run = func() (result, error) {
		if kind != "Interface" {
			return nil, awserr.New(awserr.InvalidParameterEC2, "The VPC endpoint type %s is not offered by the emulator for %s", kind, e.Service)
		}
		if err := c.check(&e); err != nil {
			return nil, err
		}
		err := c.update(func(all map[string]Endpoint) error { return c.add(all, &e) })
		return &struct {
			reply
			Endpoint endpointItem `xml:"vpcEndpoint"`
			Token    string       `xml:"clientToken,omitempty"`
		}{Endpoint: c.item(e), Token: e.ClientToken}, err
	}
	return s, nil
}

func (c *call) add(all map[string]Endpoint, e *Endpoint) error {
	for _, old := range all {
		if !old.Gone.IsZero() {
			continue
		}
		if e.ClientToken != "" && old.ClientToken == e.ClientToken {
			if old.VPC != e.VPC || old.Service != e.Service {
				return awserr.New(awserr.IdempotentParameterMismatch, "The client token was used with other parameters")
			}
			*e = old
			return nil
		}
	}
	if err := c.privateDNS(all, *e); err != nil {
		return err
	}
	e.ID, e.Created = newID("vpce-"), c.o.Clock().UTC()
	e.Available = e.Created.Add(c.o.AvailableAfter)
	all[e.ID] = *e
	return nil
}

// check holds an endpoint against the network it is to stand in, and gives it
// the VPC's default security group where it has none.
func (c *call) check(e *Endpoint) error {
	n := c.ours()
	if e.VPC == "" || e.Service == "" {
		return awserr.New(awserr.MissingParameter, "The request must contain the parameters VpcId and ServiceName")
	}
	if _, ok := n.vpc(e.VPC); !ok {
		return awserr.New(awserr.NoSuchVPC, "The vpc ID '%s' does not exist", e.VPC)
	}
	if _, ok := c.short(e.Service); !ok {
		return awserr.New(awserr.InvalidServiceName, "The Vpc Endpoint Service '%s' does not exist", e.Service)
	}
	zones := map[string]string{}
	for _, id := range e.Subnets {
		s, ok := n.subnet(id)
		if !ok || s.VPC != e.VPC {
			return awserr.New(awserr.NoSuchSubnet, "The subnet ID '%s' does not exist", id)
		}
		if other, twice := zones[s.Zone]; twice && other != id {
			return awserr.New(awserr.InvalidParameterEC2, "Found another VPC endpoint subnet in the availability zone of %s", id)
		}
		zones[s.Zone] = id
	}
	for _, id := range e.SecurityGroups {
		if g, ok := n.group(id); !ok || g.VPC != e.VPC {
			return awserr.New(awserr.NoSuchSecurityGroup, "The security group '%s' does not exist", id)
		}
	}
	if len(e.SecurityGroups) == 0 {
		g, _ := find(n.SecurityGroups, func(g SecurityGroup) bool { return g.VPC == e.VPC && g.Name == "default" })
		e.SecurityGroups = []string{g.ID}
	}
	if err := iam.CheckResourcePolicy(e.Policy); err != nil {
		return awserr.New(awserr.InvalidParameterEC2, "The policy document is not valid: %s", awserr.From(err).Message)
	}
	return nil
}

// privateDNS tells why an endpoint can't have the service's own host name.
func (c *call) privateDNS(all map[string]Endpoint, e Endpoint) error {
	if !e.PrivateDNS {
		return nil
	}
	if v, _ := c.ours().vpc(e.VPC); !v.DNSSupport || !v.DNSHostname {
		return awserr.New(awserr.InvalidParameterEC2,
			"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", e.VPC)
	}
	for _, other := range all {
		if other.ID != e.ID && other.VPC == e.VPC && other.Service == e.Service && other.PrivateDNS && other.Gone.IsZero() {
			short, _ := c.short(e.Service)
			return awserr.New(awserr.InvalidParameterEC2,
				"private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", c.host(short), e.VPC)
		}
	}
	return nil
}

func describeEndpoints(c *call) (step, error) {
	ids, filters := c.in.Flat("VpcEndpointId", anyText), c.filters()
	return anything(func() (result, error) {
		list := c.list()
		if c.who.Account != c.o.Account {
			list = nil
		}
		list, err := wanted(list, ids, func(e Endpoint) string { return e.ID }, awserr.NoSuchVPCEndpoint, "The Vpc Endpoint Id '%s' does not exist")
		if err != nil {
			return nil, err
		}
		list, err = choose(list, filters, func(e Endpoint) facts {
			return facts{
				"vpc-id": {e.VPC}, "service-name": {e.Service}, "vpc-endpoint-id": {e.ID}, "vpc-endpoint-type": {"Interface"},
				"vpc-endpoint-state": {c.state(e)}, "ip-address-type": {"ipv4"}, "service-region": {c.o.Region},
			}.withTags(e.Tags)
		})
		if err != nil {
			return nil, err
		}
		list, next, err := page(c, list, func(e Endpoint) string { return e.ID })
		out := &struct {
			reply
			Endpoints set[endpointItem] `xml:"vpcEndpointSet"`
			Next      string            `xml:"nextToken,omitempty"`
		}{Next: next}
		for _, e := range list {
			out.Endpoints.Items = append(out.Endpoints.Items, c.item(e))
		}
		return out, err
	})
}

// onEndpoint is the permission to do something to an endpoint.
func (c *call) onEndpoint(id string) need {
	e, _ := find(c.list(), func(e Endpoint) bool { return e.ID == id })
	return need{resource: c.arn("vpc-endpoint/" + id), conditions: resourceTags(e.Tags)}
}

type done struct {
	reply
	Return bool `xml:"return"`
}

func modifyEndpoint(c *call) (step, error) {
	id := c.in.Optional("VpcEndpointId", anyText)
	policy := iam.Document(c.in.Optional("PolicyDocument", anyText))
	if c.in.Bool("ResetPolicy", false) {
		policy = fullAccess
	}
	change := func(list []string, what string) []string {
		gone := c.in.Flat("Remove"+what, anyText)
		list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(gone, s) })
		for _, s := range c.in.Flat("Add"+what, anyText) {
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
		return list
	}
	return step{[]need{c.onEndpoint(id)}, func() (result, error) {
		return &done{Return: true}, c.update(func(all map[string]Endpoint) error {
			e, ok := all[id]
			if !ok || !e.Gone.IsZero() {
				return awserr.New(awserr.NoSuchVPCEndpoint, "The Vpc Endpoint Id '%s' does not exist", id)
			}
			e.Policy = cmp.Or(policy, e.Policy)
			e.Subnets, e.SecurityGroups = change(e.Subnets, "SubnetId"), change(e.SecurityGroups, "SecurityGroupId")
			e.PrivateDNS = c.in.Bool("PrivateDnsEnabled", e.PrivateDNS)
			if err := c.check(&e); err != nil {
				return err
			}
			all[id] = e
			return c.privateDNS(all, e)
		})
	}}, nil
}

// deleteEndpoints tells for each that could not be deleted why.
func deleteEndpoints(c *call) (step, error) {
	type failure struct {
		Code    string `xml:"error>code"`
		Message string `xml:"error>message"`
		ID      string `xml:"resourceId"`
	}
	ids := c.in.Flat("VpcEndpointId", anyText)
	if len(ids) == 0 {
		return step{}, awserr.New(awserr.MissingParameter, "The request must contain the parameter VpcEndpointId")
	}
	var s step
	for _, id := range ids {
		s.needs = append(s.needs, c.onEndpoint(id))
	}
	s.run = func() (result, error) {
		out := &struct {
			reply
			Unsuccessful set[failure] `xml:"unsuccessful"`
		}{}
		for _, id := range ids {
			err := c.edit(id, func(e *Endpoint) error {
				e.Gone = c.o.Clock().UTC().Add(c.o.AvailableAfter)
				return nil
			})
			if err != nil {
				e := awserr.From(err)
				out.Unsuccessful.Items = append(out.Unsuccessful.Items, failure{string(e.Code), e.Message, id})
			}
		}
		return out, nil
	}
	return s, nil
}

func (c *call) tagSpecification() map[string]string {
	tags := map[string]string{}
	for i := 1; c.in.Has(fmt.Sprintf("TagSpecification.%d.ResourceType", i)); i++ {
		maps.Copy(tags, c.tags(fmt.Sprintf("TagSpecification.%d.Tag", i)))
	}
	return tags
}

func (c *call) tags(prefix string) map[string]string {
	tags := map[string]string{}
	for i := 1; c.in.Has(fmt.Sprintf("%s.%d.Key", prefix, i)); i++ {
		tags[c.in.Optional(fmt.Sprintf("%s.%d.Key", prefix, i), anyText)] = c.in.Optional(fmt.Sprintf("%s.%d.Value", prefix, i), anyText)
	}
	return tags
}

// createTags and deleteTags are for endpoints only.
func createTags(c *call) (step, error) {
	tags := c.tags("Tag")
	return c.editTags(func(e *Endpoint) {
		e.Tags = maps.Clone(e.Tags)
		if e.Tags == nil {
			e.Tags = map[string]string{}
		}
		maps.Copy(e.Tags, tags)
	}, requestTags(tags))
}

func deleteTags(c *call) (step, error) {
	tags := c.tags("Tag")
	return c.editTags(func(e *Endpoint) {
		e.Tags = maps.Clone(e.Tags)
		for k := range tags {
			delete(e.Tags, k)
		}
	}, nil)
}

func (c *call) editTags(change func(*Endpoint), conditions iam.Conditions) (step, error) {
	ids := c.in.Flat("ResourceId", anyText)
	var s step
	for _, id := range ids {
		if !strings.HasPrefix(id, "vpce-") {
			return s, awserr.New(awserr.InvalidParameterValue, "The ID '%s' is not valid: only VPC endpoints have tags here", id)
		}
		n := c.onEndpoint(id)
		maps.Copy(n.conditions, conditions)
		s.needs = append(s.needs, n)
	}
	s.run = func() (result, error) {
		for _, id := range ids {
			if err := c.edit(id, func(e *Endpoint) error { change(e); return nil }); err != nil {
				return nil, err
			}
		}
		return &done{Return: true}, nil
	}
	return s, nil
}
