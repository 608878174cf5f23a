package amp

import (
	"regexp"
	"strings"
)

// hostName is AWS's host of one service in a region.
func hostName(service, region, partitionID string, fips, dualStack bool) string {
	if fips {
		service += "-fips"
	}
	p, _ := partitionByID(partitionID)
	suffix := p.Outputs.DNSSuffix
	if dualStack {
		suffix = p.Outputs.DualStackDNSSuffix
	}
	return service + "." + region + "." + suffix
}

// awsHost is a host name of AWS, taken apart.
type awsHost struct {
	service   string // without -fips
	region    string
	fips      bool
	dualStack bool
	vpce      bool
}

var regional = regexp.MustCompile(`^(?:(vpce-[a-z0-9-]+)\.)?([a-z][a-z0-9-]*?)(-fips)?\.([a-z0-9-]+)$`)

// cutAWSSuffix returns what stands before the DNS suffix of a partition. Hosts
// of other shapes (consoles, load balancers) are under such suffixes too.
func cutAWSSuffix(host string) (rest string, dualStack, ok bool) {
	longest := 0
	for _, p := range partitions() {
		for _, suffix := range []string{p.Outputs.DNSSuffix, p.Outputs.DualStackDNSSuffix} {
			// amazonaws.com.cn must not be taken for a name below another suffix.
			if before, found := strings.CutSuffix(host, "."+suffix); found && len(suffix) > longest {
				rest, dualStack, ok, longest = before, suffix == p.Outputs.DualStackDNSSuffix, true, len(suffix)
			}
		}
	}
	return rest, dualStack, ok
}

// parseAWSHost reads <service>[-fips].<region>.<suffix> and the names of VPC
// endpoints, vpce-<id>.<service>.<region>.vpce.<suffix>.
func parseAWSHost(host string) (awsHost, bool) {
	rest, dualStack, ok := cutAWSSuffix(host)
	if !ok {
		return awsHost{}, false
	}
	rest, vpce := strings.CutSuffix(rest, ".vpce")
	m := regional.FindStringSubmatch(rest)
	if m == nil || (m[1] != "") != vpce {
		return awsHost{}, false
	}
	return awsHost{service: m[2], region: m[4], fips: m[3] != "", dualStack: dualStack, vpce: vpce}, true
}
