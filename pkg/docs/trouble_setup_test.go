package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/settings"
)

const (
	exampleID  = "ws-0e1f2a3b-4c5d-6e7f-8091-a2b3c4d5e6f7"
	exampleURL = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/" + exampleID
)

func endpoint(t *testing.T) amp.Endpoint {
	t.Helper()
	e, err := amp.ParseEndpoint(exampleURL, "")
	require.NoError(t, err)
	return e
}

// settingsTroubles are refusals of package settings.
func settingsTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "Settings of the data source", intro: "In panels these begin with `the data source is not set up:`. " +
		"[configure.md](configure.md) has every key with its meaning. In a provisioning file, mend the file and restart Grafana; the form cannot save."}
	add := func(jsonData string, secure map[string]string, help string) {
		t.Helper()
		_, err := settings.Parse(exampleURL, []byte(jsonData), secure)
		require.Error(t, err, jsonData)
		s.troubles = append(s.troubles, trouble{err.Error(), help})
	}
	key := map[string]string{"sigV4AccessKey": "AKIAIOSFODNN7EXAMPLE"}
	add(`{"sigV4AuthType":"keys"}`, map[string]string{"sigV4SecretKey": "x"}, "The keys belong under `secureJsonData`, not under `jsonData`. Without keys of your own, use another `sigV4AuthType`, or none: the role of the pod or instance is then used.")
	add(`{"sigV4AuthType":"keys"}`, key, "As above, for the secret half. Grafana does not show a stored secret again: reset the field and enter it anew.")
	add(`{"sigV4AuthType":"irsa"}`, nil, "`default` is the one for IRSA, Pod Identity and instance roles. See [configure.md](configure.md#where-credentials-come-from).")
	add(`{"sigV4AssumeRoleArn":"amp-reader"}`, nil, "Give the whole ARN of a role, not its name, and not the ARN of a session (`assumed-role/…`) or of a policy.")
	add(`{"sigV4AuthType":"grafana_assume_role"}`, nil, "With this type Grafana's own account assumes your role, so the role has to be named.")
	add(`{"sigV4AssumeRoleArn":"arn:aws:iam::111122223333:role/a","assumeRoleArn":"arn:aws:iam::111122223333:role/b"}`, nil, "Two spellings of one setting say different things. Remove the one that is not meant.")
	add(`{"sigV4AuthType":"keys"}`, map[string]string{"sigV4AccessKey": "a", "sigV4SecretKey": "x", "secretKey": "y"}, "As above, in `secureJsonData`. The secrets themselves are never printed.")
	add(`{"sigV4Endpoint":"sts.example.com"}`, nil, "An STS endpoint receives the server's web-identity token, so a data source may only name hosts of AWS. An administrator can set `AWS_ENDPOINT_URL_STS` for the whole plugin. For a VPC endpoint of the *workspace* give its name, which begins with `vpce-`. Why: [decision 8](decisions/0008-sts-endpoints.md).")
	add(`{"httpMethod":"PUT"}`, nil, "`POST` is the default and takes long expressions; `GET` is for proxies that cache.")
	add(`{"timeInterval":"fast"}`, nil, "The same is said of `timeout` and `queryTimeout`. A number alone counts as seconds.")
	add(`{"customQueryParameters":"a=%zz"}`, nil, "Write parameters as in a URL: `a=1&b=2`, with special characters encoded.")
	add(`{"maxSamplesProcessedErrorThreshold":"many"}`, nil, "A whole number, such as `50000000` or `5e7`. See [cost.md](cost.md).")
	add(`{"sigV4Auth":"maybe"}`, nil, "The same is said of every setting that is on or off.")
	add(`{"sigV4Region":{"a":1}}`, nil, "The key takes one value. Mostly the indentation in the provisioning file has slipped.")
	add(`[]`, nil, "`jsonData` must be a map of keys. Mostly a `-` too many in the provisioning file.")
	add(`{"x":"`+string(make([]byte, 1<<20))+`"}`, nil, "No real data source has that much: a file was pasted into a field.")
	misspelt, err := settings.Parse(exampleURL, []byte(`{"sigV4AssumeRoleARN":"x"}`), nil)
	require.NoError(t, err)
	s.troubles = append(s.troubles, trouble{misspelt.Warnings[0], "A note of Save & test and of Grafana's log, no error: the data source works, without what you meant."})
	return s
}

