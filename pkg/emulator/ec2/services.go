package ec2

import (
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// services are the endpoint services of the region that have to do with AMP,
// by the last part of their name, which is also the first of their host.
var services = []string{"aps", "aps-workspaces", "eks", "sts"}

type (
	serviceItem struct {
		Name         string           `xml:"serviceName"`
		ID           string           `xml:"serviceId"`
		Types        set[serviceType] `xml:"serviceType"`
		Region       string           `xml:"serviceRegion"`
		Zones        set[string]      `xml:"availabilityZoneSet"`
		Owner        string           `xml:"owner"`
		Hosts        set[string]      `xml:"baseEndpointDnsNameSet"`
		PrivateName  string           `xml:"privateDnsName"`
		PrivateNames set[privateName] `xml:"privateDnsNameSet"`
		Policy       bool             `xml:"vpcEndpointPolicySupported"`
		Acceptance   bool             `xml:"acceptanceRequired"`
		Manages      bool             `xml:"managesVpcEndpoints"`
		Tags         set[tag]         `xml:"tagSet"`
		Verification string           `xml:"privateDnsNameVerificationState"`
		AddressTypes set[string]      `xml:"supportedIpAddressTypeSet"`
	}
	serviceType struct {
		Type string `xml:"serviceType"`
	}
	privateName struct {
		Name string `xml:"privateDnsName"`
	}
)

func (b *Book) serviceName(short string) string { return "com.amazonaws." + b.o.Region + "." + short }

// short is the last part of a service's name, if there is such a service.
func (b *Book) short(name string) (string, bool) {
	for _, s := range services {
		if b.serviceName(s) == name {
			return s, true
		}
	}
	return "", false
}

func (b *Book) host(short string) string { return short + "." + b.o.Region + ".amazonaws.com" }

func (b *Book) zones() (zones []string) {
	for _, z := range []string{"a", "b", "c"} {
		zones = append(zones, b.o.Region+z)
	}
	return zones
}

func describeServices(c *call) (step, error) {
	wants, filters := c.in.Flat("ServiceName", anyText), c.filters()
	return anything(func() (result, error) {
		list, err := wanted(services, wants, c.serviceName, awserr.InvalidServiceName, "The Vpc Endpoint Service '%s' does not exist")
		if err != nil {
			return nil, err
		}
		list, err = choose(list, filters, func(s string) facts {
			return facts{
				"service-name": {c.serviceName(s)}, "service-type": {"Interface"}, "owner": {"amazon"}, "supported-ip-address-types": {"ipv4"},
				"service-region": {c.o.Region},
			}.withTags(nil)
		})
		if err != nil {
			return nil, err
		}
		list, next, err := page(c, append([]string(nil), list...), func(s string) string { return s })
		out := &struct {
			reply
			Names   set[string]      `xml:"serviceNameSet"`
			Details set[serviceItem] `xml:"serviceDetailSet"`
			Next    string           `xml:"nextToken,omitempty"`
		}{Next: next}
		for _, s := range list {
			out.Names.Items = append(out.Names.Items, c.serviceName(s))
			out.Details.Items = append(out.Details.Items, serviceItem{
				Name: c.serviceName(s), ID: "vpce-svc-" + digits(c.serviceName(s)), Types: set[serviceType]{[]serviceType{{"Interface"}}},
				Region: c.o.Region, Zones: set[string]{c.zones()}, Owner: "amazon",
				Hosts: set[string]{[]string{strings.Join([]string{s, c.o.Region, "vpce.amazonaws.com"}, ".")}}, PrivateName: c.host(s),
				PrivateNames: set[privateName]{[]privateName{{c.host(s)}}}, Policy: true, Verification: "verified",
				AddressTypes: set[string]{[]string{"ipv4"}},
			})
		}
		return out, err
	})
}
