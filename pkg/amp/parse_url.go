package amp

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var (
	consoleHost    = regexp.MustCompile(`^(?:([a-z0-9-]+)\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)$`)
	inWorkspaces   = regexp.MustCompile(`^(.*?)/workspaces(?:/([^/]*)(/.*)?)?$`)
	inText         = regexp.MustCompile(`ws-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	plainTail      = regexp.MustCompile(`/(?:api(?:/v1(?:/.*)?)?|graph|query)?$`)
	apiTail        = regexp.MustCompile(`^/?$|^/api/?$|^/api/v1(?:/.*)?$|^/alertmanager(?:/.*)?$`)
	grafanaService = "grafana-workspace"
)

// host decides by the kind of host what the rest of the URL means.
func (p *parser) host(u *url.URL) error {
	if m := consoleHost.FindStringSubmatch(u.Hostname()); m != nil {
		return p.console(u, m[1])
	}
	h, ok := parseAWSHost(u.Hostname())
	switch {
	case ok && h.service == dataPlane:
		return p.awsURL(u, h)
	case ok && h.service == controlAPI:
		return p.controlPlane(u, h)
	case strings.Contains(u.Hostname(), "."+grafanaService+"."):
		return p.fail(example, "%q is a workspace of Managed Grafana, not of Managed Service for Prometheus", u.Hostname())
	}
	return p.custom(u)
}

func (p *parser) awsURL(u *url.URL, h awsHost) error {
	if err := p.settle(h.region, "the URL"); err != nil {
		return err
	}
	p.out.FIPS, p.out.DualStack = h.fips, h.dualStack
	canonical := hostName(dataPlane, p.out.Region, p.out.Partition, h.fips, h.dualStack)
	if !h.vpce && u.Hostname() != canonical {
		return p.fail("", "region %q is in partition %q, whose host is %q, but the URL says %q", p.out.Region, p.out.Partition, canonical, u.Hostname())
	}
	id, err := p.workspace(u, canonical)
	if err != nil {
		return err
	}
	p.out.Workspace = id
	p.out.Base = p.workspaceURL()
	if h.vpce {
		p.out.SignHost, p.out.Base.Host = canonical, u.Host
	}
	if u.Scheme == "http" {
		p.out.Warnings = append(p.out.Warnings, "http was changed to https: AWS answers nothing else")
	}
	return nil
}

// workspace finds the one workspace id in the path of an AWS URL.
func (p *parser) workspace(u *url.URL, canonical string) (string, error) {
	paste := "https://" + canonical + "/workspaces/<workspace-id>"
	m := inWorkspaces.FindStringSubmatch(u.Path)
	switch {
	case m == nil || m[2] == "":
		return "", p.fail(paste, "the URL is of AMP in %s but names no workspace", p.out.Region)
	case m[1] != "":
		return "", p.fail("https://"+canonical+"/workspaces/"+m[2], "the path has %q before /workspaces", m[1])
	case !workspaceUUID.MatchString(m[2]):
		return "", p.fail(paste, "%q is not a workspace id, which is ws- and 36 characters", m[2])
	case !apiTail.MatchString(m[3]):
		return "", p.fail("https://"+canonical+"/workspaces/"+m[2], "%q after the workspace is no part of AMP's API", m[3])
	}
	return m[2], nil
}

// controlPlane refuses the other host of AMP, and says which one is meant.
func (p *parser) controlPlane(u *url.URL, h awsHost) error {
	if err := p.settle(h.region, "the URL"); err != nil {
		return err
	}
	id := "<workspace-id>"
	if m := inWorkspaces.FindStringSubmatch(u.Path); m != nil && workspaceUUID.MatchString(m[2]) {
		id = m[2]
	}
	host := hostName(dataPlane, p.out.Region, p.out.Partition, h.fips, h.dualStack)
	return p.fail("https://"+host+"/workspaces/"+id, "%q is where workspaces are managed, queries go elsewhere", u.Host)
}

// console understands what stands in the browser while a workspace is looked at.
func (p *parser) console(u *url.URL, hostRegion string) error {
	id := inText.FindString(u.Fragment + " " + u.Path)
	region := u.Query().Get("region")
	if region == "" {
		region = hostRegion
	}
	if id == "" || region == "" {
		return p.fail(example, "%q is the AWS console, without a workspace and its region", u.Host)
	}
	if err := p.settle(region, "the console's URL"); err != nil {
		return err
	}
	p.out.Workspace = id
	p.out.Base = p.workspaceURL()
	return nil
}

// custom is any host that is not AMP's own: an emulator, a proxy, a load
// balancer, another Prometheus.
func (p *parser) custom(u *url.URL) error {
	region := p.hostRegion(u.Hostname())
	switch {
	case region != "" || p.region != "":
		if err := p.settle(region, "the URL"); err != nil {
			return err
		}
	case p.signed:
		return p.fail("", "the host %q names no region to sign for: set the region", u.Host)
	}
	p.out.Custom = true
	p.out.Base = &url.URL{Scheme: u.Scheme, Host: u.Host}
	m := inWorkspaces.FindStringSubmatch(u.Path)
	if m == nil || (!p.signed && !strings.HasPrefix(m[2], "ws-")) {
		p.out.Base.Path = strings.TrimRight(plainTail.ReplaceAllString(u.Path, ""), "/") + "/"
		return nil
	}
	root := u.Scheme + "://" + u.Host + m[1] + "/workspaces/"
	switch {
	case m[2] == "":
		return p.fail(root+"<workspace-id>", "the URL names no workspace")
	case !workspaceOther.MatchString(m[2]):
		return p.fail(root+"<workspace-id>", "%q is not a workspace id", m[2])
	case !apiTail.MatchString(m[3]):
		return p.fail(root+m[2], "%q after the workspace is no part of AMP's API", m[3])
	}
	p.out.Workspace = m[2]
	p.out.Base.Path = m[1] + "/workspaces/" + m[2] + "/"
	return nil
}

// hostRegion finds a known region among the labels of another host of AWS, such
// as monitoring.<region>.amazonaws.com or an internal load balancer.
func (p *parser) hostRegion(host string) string {
	rest, _, ok := cutAWSSuffix(host)
	if !ok {
		return ""
	}
	known := Regions()
	for label := range strings.SplitSeq(rest, ".") {
		if slices.Contains(known, label) {
			return label
		}
	}
	return ""
}
