package ec2

import (
	"slices"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

type (
	tag struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	value struct {
		Value bool `xml:"value"`
	}
	vpcItem struct {
		ID        string   `xml:"vpcId"`
		OwnerID   string   `xml:"ownerId"`
		State     string   `xml:"state"`
		CIDR      string   `xml:"cidrBlock"`
		Tenancy   string   `xml:"instanceTenancy"`
		IsDefault bool     `xml:"isDefault"`
		Tags      set[tag] `xml:"tagSet"`
	}
	subnetItem struct {
		ID        string   `xml:"subnetId"`
		ARN       string   `xml:"subnetArn"`
		State     string   `xml:"state"`
		OwnerID   string   `xml:"ownerId"`
		VPC       string   `xml:"vpcId"`
		CIDR      string   `xml:"cidrBlock"`
		Available int      `xml:"availableIpAddressCount"`
		Zone      string   `xml:"availabilityZone"`
		Public    bool     `xml:"mapPublicIpOnLaunch"`
		Tags      set[tag] `xml:"tagSet"`
	}
	groupItem struct {
		OwnerID     string        `xml:"ownerId"`
		ID          string        `xml:"groupId"`
		Name        string        `xml:"groupName"`
		Description string        `xml:"groupDescription"`
		VPC         string        `xml:"vpcId"`
		Ingress     set[ruleItem] `xml:"ipPermissions"`
		Egress      set[ruleItem] `xml:"ipPermissionsEgress"`
	}
	ruleItem struct {
		Protocol string        `xml:"ipProtocol"`
		From     *int          `xml:"fromPort,omitempty"`
		To       *int          `xml:"toPort,omitempty"`
		Groups   set[pairItem] `xml:"groups"`
		Ranges   set[cidrItem] `xml:"ipRanges"`
	}
	pairItem struct {
		UserID string `xml:"userId"`
		ID     string `xml:"groupId"`
	}
	cidrItem struct {
		CIDR string `xml:"cidrIp"`
	}
)

// names are the Name tag.
func names(name string) map[string]string {
	if name == "" {
		return nil
	}
	return map[string]string{"Name": name}
}

// wanted keeps the things with the given ids, all where none is given; one that
// is not there is an error.
func wanted[T any](list []T, ids []string, id func(T) string, code awserr.Code, text string) ([]T, error) {
	if len(ids) == 0 {
		return list, nil
	}
	var out []T
	for _, want := range ids {
		item, ok := find(list, func(item T) bool { return id(item) == want })
		if !ok {
			return nil, awserr.New(code, text, want)
		}
		out = append(out, item)
	}
	return out, nil
}

// ours is the network as the caller's account sees it.
func (c *call) ours() Network {
	if c.who.Account != c.o.Account {
		return Network{}
	}
	return c.o.Network
}

func describeVPCs(c *call) (step, error) {
	ids, filters := c.in.Flat("VpcId", anyText), c.filters()
	return anything(func() (result, error) {
		list, err := wanted(c.ours().VPCs, ids, func(v VPC) string { return v.ID }, awserr.NoSuchVPC, "The vpc ID '%s' does not exist")
		if err != nil {
			return nil, err
		}
		list, err = choose(list, filters, func(v VPC) facts {
			return facts{
				"vpc-id": {v.ID}, "cidr": {v.CIDR}, "cidr-block": {v.CIDR}, "state": {"available"}, "owner-id": {c.o.Account},
				"is-default": {text(v.Default)}, "isDefault": {text(v.Default)},
			}.withTags(names(v.Name))
		})
		if err != nil {
			return nil, err
		}
		list, next, err := page(c, slices.Clone(list), func(v VPC) string { return v.ID })
		out := &struct {
			reply
			VPCs set[vpcItem] `xml:"vpcSet"`
			Next string       `xml:"nextToken,omitempty"`
		}{Next: next}
		for _, v := range list {
			out.VPCs.Items = append(out.VPCs.Items, vpcItem{v.ID, c.o.Account, "available", v.CIDR, "default", v.Default, tagSet(names(v.Name))})
		}
		return out, err
	})
}

func text(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func describeVPCAttribute(c *call) (step, error) {
	id, attribute := c.in.Optional("VpcId", anyText), c.in.Optional("Attribute", anyText)
	return anything(func() (result, error) {
		v, ok := c.ours().vpc(id)
		if !ok {
			return nil, awserr.New(awserr.NoSuchVPC, "The vpc ID '%s' does not exist", id)
		}
		out := &struct {
			reply
			ID        string `xml:"vpcId"`
			Support   *value `xml:"enableDnsSupport,omitempty"`
			Hostnames *value `xml:"enableDnsHostnames,omitempty"`
			Usage     *value `xml:"enableNetworkAddressUsageMetrics,omitempty"`
		}{ID: id}
		switch attribute {
		case "enableDnsSupport":
			out.Support = &value{v.DNSSupport}
		case "enableDnsHostnames":
			out.Hostnames = &value{v.DNSHostname}
		case "enableNetworkAddressUsageMetrics":
			out.Usage = &value{}
		default:
			return nil, awserr.New(awserr.InvalidParameterValue, "Value (%s) for parameter attribute is invalid. Unknown attribute.", attribute)
		}
		return out, nil
	})
}

func describeSubnets(c *call) (step, error) {
	ids, filters := c.in.Flat("SubnetId", anyText), c.filters()
	return anything(func() (result, error) {
		list, err := wanted(c.ours().Subnets, ids, func(s Subnet) string { return s.ID }, awserr.NoSuchSubnet, "The subnet ID '%s' does not exist")
		if err != nil {
			return nil, err
		}
		list, err = choose(list, filters, func(s Subnet) facts {
			return facts{
				"vpc-id": {s.VPC}, "subnet-id": {s.ID}, "cidr": {s.CIDR}, "cidr-block": {s.CIDR}, "availability-zone": {c.o.Region + s.Zone},
				"availabilityZone": {c.o.Region + s.Zone}, "state": {"available"}, "owner-id": {c.o.Account}, "map-public-ip-on-launch": {text(s.Public)},
			}.withTags(names(s.Name))
		})
		if err != nil {
			return nil, err
		}
		list, next, err := page(c, slices.Clone(list), func(s Subnet) string { return s.ID })
		out := &struct {
			reply
			Subnets set[subnetItem] `xml:"subnetSet"`
			Next    string          `xml:"nextToken,omitempty"`
		}{Next: next}
		for _, s := range list {
			out.Subnets.Items = append(out.Subnets.Items, subnetItem{
				s.ID, c.arn("subnet/" + s.ID), "available", c.o.Account, s.VPC, s.CIDR, 4091, c.o.Region + s.Zone, s.Public, tagSet(names(s.Name)),
			})
		}
		return out, err
	})
}

func describeSecurityGroups(c *call) (step, error) {
	ids, filters := c.in.Flat("GroupId", anyText), c.filters()
	return anything(func() (result, error) {
		list, err := wanted(c.ours().SecurityGroups, ids, func(g SecurityGroup) string { return g.ID },
			awserr.NoSuchSecurityGroup, "The security group '%s' does not exist")
		if err != nil {
			return nil, err
		}
		list, err = choose(list, filters, func(g SecurityGroup) facts {
			return facts{
				"vpc-id": {g.VPC}, "group-id": {g.ID}, "group-name": {g.Name}, "description": {g.Description}, "owner-id": {c.o.Account},
			}.withTags(nil)
		})
		if err != nil {
			return nil, err
		}
		list, next, err := page(c, slices.Clone(list), func(g SecurityGroup) string { return g.ID })
		out := &struct {
			reply
			Groups set[groupItem] `xml:"securityGroupInfo"`
			Next   string         `xml:"nextToken,omitempty"`
		}{Next: next}
		for _, g := range list {
			item := groupItem{OwnerID: c.o.Account, ID: g.ID, Name: g.Name, Description: g.Description, VPC: g.VPC}
			item.Egress.Items = []ruleItem{{Protocol: "-1", Ranges: set[cidrItem]{[]cidrItem{{"0.0.0.0/0"}}}}}
			for _, r := range g.Ingress {
				item.Ingress.Items = append(item.Ingress.Items, c.rule(r))
			}
			out.Groups.Items = append(out.Groups.Items, item)
		}
		return out, err
	})
}

func (c *call) rule(r Rule) ruleItem {
	item := ruleItem{Protocol: r.Protocol}
	if r.Protocol != "-1" {
		item.From, item.To = &r.From, &r.To
	}
	for _, g := range r.Groups {
		item.Groups.Items = append(item.Groups.Items, pairItem{c.o.Account, g})
	}
	for _, n := range r.CIDRs {
		item.Ranges.Items = append(item.Ranges.Items, cidrItem{n})
	}
	return item
}
