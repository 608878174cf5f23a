package docs_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
	"github.com/ampkit/ampkit/pkg/doctor"
	"github.com/ampkit/ampkit/pkg/plugin"
	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/proxy"
)

// dataSource is one of the plugin's, in front of a server that answers one thing.
type dataSource struct {
	*plugin.DataSource
	t   *testing.T
	ctx context.Context //nolint:containedctx // carries Grafana's configuration, as a call's does
	pc  backend.PluginContext
}

func openSource(t *testing.T, g pluginhost.Grafana, answer string, jsonData map[string]any, url ...string) *dataSource {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	ds := pluginhost.DataSource{
		URL: server.URL + "/workspaces/" + exampleID, JSONData: map[string]any{"sigV4Region": "eu-central-1", "sigV4AuthType": "keys"},
		Secure: map[string]string{"sigV4AccessKey": "AKIAIOSFODNN7EXAMPLE", "sigV4SecretKey": "secret"},
	}
	if jsonData != nil {
		ds.JSONData = jsonData
	}
	if len(url) > 0 {
		ds.URL = url[0]
	}
	pc, err := g.Context(ds)
	require.NoError(t, err)
	d := &dataSource{t: t, pc: pc, ctx: config.WithGrafanaConfig(t.Context(), pc.GrafanaConfig)}
	instance, err := plugin.New(d.ctx, *pc.DataSourceInstanceSettings)
	require.NoError(t, err)
	d.DataSource = instance.(*plugin.DataSource)
	t.Cleanup(d.Dispose)
	return d
}

// panel is the error of a query.
func (d *dataSource) panel(query map[string]any) string {
	d.t.Helper()
	raw, err := json.Marshal(query)
	require.NoError(d.t, err)
	resp, err := d.QueryData(d.ctx, &backend.QueryDataRequest{PluginContext: d.pc, Queries: []backend.DataQuery{{
		RefID: "A", JSON: raw, Interval: 15 * time.Second, MaxDataPoints: 100, TimeRange: backend.TimeRange{From: noon.Add(-time.Hour), To: noon},
	}}})
	require.NoError(d.t, err)
	require.Error(d.t, resp.Responses["A"].Error, "%v", query)
	return resp.Responses["A"].Error.Error()
}

// call is the message of a resource that is refused.
func (d *dataSource) call(path, rawURL, role string) string {
	d.t.Helper()
	d.pc.User.Role = role
	var got struct{ Message string }
	err := d.CallResource(d.ctx, &backend.CallResourceRequest{PluginContext: d.pc, Path: path, URL: rawURL, Method: http.MethodGet},
		backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
			require.GreaterOrEqual(d.t, r.Status, 400)
			return json.Unmarshal(r.Body, &got)
		}))
	require.NoError(d.t, err)
	return got.Message
}

const noSeries = `{"status":"success","data":{"resultType":"matrix","result":[]}}`

func queryTroubles(t *testing.T) section {
	t.Helper()
	d := openSource(t, pluginhost.Grafana{}, noSeries, nil)
	filtered := func(operator, value string) map[string]any {
		return map[string]any{"expr": "up", "adhocFilters": []any{map[string]any{"key": "job", "operator": operator, "value": value}}}
	}
	with := func(answer string) string {
		return openSource(t, pluginhost.Grafana{}, answer, nil).panel(map[string]any{"expr": "up"})
	}
	return section{"Queries in panels and alert rules", "Nothing was sent to AMP for the first of these; the last ones are about its answer.", []trouble{
		{openSource(t, pluginhost.Grafana{}, "", nil, "").panel(map[string]any{"expr": "up"}), "The data source was saved before a workspace was chosen."},
		{d.panel(map[string]any{"expr": ""}), "An empty query in a panel, or a variable that is empty."},
		{d.panel(map[string]any{"expr": "up", "interval": "soon"}), "*Min step* takes a duration or `$__interval`, `$__rate_interval`."},
		{d.panel(map[string]any{"expr": "up", "range": "perhaps"}), "A dashboard written by a script has text where a switch belongs."},
		{d.panel(map[string]any{"expr": "up", "intervalMs": "many"}), "As above, where a number belongs."},
		{d.panel(map[string]any{"expr": "sum(", "adhocFilters": filtered("=", "api")["adhocFilters"]}), "Filters are put into the expression by Prometheus' own parser, which has to understand it first. Without filters AMP says what is wrong with it."},
		{d.panel(filtered("<", "1")), "Labels are text: they can be equal or match, not be larger."},
		{d.panel(filtered("=~", "(")), "The value of a filter with `=~` is a regular expression."},
		{openSource(t, pluginhost.Grafana{ResponseLimit: 10}, noSeries, nil).panel(map[string]any{"expr": "up"}), "An administrator's limit, so that one query does not take all memory."},
		{with(`<html>hello</html>`), "Something else than AMP answered with status 200: look at URL and proxy."},
		{with(noSeries[:40]), "A proxy or the network ended the connection before the answer did. When it is always the same query, look for a limit of size or time on the way."},
		{with(`{"status":"error","errorType":"execution","error":"expanding series: too many"}`), "A refusal that came with status 200."},
		{openSource(t, pluginhost.Grafana{}, noSeries, map[string]any{"tlsSkipVerify": "perhaps", "sigV4Region": "eu-central-1"}).panel(map[string]any{"expr": "up"}), "The same is said of `tlsAuth`, `tlsAuthWithCACert` and `enableSecureSocksProxy`."},
	}}
}

