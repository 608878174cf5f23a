package migrate_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ampkit/ampkit/pkg/migrate"
)

func rewrite(t *testing.T, name, text string, moving ...string) migrate.Result {
	t.Helper()
	d, err := migrate.Parse(name, []byte(text))
	require.NoError(t, err)
	k, err := migrate.NewKnown(moving)
	require.NoError(t, err)
	migrate.Learn(k, []*migrate.Document{d})
	return d.Rewrite(k)
}

func reasons(r migrate.Result) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

// The uid that Grafana makes of a name, as its own tests have it.
func TestUIDOfAName(t *testing.T) {
	r := rewrite(t, "x.yaml", `
datasources: [{name: Hello World, type: grafana-amazonprometheus-datasource, url: $URL, jsonData: {manageAlerts: false, sigV4Auth: true}}]
model: {datasource: {type: prometheus, uid: PA591A6D40BF42040}}`)
	require.Contains(t, string(r.After), "{type: grafana-ampkitprometheus-datasource, uid: PA591A6D40BF42040}")
}

func TestVariablesAndInputs(t *testing.T) {
	for _, uid := range []string{"${DS_X}", "$DS_X", "[[DS_X]]", "${DS_X:raw}"} {
		text := `{"__inputs":[{"name":"DS_X","type":"datasource","pluginId":"prometheus"}],"panels":[{"datasource":{"type":"prometheus","uid":"` + uid + `"}}]}`
		require.False(t, rewrite(t, "x.json", text).Changed())
		r := rewrite(t, "x.json", text, "${DS_X}")
		require.NotContains(t, string(r.After), `"prometheus"`)
	}
	// Unknown: nothing is guessed.
	r := rewrite(t, "x.json", `{"panels":[{"datasource":{"type":"prometheus","uid":"${who}"}}]}`)
	require.False(t, r.Changed())
	require.Contains(t, reasons(r), "no variable or input of this name is known: give --datasource '${who}'")
}

// A reference by type alone means the default data source where that is of the
// type, else, in Grafana 12.4, the first of the type by name.
func TestReferencesWithoutUID(t *testing.T) {
	source := func(uid, more string) string {
		return `{"uid":"` + uid + `","name":"` + uid + `","url":"https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-5a1cbb6e-7d1f-4c6e-9a44-0d0b1f3a7c21",` + more + `}`
	}
	signed := `"type":"prometheus","jsonData":{"sigV4Auth":true,"manageAlerts":false}`
	plain, ours, isDefault := `"type":"prometheus","jsonData":{}`, `"type":"`+migrate.TypeAmpkit+`","jsonData":{}`, `,"isDefault":true`
	for name, test := range map[string]struct {
		sources string
		moves   bool
		told    string
	}{
		"the default one moves":            {source("a", signed+isDefault) + "," + source("b", plain), true, ""},
		"the default one stays":            {source("a", signed) + "," + source("b", plain+isDefault), false, "references to any prometheus: their data source stays: it is the default one: a plain Prometheus"},
		"which one is the default?":        {source("a", signed) + "," + source("b", plain), false, "the first by name"},
		"two defaults":                     {source("a", signed+isDefault) + "," + source("b", plain+isDefault), false, "the first by name"},
		"moved before, and no other":       {source("a", ours+isDefault), true, ""},
		"moved before, and others of type": {source("a", ours+isDefault) + "," + source("b", plain), false, "the first by name"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rewrite(t, "x.json", `{"datasources":[`+test.sources+`],"panels":[{"datasource":{"type":"prometheus"}}]}`)
			require.Equal(t, test.moves, strings.Contains(string(r.After), `"panels":[{"datasource":{"type":"`+migrate.TypeAmpkit+`"}}]`))
			require.Contains(t, reasons(r), test.told)
			if test.moves {
				require.NotContains(t, reasons(r), "references")
			}
		})
	}
}

