package amp

// hostName is AWS's host of one service in a region.
func hostName(service, region, partition string, fips, dualStack bool) string {
	if fips {
		service += "-fips"
	}
	return service + "." + region + "." + dnsSuffix(partition, dualStack)
}

func dnsSuffix(partition string, dualStack bool) string { return "amazonaws.com" }
