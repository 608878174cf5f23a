// Package vpcendpoint plans and makes the interface endpoints by which a VPC
// without internet reaches Amazon Managed Service for Prometheus: aps-workspaces
// (queries and remote write), aps (the control plane) and sts, which pods need
// for the credentials of a role.
//
// As in package irsa, Observe reads, NewPlan compares and is pure, and Plan.Apply
// sends one request for each step; a run that was stopped is finished by the
// next one. Endpoints that others made are used and never changed; those made
// here carry the tag TagVPC from their first moment.
package vpcendpoint

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// TagVPC is the tag of what this package made; its value is the VPC's id.
const TagVPC = "ampkit:vpc"

// Service is one that a VPC needs an endpoint for. It is a closed set.
type Service string

// The services, as the last part of their endpoint services' names.
const (
	Workspaces Service = "aps-workspaces" // queries and remote write
	Control    Service = "aps"            // workspaces described and listed
	STS        Service = "sts"            // roles assumed
)

// Services are all of them, in the order in which they are made.
var Services = []Service{Workspaces, Control, STS}

// ParseService reads the name of a service.
func ParseService(text string) (Service, error) {
	if s := Service(text); slices.Contains(Services, s) {
		return s, nil
	}
	return "", fmt.Errorf("%q is none of aps-workspaces, aps, sts", text)
}

// name is the endpoint service's full name in a region.
func (s Service) name(region string) string { return "com.amazonaws." + region + "." + string(s) }

// Spec is what is asked for.
type Spec struct {
	Region, VPC             string
	Subnets, SecurityGroups []string
	Services                []Service
	// Workspaces are the ARNs that may be reached; all of them when empty.
	Workspaces []string
	// PrivateDNS makes the services' own host names lead to the endpoints.
	PrivateDNS bool
	Tags       map[string]string
}

func (s Spec) owned() map[string]string {
	tags := map[string]string{TagVPC: s.VPC, "Name": "ampkit"}
	maps.Copy(tags, s.Tags)
	return tags
}

// Policy is the endpoint's policy, "" for the default that allows everything.
// STS has that one: with private DNS the whole VPC gets its credentials through
// the endpoint, whatever they are for.
func (s Spec) Policy(service Service) string {
	if len(s.Workspaces) == 0 || service == STS {
		return ""
	}
	type statement struct {
		Sid       string   `json:"Sid"`
		Effect    string   `json:"Effect"`
		Principal string   `json:"Principal"`
		Action    string   `json:"Action"`
		Resource  []string `json:"Resource"`
	}
	statements := []statement{{"AmpkitWorkspace", "Allow", "*", "aps:*", slices.Sorted(slices.Values(s.Workspaces))}}
	if service == Control {
		// Listing knows no resource: it can only be allowed on all.
		statements = append(statements, statement{"AmpkitList", "Allow", "*", "aps:ListWorkspaces", []string{"*"}})
	}
	text, err := json.MarshalIndent(map[string]any{"Version": "2012-10-17", "Statement": statements}, "", "  ")
	if err != nil {
		panic("vpcendpoint: " + err.Error()) // strings only
	}
	return string(text)
}

// samePolicy compares with what EC2 kept, whatever its spaces and order of
// members. A policy that was not given is the service's default.
func samePolicy(have, want string) bool {
	if want == "" {
		want = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
	}
	var x, y any
	if json.Unmarshal([]byte(have), &x) != nil || json.Unmarshal([]byte(want), &y) != nil {
		return false
	}
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && string(a) == string(b)
}

// Endpoint is one that is there.
type Endpoint struct {
	ID             string            `json:"id"`
	Service        Service           `json:"service"`
	VPC            string            `json:"vpc"`
	State          string            `json:"state"` // pending, available, …
	Subnets        []string          `json:"subnets"`
	SecurityGroups []string          `json:"securityGroups"`
	PrivateDNS     bool              `json:"privateDns"`
	DNSName        string            `json:"dnsName"` // its own, which works in every VPC that reaches it
	Policy         string            `json:"-"`
	Tags           map[string]string `json:"tags,omitempty"`
}

// Ours tells whether this package made it.
func (e Endpoint) Ours() bool { return e.Tags[TagVPC] != "" && e.Tags[TagVPC] == e.VPC }

// Setting is what a data source must be told to connect to the endpoint, ""
// where the service's own host name leads to it.
func (e Endpoint) Setting() string {
	if e.PrivateDNS || e.DNSName == "" {
		return ""
	}
	switch e.Service {
	case Workspaces:
		return "sigV4Endpoint: https://" + e.DNSName
	case STS:
		return "AWS_ENDPOINT_URL_STS=https://" + e.DNSName
	case Control:
	}
	return ""
}

// State is what there is.
type State struct {
	Endpoints []Endpoint
	// DNSSupport and DNSHostnames are the VPC's attributes. Private DNS needs both.
	DNSSupport, DNSHostnames bool
	// Unseen says what could not be looked at.
	Unseen []string
}

func (s State) find(service Service) (Endpoint, bool) {
	for _, e := range s.Endpoints {
		if e.Service == service {
			return e, true
		}
	}
	return Endpoint{}, false
}

func join(ids []string) string { return strings.Join(slices.Sorted(slices.Values(ids)), ", ") }
