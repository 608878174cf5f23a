// Package migrate moves data sources of the types prometheus (with SigV4) and
// grafana-amazonprometheus-datasource, and what refers to them, to ampkit's
// type: in provisioning files, in dashboards, or in a Grafana through its API.
//
// Files are never written anew. A document is parsed for the positions of what
// has to change; those bytes are replaced and all others stay, so that comments,
// order, anchors, indentation and the spelling of numbers are as they were. The
// result is parsed again and compared with what was meant: a document that would
// come out different is left alone.
package migrate

import (
	"fmt"
	"slices"
	"strings"
)

// The types of data sources that matter here.
const (
	TypeAmpkit     = "grafana-ampkitprometheus-datasource"
	TypeAmazon     = "grafana-amazonprometheus-datasource"
	TypePrometheus = "prometheus"

	// pluginName is what Grafana shows for TypeAmpkit.
	pluginName = "Amazon Managed Service for Prometheus (ampkit)"
	// pluginVersion is what Grafana's export writes for a plugin that tells none.
	pluginVersion = "1.0.0"
)

// Kind says what a finding is about. It is a closed set.
type Kind string

const (
	// KindLeft is something that was not rewritten.
	KindLeft Kind = "left"
	// KindLost is something that Grafana does not let another plugin do.
	KindLost Kind = "lost"
	// KindCheck is something to look at: it moves, and may not be what was meant.
	KindCheck Kind = "check"
)

// Finding is something that the user has to know of.
type Finding struct {
	Kind Kind `json:"kind"`
	// Where is a file with its line, or an object in Grafana.
	Where  string `json:"where,omitempty"`
	What   string `json:"what"`
	Reason string `json:"reason"`
	// Count is how often it was found.
	Count int `json:"count,omitempty"`
}

// String is the finding on one line.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind) + ": ")
	if f.Where != "" {
		b.WriteString(f.Where + ": ")
	}
	b.WriteString(f.What)
	if f.Count > 1 {
		fmt.Fprintf(&b, " (%d times)", f.Count)
	}
	return b.String() + ": " + f.Reason
}

// findings gathers, and counts what is found again at the same place.
type findings []Finding

func (fs *findings) add(f Finding) {
	f.Count = max(f.Count, 1)
	at := slices.IndexFunc(*fs, func(g Finding) bool {
		return g.Kind == f.Kind && g.What == f.What && g.Reason == f.Reason && fileOf(g.Where) == fileOf(f.Where)
	})
	if at >= 0 {
		(*fs)[at].Count += f.Count
		return
	}
	*fs = append(*fs, f)
}

// fileOf is a place without its line.
func fileOf(where string) string {
	file, _, _ := strings.Cut(where, ":")
	return file
}

func isMoving(typ string) bool { return typ == TypePrometheus || typ == TypeAmazon }