// workspaceTroubles are what the doctor makes of a workspace's status.
func workspaceTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "Save & test and ampkit doctor", intro: "Besides everything above, these."}
	for _, tt := range []struct{ status, help string }{
		{"CREATING", "A new workspace takes some seconds to minutes; `ampkit workspace create` waits for it."},
		{"DELETING", "Somebody has deleted the workspace. Its data can't be had back."},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"workspace":{"workspaceId":"`+exampleID+`","arn":"a","createdAt":1,"status":{"statusCode":"`+tt.status+`"}}}`)
		}))
		t.Cleanup(server.Close)
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
		credentials, err := awscreds.Load(t.Context(), awscreds.CommandLine{Region: "eu-central-1", EndpointURL: server.URL})
		require.NoError(t, err)
		t.Cleanup(credentials.Close)
		e, err := amp.ParseEndpoint(server.URL+"/workspaces/"+exampleID, "eu-central-1")
		require.NoError(t, err)
		report := doctor.Run(t.Context(), doctor.Options{Client: amp.NewClient(amp.Config{Endpoint: e, Credentials: credentials}), Credentials: credentials})
		c, _ := report.Check(doctor.Workspace)
		require.Equal(t, doctor.Failed, c.Outcome)
		s.troubles = append(s.troubles, trouble{c.Detail + "; " + c.Remedy, tt.help})
	}
	require.NoError(t, os.Unsetenv("AWS_ACCESS_KEY_ID"))
	require.NoError(t, os.Unsetenv("AWS_SECRET_ACCESS_KEY"))
	return s
}

func editorTroubles(t *testing.T) section {
	t.Helper()
	d := openSource(t, pluginhost.Grafana{}, strings.Repeat(" ", 65<<20), nil)
	many := "workspaces?region=us-east-1" + strings.Repeat("&region=us-east-1", 50)
	another := openSource(t, pluginhost.Grafana{}, `{"message":"hello"}`, nil)
	nowhere := openSource(t, pluginhost.Grafana{}, "", map[string]any{"sigV4AuthType": "keys"}, "")
	plain := openSource(t, pluginhost.Grafana{}, "", map[string]any{"sigV4Auth": false})
	return section{"The editors' lists", "Why a list of metrics, labels or workspaces is empty; panels don't depend on it.", []trouble{
		{d.call("api/v1/labels", "api/v1/labels", "Admin"), "A workspace with very many values of one label. Set *Series limit* in the data source."},
		{another.call("api/v1/labels", "api/v1/labels", "Admin"), "Something else than AMP answered with status 200."},
		{d.call("workspaces", "workspaces", "Viewer"), "The list of workspaces belongs to the settings."},
		{plain.call("workspaces", "workspaces", "Admin"), "Workspaces are AMP's."},
		{nowhere.call("workspaces", "workspaces", "Admin"), "Workspaces are listed region by region."},
		{d.call("workspaces", many, "Admin"), "Choose fewer regions."},
		{d.call("workspaces", "workspaces?region=cn-north-1", "Admin"), "China and GovCloud have accounts of their own: use a data source for each."},
		{d.call("workspaces", "workspaces?region=nowhere-1", "Admin"), "The region is misspelt."},
	}}
}

// none are credentials that can't be had.
type none struct{}

func (none) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, &awscreds.Error{Message: "no AWS credentials were found"}
}

type some struct{}

func (some) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret"}, nil
}

func proxyTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "ampkit proxy", intro: "The proxy's own refusals, as JSON like AWS's, in the log of whoever asked. Everything else is AMP's answer, passed on as it is."}
	local := func(c *proxy.Config, workspace string) {
		e, err := amp.ParseEndpoint(workspace, "eu-central-1")
		require.NoError(t, err)
		c.Endpoint = e
	}
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	token := t.TempDir() + "/token"
	require.NoError(t, os.WriteFile(token, []byte("secret"), 0o600))
	for _, tt := range []struct {
		change func(*proxy.Config)
		ask    string
		body   string
		help   string
	}{
		{nil, "GET /api/v1/status/buildinfo", "", "Only AMP's paths are let through, with or without `/workspaces/<id>` before them."},
		{nil, "PUT /api/v1/query", "", "The verbs are AMP's."},
		{func(c *proxy.Config) { c.Allow = []proxy.Group{proxy.Read} }, "POST /api/v1/remote_write", "x", "`--allow` says what is let through."},
		{func(c *proxy.Config) { c.Access.TokenFile = token }, "GET /api/v1/query", "", "Send `Authorization: Bearer …` with what `--bearer-token-file` holds."},
		{nil, "GET http://evil.example.com/api/v1/query", "", "Without any authentication only this machine's own names are answered, so that a web page can't have its name lead here."},
		{nil, "GET /api/v1/query https://pages.example.com", "", "Nor are pages of other hosts, which a browser names as a request's origin; those of this machine are."},
		{func(c *proxy.Config) { c.MaxBody = 3 }, "POST /api/v1/remote_write", "xxxx", "`--max-body`; AMP takes 1 MB."},
		{func(c *proxy.Config) { c.Credentials = none{} }, "GET /api/v1/query", "", "503, for which a Prometheus keeps its samples and sends them again. The cause is named; see [Credentials](#credentials)."},
		{func(c *proxy.Config) { local(c, closed.URL+"/workspaces/"+exampleID) }, "GET /api/v1/query", "", "See [AMP is not reached](#amp-is-not-reached)."},
		{func(c *proxy.Config) {
			local(c, silent.URL+"/workspaces/"+exampleID)
			c.Timeouts.Answer = 50 * time.Millisecond
		}, "GET /api/v1/query", "", "`--answer-timeout`. AMP itself ends a query after a minute."},
	} {
		c := proxy.Config{Endpoint: endpoint(t), Credentials: some{}}
		if tt.change != nil {
			tt.change(&c)
		}
		s.troubles = append(s.troubles, trouble{strings.ReplaceAll(refusedBy(t, c, tt.ask, tt.body), closed.Listener.Addr().String(), "127.0.0.1:9099"), tt.help})
	}
	return s
}

// serve runs a proxy on the loopback until the test ends.
func serve(t *testing.T, p *proxy.Proxy) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Serve(ctx, l) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		require.NoError(t, <-ended)
	})
	return "http://" + l.Addr().String()
}

// refusedBy asks a proxy, maybe from a page of an origin, and returns its message.
func refusedBy(t *testing.T, c proxy.Config, ask, body string) string {
	t.Helper()
	p, err := proxy.New(c)
	require.NoError(t, err)
	server := serve(t, p)
	method, target, _ := strings.Cut(ask, " ")
	target, origin, fromPage := strings.Cut(target, " ")
	host := ""
	if rest, ok := strings.CutPrefix(target, "http://"); ok {
		host, target, _ = strings.Cut(rest, "/")
		target = "/" + target
	}
	req, err := http.NewRequestWithContext(t.Context(), method, server+target, strings.NewReader(body))
	require.NoError(t, err)
	req.Host = host
	if fromPage {
		req.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.GreaterOrEqual(t, resp.StatusCode, 400)
	var said struct{ Message string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&said))
	return said.Message
}

func commandTroubles(t *testing.T) section {
	t.Helper()
	s := section{title: "The commands that change something at AWS", intro: "`ampkit irsa`, `vpc-endpoint` and `workspace` say what AWS said, and how far they came. Each can be run again: it goes on from what is there. " +
		"Wrong usage ends with exit code 2 and names the flag; the [reference](cli/ampkit.md) has them all."}
	add := func(help string, status int, code, message string, call amp.Call) {
		t.Helper()
		err := &awshttp.ResponseError{RequestID: requestID, ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{}}},
			Err:      &smithy.GenericAPIError{Code: code, Message: message},
		}}
		s.troubles = append(s.troubles, trouble{amp.Explain(err, call).Error(), help})
	}
	call := amp.Call{Service: "IAM", Action: "iam:CreateRole", Resource: "arn:aws:iam::123456789012:role/ampkit-prod-query"}
	add("The help of each command lists the actions it needs.", 403, "AccessDenied", "User: arn:aws:iam::123456789012:user/me is not authorized to perform: iam:CreateRole on resource: "+call.Resource, call)
	add("", 400, "Throttling", "Rate exceeded", call)
	add("", 409, "ConcurrentModification", "The request was rejected because multiple requests to change this object were submitted simultaneously.", call)
	add("", 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000", call)
	s.troubles = append(s.troubles,
		trouble{(&amp.StatusError{Workspace: exampleID, Status: "CREATION_FAILED"}).Error(), "From `ampkit workspace create`. With a key of your own, its policy may not let AMP use it."})
	listed := controlPlane(t, 429, "ThrottlingException", "Rate exceeded")
	quota := controlPlane(t, 402, "ServiceQuotaExceededException", "Limit exceeded: 25 workspaces")
	s.troubles = append(s.troubles, trouble{waiting(t), "A workspace that stays in CREATING: wait longer with `--timeout`, or look at the AWS Health Dashboard."},
		trouble{listed, "From `ampkit workspace` and the settings' list of workspaces."},
		trouble{quota, "From `ampkit workspace create`."})
	for i := range s.troubles {
		if s.troubles[i].help == "" {
			s.troubles[i].help = "The message says what to do."
		}
	}
	return s
}

// waiting is what is said of a workspace that did not become active in time.
func waiting(t *testing.T) string {
	t.Helper()
	cfg := aws.Config{Region: "eu-central-1", Credentials: some{}, HTTPClient: answering(func(*http.Request) (*http.Response, error) {
		body := `{"workspace":{"workspaceId":"` + exampleID + `","arn":"a","createdAt":1,"status":{"statusCode":"CREATING"}}}`
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := amp.NewControlPlane(cfg, endpoint(t)).Wait(ctx, exampleID, time.Hour, func(amp.Workspace) { cancel() })
	require.Error(t, err)
	return strings.ReplaceAll(err.Error(), context.Canceled.Error(), context.DeadlineExceeded.Error())
}

// controlPlane is what is made of a refusal of the control plane.
func controlPlane(t *testing.T, status int, code, message string) string {
	t.Helper()
	cfg := aws.Config{Region: "eu-central-1", Credentials: some{}, Retryer: func() aws.Retryer { return aws.NopRetryer{} }, HTTPClient: answering(func(*http.Request) (*http.Response, error) {
		h := http.Header{"X-Amzn-Errortype": {code}, "X-Amzn-Requestid": {requestID}}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(`{"message":"` + message + `"}`))}, nil
	})}
	_, err := amp.NewControlPlane(cfg, endpoint(t)).List(t.Context(), "", 0)
	require.Error(t, err)
	return err.Error()
}

// unreached is what is made of a control plane that does not answer.
func unreached(t *testing.T, cause error) string {
	t.Helper()
	cfg := aws.Config{Region: "eu-central-1", Credentials: some{}, Retryer: func() aws.Retryer { return aws.NopRetryer{} }, HTTPClient: answering(func(*http.Request) (*http.Response, error) {
		return nil, cause
	})}
	_, err := amp.NewControlPlane(cfg, endpoint(t)).List(t.Context(), "", 0)
	require.Error(t, err)
	return err.Error()
}

type answering func(*http.Request) (*http.Response, error)

func (f answering) Do(r *http.Request) (*http.Response, error) { return f(r) }
