package irsa

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The actions of the walkthrough's two sides, and of what can be added. They are
// those of the service authorization reference for Amazon Managed Service for
// Prometheus; each is authorised on the workspace.
var (
	ingestActions = []string{"aps:RemoteWrite"}
	queryActions  = []string{
		"aps:DescribeWorkspace", "aps:GetLabels", "aps:GetMetricMetadata", "aps:GetSeries", "aps:QueryMetrics",
	}
	alertingActions = []string{
		"aps:GetAlertManagerSilence", "aps:GetAlertManagerStatus", "aps:ListAlertManagerAlertGroups",
		"aps:ListAlertManagerAlerts", "aps:ListAlertManagerReceivers", "aps:ListAlertManagerSilences",
		"aps:ListAlerts", "aps:ListRules",
	}
)

// PolicyDocument is the permission policy of one use.
func (s Spec) PolicyDocument(use Use) string {
	d := document{Version: policyVersion}
	allow := func(sid string, actions []string, resource string) {
		d.Statement = append(d.Statement, statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resource})
	}
	switch use {
	case Ingest:
		allow("AmpkitIngest", ingestActions, s.WorkspaceARN)
	case Query:
		allow("AmpkitQuery", queryActions, s.WorkspaceARN)
		if s.Alerting {
			allow("AmpkitAlerting", alertingActions, s.WorkspaceARN)
		}
		if s.Picker {
			// aps:ListWorkspaces knows no resource: it can only be had on all.
			allow("AmpkitPicker", []string{"aps:ListWorkspaces"}, "*")
		}
	}
	return d.String()
}

// grants are the lines of a policy as people compare them: an action on a
// resource each, sorted.
func grants(doc string) []string {
	_, statements, err := statementsOf(doc)
	if err != nil {
		return []string{"a document that can't be read"}
	}
	var out []string
	for _, raw := range statements {
		var s map[string]json.RawMessage
		if json.Unmarshal(raw, &s) != nil {
			continue
		}
		suffix := ""
		if _, conditional := s["Condition"]; conditional {
			suffix = " under conditions"
		}
		effect := strings.ToLower(strings.Trim(string(s["Effect"]), `"`))
		actions, resources := words(s, "Action", "NotAction"), words(s, "Resource", "NotResource")
		for _, action := range actions {
			for _, resource := range resources {
				out = append(out, fmt.Sprintf("%s %s on %s%s", effect, action, resource, suffix))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// words are the values of a member or of its opposite.
func words(s map[string]json.RawMessage, name, opposite string) []string {
	raw, prefix := s[name], ""
	if raw == nil {
		raw, prefix = s[opposite], "all but "
	}
	var v any
	if raw == nil || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return set(v, func(word string) string { return prefix + word })
}

// difference is what was lost and what came, as lines with - and +.
func difference(before, after []string) []string {
	var out []string
	for _, line := range before {
		if !slices.Contains(after, line) {
			out = append(out, "- "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			out = append(out, "+ "+line)
		}
	}
	return out
}
