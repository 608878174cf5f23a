// Package ec2 is as much of Amazon EC2 as VPC endpoints need: networks that are
// there from the start, the endpoint services of the region, and the endpoints
// that are made, in EC2's query protocol (version 2016-11-15).
//
// Shapes and names are those of the model that every SDK ships and of the EC2
// API reference. No packet ever takes such an endpoint: only the API is here.
package ec2

// Network is what there is from the start.
type Network struct {
	VPCs           []VPC
	Subnets        []Subnet
	SecurityGroups []SecurityGroup
}

// VPC is a virtual network. Private DNS names of endpoints work only where both
// DNS attributes are set.
type VPC struct {
	ID, CIDR                string
	Name                    string // its Name tag; none when empty
	DNSSupport, DNSHostname bool
	Default                 bool
}

// Subnet is a part of a VPC in one zone.
type Subnet struct {
	ID, VPC, CIDR, Name string
	Zone                string // a letter, after the region's name
	Public              bool
}

// SecurityGroup is a set of rules for what reaches an interface.
type SecurityGroup struct {
	ID, VPC, Name, Description string
	Ingress                    []Rule
}

// Rule lets traffic in: from networks, or from members of security groups.
type Rule struct {
	Protocol string // tcp, udp, or -1 for all
	From, To int
	CIDRs    []string
	Groups   []string
}

// Demo is a VPC with three private subnets, a default security group and one
// that lets HTTPS in from the VPC.
func Demo() Network {
	const vpc = "vpc-0a3f5c7e9b1d20001"
	return Network{
		VPCs: []VPC{{ID: vpc, CIDR: "10.0.0.0/16", Name: "demo", DNSSupport: true, DNSHostname: true}},
		Subnets: []Subnet{
			{ID: "subnet-0a3f5c7e9b1d20011", VPC: vpc, CIDR: "10.0.0.0/20", Name: "demo-private-a", Zone: "a"},
			{ID: "subnet-0a3f5c7e9b1d20012", VPC: vpc, CIDR: "10.0.16.0/20", Name: "demo-private-b", Zone: "b"},
			{ID: "subnet-0a3f5c7e9b1d20013", VPC: vpc, CIDR: "10.0.32.0/20", Name: "demo-private-c", Zone: "c"},
		},
		SecurityGroups: []SecurityGroup{
			{
				ID: "sg-0a3f5c7e9b1d20021", VPC: vpc, Name: "default", Description: "default VPC security group",
				Ingress: []Rule{{Protocol: "-1", Groups: []string{"sg-0a3f5c7e9b1d20021"}}},
			},
			{
				ID: "sg-0a3f5c7e9b1d20022", VPC: vpc, Name: "endpoints", Description: "HTTPS from the VPC",
				Ingress: []Rule{{Protocol: "tcp", From: 443, To: 443, CIDRs: []string{"10.0.0.0/16"}}},
			},
		},
	}
}

// First is the first VPC and what is in it, by ID.
func (n Network) First() (vpc string, subnets, groups []string) {
	if len(n.VPCs) > 0 {
		vpc = n.VPCs[0].ID
	}
	for _, s := range n.Subnets {
		if s.VPC == vpc {
			subnets = append(subnets, s.ID)
		}
	}
	for _, g := range n.SecurityGroups {
		if g.VPC == vpc {
			groups = append(groups, g.ID)
		}
	}
	return vpc, subnets, groups
}

func find[T any](list []T, is func(T) bool) (T, bool) {
	for _, item := range list {
		if is(item) {
			return item, true
		}
	}
	var none T
	return none, false
}

func (n Network) vpc(id string) (VPC, bool) {
	return find(n.VPCs, func(v VPC) bool { return v.ID == id })
}

func (n Network) subnet(id string) (Subnet, bool) {
	return find(n.Subnets, func(s Subnet) bool { return s.ID == id })
}

func (n Network) group(id string) (SecurityGroup, bool) {
	return find(n.SecurityGroups, func(g SecurityGroup) bool { return g.ID == id })
}
