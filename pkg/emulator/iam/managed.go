package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// managedByAWS are the policies of AWS itself that have to do with the service,
// as the user guide prints them ("AWS managed policies for Amazon Managed
// Service for Prometheus"). They can be attached and not changed.
var managedByAWS = map[string]Document{
	"AmazonPrometheusFullAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aps:*"],"Resource":"*"}]}`,
	"AmazonPrometheusQueryAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Action":["aps:GetLabels","aps:GetMetricMetadata","aps:GetSeries","aps:QueryMetrics"],"Resource":"*"}]}`,
	"AmazonPrometheusRemoteWriteAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["aps:RemoteWrite"],"Resource":"*"}]}`,
}

// Policy finds a managed policy by its ARN, those of AWS included.
func (st *State) Policy(arn string) (Policy, bool) {
	if p, ok := st.Policies[arn]; ok {
		return p, true
	}
	name, ok := strings.CutPrefix(arn, fmt.Sprintf("arn:%s:iam::aws:policy/", st.store.opts.Partition))
	document, known := managedByAWS[name]
	if !ok || !known {
		return Policy{}, false
	}
	at := time.Date(2020, time.December, 15, 0, 0, 0, 0, time.UTC)
	return Policy{
		Account: "aws", Name: name, Path: "/", ARN: arn, ID: "ANPA" + strings.ToUpper(name), Created: at, Updated: at,
		Default: "v1", Versions: []Version{{ID: "v1", Document: document, Created: at}}, Newest: 1,
	}, true
}

// policies are all managed policies, those of AWS included, sorted by ARN.
func (st *State) policies() []Policy {
	arns := slices.Collect(maps.Keys(st.Policies))
	for name := range managedByAWS {
		arns = append(arns, fmt.Sprintf("arn:%s:iam::aws:policy/%s", st.store.opts.Partition, name))
	}
	slices.Sort(arns)
	all := make([]Policy, len(arns))
	for i, arn := range arns {
		all[i], _ = st.Policy(arn)
	}
	return all
}

// PoliciesOf are the managed policies of an account, and those of AWS, sorted
// by ARN.
func (st *State) PoliciesOf(account string) []Policy {
	return slices.DeleteFunc(st.policies(), func(p Policy) bool { return p.Account != account && p.Account != "aws" })
}