// The list of required plugins says what the dashboard then needs.
func TestRequires(t *testing.T) {
	const head = `{"panels":[{"datasource":{"type":"prometheus","uid":"a"}},{"datasource":{"type":"prometheus","uid":"b"}}],"__requires":[`
	entry := func(id, name string) string {
		return `{"type":"datasource","id":"` + id + `","name":"` + name + `","version":"1.0.0"}`
	}
	prometheus, ours := entry("prometheus", "Prometheus"), entry(migrate.TypeAmpkit, "Amazon Managed Service for Prometheus (ampkit)")
	list := func(r migrate.Result) string {
		_, after, _ := strings.Cut(string(r.After), `"__requires":[`)
		return strings.TrimSuffix(after, "]}")
	}
	require.Equal(t, prometheus+","+ours, list(rewrite(t, "x.json", head+prometheus+"]}", "a")), "beside it")
	require.Equal(t, ours, list(rewrite(t, "x.json", head+prometheus+"]}", "a", "b")), "in its place")
	require.Equal(t, ours, list(rewrite(t, "x.json", head+prometheus+","+ours+"]}", "a", "b")), "not twice")
	require.Equal(t, ours, list(rewrite(t, "x.json", head+ours+", "+prometheus+"]}", "a", "b")), "not twice")
	require.Equal(t, prometheus+","+ours, list(rewrite(t, "x.json", head+prometheus+","+ours+"]}", "a")), "both stay")
	require.Equal(t, prometheus, list(rewrite(t, "x.json", head+prometheus+"]}")), "nothing moved")
}

// What can't be changed in place is left, and told.
func TestWhatCantBeChangedInPlace(t *testing.T) {
	for name, text := range map[string]string{
		"an escape":            "datasources:\n- {name: A, type: \"grafana-amazonprometheus\\x2ddatasource\", url: $U}\n",
		"a folded text":        "datasources:\n- name: A\n  type: >-\n    grafana-amazonprometheus-datasource\n  url: $U\n",
		"an anchor that stays": "datasources:\n- {name: A, type: &t grafana-amazonprometheus-datasource, url: $U}\nother: *t\n",
	} {
		r := rewrite(t, "x.yaml", text)
		require.False(t, r.Changed(), name)
		require.Contains(t, reasons(r), "left: x.yaml:", name)
		require.Contains(t, reasons(r), "can't be changed in place", name)
	}
}

func TestSourcesThatWouldNotWork(t *testing.T) {
	source := func(rest string) migrate.Result {
		return rewrite(t, "x.yaml", "datasources:\n- {name: A, type: prometheus, "+rest+"}\n")
	}
	const aws = "url: 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-5a1cbb6e-7d1f-4c6e-9a44-0d0b1f3a7c21', "
	for rest, want := range map[string]string{
		aws + "jsonData: {sigV4Auth: true, sigV4AuthType: keys}":                                                           "it would not work: sigV4AccessKey: is empty",
		aws + "jsonData: {sigV4Auth: true, sigV4Region: us-east-1}":                                                        `the region is set to "us-east-1" but the URL says "eu-west-1"`,
		aws + "jsonData: {sigV4Auth: true, httpMethod: PUT}":                                                               "is not GET or POST",
		aws + "jsonData: {sigV4Auth: $SIGNED}":                                                                             "whether it is signed depends on the environment",
		aws + "jsonData: {sigV4Auth: false}":                                                                               "a plain Prometheus",
		"url: 'http://prometheus:9090', jsonData: {sigV4Auth: true}":                                                       "it would not work",
		"url: 'http://prometheus:9090', jsonData: {sigV4Auth: true, sigV4Region: eu-west-1}":                               "",
		aws + "jsonData: {sigV4Auth: true, sigV4AuthType: keys}, secureJsonData: {sigV4AccessKey: $A, sigV4SecretKey: $B}": "",
	} {
		r := source(rest)
		require.Equal(t, want == "", r.Changed(), rest)
		require.Contains(t, reasons(r), want)
	}
}

// Anchors that stand for each other without end take neither time nor memory.
func TestAnchorsWithoutEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 {type: prometheus, name: n, url: u}\n")
	for i := 1; i < 60; i++ {
		p, c := fmt.Sprintf("a%d", i-1), fmt.Sprintf("a%d", i)
		b.WriteString(c + ": &" + c + " {<<: [*" + p + ", *" + p + "], jsonData: [*" + p + ", *" + p + ", *" + p + "]}\n")
	}
	require.NotPanics(t, func() { rewrite(t, "x.yaml", b.String()) })
	require.NotPanics(t, func() { rewrite(t, "x.yaml", "a: &a {name: n, type: prometheus, jsonData: *a, url: u, <<: *a}\n") })
}

