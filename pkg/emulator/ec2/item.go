package ec2

import (
	"maps"
	"slices"

	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

type (
	endpointItem struct {
		ID          string        `xml:"vpcEndpointId"`
		Type        string        `xml:"vpcEndpointType"`
		VPC         string        `xml:"vpcId"`
		Service     string        `xml:"serviceName"`
		State       string        `xml:"state"`
		Policy      iam.Document  `xml:"policyDocument"`
		RouteTables set[string]   `xml:"routeTableIdSet"`
		Subnets     set[string]   `xml:"subnetIdSet"`
		Groups      set[groupRef] `xml:"groupSet"`
		AddressType string        `xml:"ipAddressType"`
		DNSOptions  dnsOptions    `xml:"dnsOptions"`
		PrivateDNS  bool          `xml:"privateDnsEnabled"`
		Managed     bool          `xml:"requesterManaged"`
		Interfaces  set[string]   `xml:"networkInterfaceIdSet"`
		DNS         set[dnsEntry] `xml:"dnsEntrySet"`
		Created     string        `xml:"creationTimestamp"`
		Tags        set[tag]      `xml:"tagSet"`
		Owner       string        `xml:"ownerId"`
		Region      string        `xml:"serviceRegion"`
	}
	groupRef struct {
		ID   string `xml:"groupId"`
		Name string `xml:"groupName"`
	}
	dnsOptions struct {
		Type string `xml:"dnsRecordIpType"`
	}
	dnsEntry struct {
		Name string `xml:"dnsName"`
		Zone string `xml:"hostedZoneId"`
	}
)

// item is an endpoint as it is described: its host names are the regional one,
// one for each zone, and the service's own where private DNS is on.
func (c *call) item(e Endpoint) endpointItem {
	i := endpointItem{
		ID: e.ID, Type: "Interface", VPC: e.VPC, Service: e.Service, State: c.state(e), Policy: e.Policy,
		Subnets: set[string]{e.Subnets}, AddressType: "ipv4", DNSOptions: dnsOptions{"ipv4"}, PrivateDNS: e.PrivateDNS,
		Created: stamp(e.Created), Tags: tagSet(e.Tags), Owner: c.o.Account, Region: c.o.Region,
	}
	for _, id := range e.SecurityGroups {
		g, _ := c.o.Network.group(id)
		i.Groups.Items = append(i.Groups.Items, groupRef{id, g.Name})
	}
	short, _ := c.short(e.Service)
	name, below := e.ID+"-"+digits(e.ID)[9:], "."+short+"."+c.o.Region+".vpce.amazonaws.com"
	zone := "Z" + digits(c.o.Region)[1:14]
	i.DNS.Items = []dnsEntry{{name + below, zone}}
	for _, id := range e.Subnets {
		s, _ := c.o.Network.subnet(id)
		i.DNS.Items = append(i.DNS.Items, dnsEntry{name + "-" + c.o.Region + s.Zone + below, zone})
		i.Interfaces.Items = append(i.Interfaces.Items, "eni-"+digits(e.ID+id))
	}
	if e.PrivateDNS {
		i.DNS.Items = append(i.DNS.Items, dnsEntry{c.host(short), "ZONEIDPENDING"})
	}
	return i
}

func tagSet(tags map[string]string) set[tag] {
	var s set[tag]
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		s.Items = append(s.Items, tag{k, tags[k]})
	}
	return s
}

func requestTags(tags map[string]string) iam.Conditions {
	c := iam.Conditions{}
	for k, v := range tags {
		c["aws:RequestTag/"+k] = []string{v}
	}
	if len(tags) > 0 {
		c["aws:TagKeys"] = slices.Sorted(maps.Keys(tags))
	}
	return c
}

func resourceTags(tags map[string]string) iam.Conditions {
	c := iam.Conditions{}
	for k, v := range tags {
		c["aws:ResourceTag/"+k], c["ec2:ResourceTag/"+k] = []string{v}, []string{v}
	}
	return c
}
