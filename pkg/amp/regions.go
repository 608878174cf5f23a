package amp

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// partitions.json is the SDK's own table (internal/endpoints/awsrulesfn), which
// it does not export; a test holds the copy to the SDK in go.mod.
//
//go:embed partitions.json
var partitionsJSON []byte

type partition struct {
	ID      string `json:"id"`
	Outputs struct {
		DNSSuffix          string `json:"dnsSuffix"`
		DualStackDNSSuffix string `json:"dualStackDnsSuffix"`
	} `json:"outputs"`
	RegionRegex string              `json:"regionRegex"`
	Regions     map[string]struct{} `json:"regions"`

	shape *regexp.Regexp
}

// partitions is the table, with the pseudo regions (aws-global) taken out.
var partitions = sync.OnceValue(func() []partition {
	var file struct {
		Partitions []partition `json:"partitions"`
	}
	if err := json.Unmarshal(partitionsJSON, &file); err != nil {
		panic("partitions.json: " + err.Error()) // embedded, so a fault of the build
	}
	for i := range file.Partitions {
		p := &file.Partitions[i]
		p.shape = regexp.MustCompile(p.RegionRegex)
		maps.DeleteFunc(p.Regions, func(name string, _ struct{}) bool { return strings.HasSuffix(name, "-global") })
	}
	return file.Partitions
})

// directions are the words before a region's number. A new region combines
// known words in a new way (us-east-3); a typing error makes a new word.
var directions = []string{
	"north", "south", "east", "west", "central",
	"northeast", "northwest", "southeast", "southwest",
}

var availabilityZone = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-\d+)[a-z]$`)

// Regions lists the regions this version knows, sorted.
func Regions() []string {
	var out []string
	for _, p := range partitions() {
		out = slices.AppendSeq(out, maps.Keys(p.Regions))
	}
	slices.Sort(out)
	return out
}

// CheckRegion returns a region's partition. A region that is well-formed but
// unknown to this version (AWS adds some each year) comes with a warning, any
// other with an error; both name the nearest known one.
func CheckRegion(region string) (partitionID, warning string, err error) {
	for _, p := range partitions() {
		if _, ok := p.Regions[region]; ok {
			return p.ID, "", nil
		}
	}
	if m := availabilityZone.FindStringSubmatch(region); m != nil {
		return "", "", fmt.Errorf("%q is an availability zone, its region is %q", region, m[1])
	}
	words := strings.Split(region, "-")
	for _, p := range partitions() {
		if len(words) >= 3 && p.shape.MatchString(region) && slices.Contains(directions, words[len(words)-2]) {
			return p.ID, fmt.Sprintf("region %q is not known to this version; the nearest known one is %q", region, nearestRegion(region)), nil
		}
	}
	return "", "", fmt.Errorf("%q is not an AWS region; the nearest one is %q", region, nearestRegion(region))
}

func partitionByID(id string) (partition, bool) {
	for _, p := range partitions() {
		if p.ID == id {
			return p, true
		}
	}
	return partition{}, false
}

func nearestRegion(region string) string {
	best, distance := "", 1<<30
	for _, r := range Regions() {
		if d := editDistance(strings.ToLower(region), r); d < distance {
			best, distance = r, d
		}
	}
	return best
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours (optimal string alignment).
func editDistance(a, b string) int {
	if len(a) > 64 {
		a = a[:64]
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