// urlTroubles are refusals of what was pasted as the workspace's URL.
func urlTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "The URL of the workspace", intro: "The same words come from the form, from panels and from the commands' `--workspace` and `--connect-to`. " +
		"What is understood: the URL in the console's every form, with or without `/api/v1/query` and the like, an ARN, the console's own address, a bare id when the region is set."}
	fail := func(err error, help string) {
		t.Helper()
		require.Error(t, err)
		s.troubles = append(s.troubles, trouble{err.Error(), help})
	}
	add := func(raw, region, help string) {
		t.Helper()
		_, err := amp.ParseEndpoint(raw, region)
		fail(err, help)
	}
	const host = "https://aps-workspaces.eu-central-1.amazonaws.com"
	add("", "", "Paste what the AWS console shows as *Endpoint - query URL*, or what `ampkit workspace describe` prints as URL.")
	add(string(make([]byte, 5000)), "", "More than a URL was pasted.")
	add(host+"/workspaces/<workspace-id>", "", "The example of some documentation was pasted as it stands.")
	add(exampleID, "", "An id does not say where the workspace is. Set the region, or paste the URL.")
	add("ws-123", "eu-central-1", "The id was cut off when it was copied.")
	add(host+"/workspaces/my-metrics", "", "What follows `/workspaces/` is the id, not the alias: `ampkit workspace list` prints both.")
	add(host, "", "The address of AMP in the region, without a workspace.")
	add(host+"/prefix/workspaces/"+exampleID, "", "AWS serves workspaces at the root only.")
	add(host+"/workspaces/"+exampleID+"/graph", "", "AMP has Prometheus' API but not its pages.")
	add("https://aps.eu-central-1.amazonaws.com/workspaces/"+exampleID, "", "`aps.` is the control plane. Queries and writes go to `aps-workspaces.`.")
	add("https://g-0123456789.grafana-workspace.eu-central-1.amazonaws.com", "", "The two services have similar names. This data source queries Prometheus workspaces.")
	add("https://eu-central-1.console.aws.amazon.com/prometheus/home", "", "Open the workspace in the console first; then its address works, too.")
	add("https://aps-workspaces.cn-north-1.amazonaws.com/workspaces/"+exampleID, "", "Regions in China have hosts under `amazonaws.com.cn`.")
	add(exampleURL, "us-east-1", "URL and `sigV4Region` (or `--region`) contradict each other. The URL alone is enough.")
	add(exampleID, "eu-centrl-1", "The region is misspelt.")
	add(exampleID, "eu-central-1a", "Zones have a letter at the end, regions don't.")
	add(exampleID, "${REGION}", "A variable was not replaced: in provisioning files Grafana replaces only those of its own environment.")
	add("amp", "", "Neither a URL, an id nor an ARN.")
	add("https://exa mple.com", "", "A character is in it that URLs can't have.")
	add("ftp://example.com", "", "AMP is asked over https; an emulator or proxy on this machine over http, too.")
	add("https:///workspaces/x", "", "The host is missing.")
	add("https://user:secret@example.com/", "", "Credentials in a URL end up in logs. For basic authentication in front of a plain Prometheus use the proxy or HTTP headers.")
	add("https://example.com/a%2Fb", "eu-central-1", "Encoded slashes are understood differently along the way, so they are refused.")
	add("https://prometheus.example.com/", "", "A host that is not AWS's (a proxy, an emulator): set the region to sign for. For a Prometheus without signatures set `sigV4Auth: false`.")
	add("http://127.0.0.1:9099/workspaces/", "us-east-1", "The path of an emulator or proxy, without the workspace.")
	add("http://127.0.0.1:9099/workspaces/demo", "us-east-1", "The workspace's id is meant, not its alias.")
	add("http://127.0.0.1:9099/workspaces/"+exampleID+"/graph", "us-east-1", "End the URL after the workspace's id.")
	add("arn:aws:s3:::bucket", "", "The ARN of something else was pasted.")
	add("arn:aws:aps:eu-central-1:123456789012:rulegroupsnamespace/"+exampleID+"/x", "", "The workspace's own ARN is meant.")
	add("arn:aws-cn:aps:eu-central-1:123456789012:workspace/"+exampleID, "", "Partition and region of the ARN contradict each other.")
	_, err := endpoint(t).Connect("not a host")
	fail(err, "`sigV4Endpoint` (`--connect-to`) is where to connect when that differs from the URL: the name of a VPC endpoint.")
	_, err = endpoint(t).Connect("vpce-0a1b-c2d3.aps-workspaces.us-east-1.vpce.amazonaws.com")
	fail(err, "A VPC endpoint leads to workspaces of its own region only.")
	_, err = amp.FromSettings(settings.Settings{URL: exampleURL})
	fail(err, "`sigV4Auth: false` is for a plain Prometheus.")
	for _, note := range [][2]string{
		{strings.Replace(exampleURL, "https", "http", 1), "A note of Save & test, no error."},
		{strings.Replace(exampleURL, "eu-central-1", "eu-west-9", 1), "A note of Save & test, no error: AWS adds regions, and this version may be older. If it is a slip of the finger, the next error is that the host is not known to DNS."},
	} {
		e, err := amp.ParseEndpoint(note[0], "")
		require.NoError(t, err)
		s.troubles = append(s.troubles, trouble{e.Warnings[0], note[1]})
	}
	return s
}