func FuzzYAML(f *testing.F) {
	seeds(f, ".yaml", ".yml")
	for _, text := range []string{
		"datasources:\n- &b\n  name: A\n  type: 'grafana-amazonprometheus-datasource'\n  url: $U\n- <<: *b\n  name: B\n",
		"- &t grafana-amazonprometheus-datasource\n- {name: n, url: u, type: *t}\n",
		"x.yaml: |2\n    datasource: {type: !!str prometheus, uid: amp-shop}\n",
		"? [a]\n: datasource: {type: &q \"prometheus\", uid: amp-shop, o: *q}\r\n--- !t\n...\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, "x.yaml", text, decodeYAML) })
}

func FuzzJSON(f *testing.F) {
	seeds(f, ".json")
	for _, text := range []string{
		`{"datasource":{"type":"prometheus","uid":"amp-shop"},"n":1.0e-0}`,
		`[{"group":"prometheus","kind":"DataQuery","datasource":{"name":"amp-shop"}}]`,
		`{"__inputs":[{"name":"DS_PROMETHEUS","type":"datasource","pluginId":"prometheus"}],"__requires":[{"type":"datasource","id":"prometheus"}],"type":"a","type":"b"}`,
		`{"name":"A","type":"grafana-amazonprometheus-datasource","url":"$U","jsonData":{}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { agree(t, "x.json", text, decodeJSON) })
}

func seeds(f *testing.F, extensions ...string) {
	f.Helper()
	require.NoError(f, filepath.WalkDir(filepath.Join("testdata", "in"), func(path string, _ os.DirEntry, err error) error {
		for _, ext := range extensions {
			if filepath.Ext(path) == ext {
				text, err := os.ReadFile(path)
				require.NoError(f, err)
				f.Add(text)
			}
		}
		return err
	}))
}

func decodeYAML(text []byte) (any, error) {
	var out []any
	dec := yaml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\uFEFF")))
	for {
		var v any
		if err := dec.Decode(&v); err != nil {
			if err.Error() == "EOF" {
				return out, nil
			}
			return nil, err
		}
		out = append(out, v)
	}
}

func decodeJSON(text []byte) (any, error) {
	var v any
	dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\uFEFF")))
	dec.UseNumber()
	return v, dec.Decode(&v)
}

// agree holds a rewritten text against another reader: with the three words made
// one, it says what it said. A second run changes nothing.
func agree(t *testing.T, name string, text []byte, decode func([]byte) (any, error)) {
	t.Helper()
	run := func(text []byte) (migrate.Result, bool) {
		d, err := migrate.Parse(name, text)
		if err != nil {
			return migrate.Result{}, false
		}
		k, err := migrate.NewKnown([]string{"amp-shop", "${DS_PROMETHEUS}"})
		require.NoError(t, err)
		migrate.Learn(k, []*migrate.Document{d})
		return d.Rewrite(k), true
	}
	r, ok := run(text)
	if !ok || !r.Changed() {
		return
	}
	before, err := decode(r.Before)
	if err != nil {
		return // our parser looks at structure only
	}
	after, err := decode(r.After)
	require.NoError(t, err)
	left, err := json.Marshal(oneWord(before))
	if err != nil {
		return // NaN, or keys that are no strings
	}
	right, err := json.Marshal(oneWord(after))
	require.NoError(t, err)
	if !strings.Contains(string(left), "__requires") && !strings.Contains(string(left), "pluginName") {
		require.JSONEq(t, string(left), string(right))
	}
	again, ok := run(r.After)
	require.True(t, ok)
	require.False(t, again.Changed(), "%s", again.Diff())
}

// oneWord makes the three types one, also in texts that hold documents.
func oneWord(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = oneWord(v[k])
		}
	case []any:
		for i := range v {
			v[i] = oneWord(v[i])
		}
	case string:
		return strings.NewReplacer(migrate.TypeAmpkit, "X", migrate.TypeAmazon, "X", migrate.TypePrometheus, "X").Replace(v)
	}
	return v
}
