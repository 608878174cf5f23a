package dataplane_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
)

const tenant = "user=" + account + "_" + workspaceID

func withLabels(n int) prompb.TimeSeries {
	ts := sampleAt("wide", 0, 1)
	for i := len(ts.Labels); i < n; i++ {
		ts.Labels = append(ts.Labels, prompb.Label{Name: "l" + strconv.Itoa(100+i), Value: "v"})
	}
	return ts
}

func named(pairs ...string) prompb.TimeSeries {
	ts := sampleAt("x", 0, 1)
	ts.Labels = nil
	for i := 0; i < len(pairs); i += 2 {
		ts.Labels = append(ts.Labels, prompb.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	return ts
}

func native(schema int32) prompb.TimeSeries {
	ts := sampleAt("latency", 0, 0)
	ts.Samples = nil
	h := &histogram.Histogram{
		Schema: schema, ZeroThreshold: 1e-9, Count: 6, Sum: 12,
		PositiveSpans: []histogram.Span{{Offset: 0, Length: 2}}, PositiveBuckets: []int64{2, 2},
	}
	ts.Histograms = []prompb.Histogram{prompb.FromIntHistogram(now.UnixMilli(), h)}
	return ts
}

func TestLimitsOfWrites(t *testing.T) {
	old := sampleAt("x", time.Hour+time.Millisecond, 1)
	inconsistent := native(0)
	inconsistent.Histograms[0].Count = &prompb.Histogram_CountInt{CountInt: 7}
	tests := []struct {
		name   string
		series []prompb.TimeSeries
		want   string // empty for a write that is taken
	}{
		{"an hour old", []prompb.TimeSeries{sampleAt("x", time.Hour, 1)}, ""},
		{"older than an hour", []prompb.TimeSeries{old}, "timestamp too old: 1772362799999 metric: \"x\"\n"},
		{"a minute out of order", []prompb.TimeSeries{sampleAt("x", 0, 1), sampleAt("x", time.Minute, 2)}, ""},
		{
			"more out of order",
			[]prompb.TimeSeries{sampleAt("x", 0, 1), sampleAt("x", time.Minute+time.Millisecond, 2)},
			tenant + ": err: too old sample. timestamp=2026-03-01T11:58:59.999Z, series={__name__=\"x\", job=\"JOB\"}\n",
		},
		{"the same again", []prompb.TimeSeries{sampleAt("x", 0, 1), sampleAt("x", 0, 1)}, ""},
		{
			"another value for the same time",
			[]prompb.TimeSeries{sampleAt("x", 0, 1), sampleAt("x", 0, 2)},
			tenant + ": err: duplicate sample for timestamp. series={__name__=\"x\", job=\"JOB\"}\n",
		},
		{"70 labels", []prompb.TimeSeries{withLabels(70)}, ""},
		{"71 labels", []prompb.TimeSeries{withLabels(71)}, "series has too many labels (actual: 71, limit: 70) series: 'wide{"},
		{"no name", []prompb.TimeSeries{named("job", "api")}, "sample missing metric name\n"},
		{"invalid name", []prompb.TimeSeries{named("__name__", "a-b", "job", "")}, "sample invalid metric name: \"a-b\"\n"},
		{"invalid label", []prompb.TimeSeries{named("__name__", "x", "a-b", "c", "job", "")}, "sample invalid label: \"a-b\" metric \"x{a-b=\\\"c\\\", job=\\\"JOB\\\"}\"\n"},
		{"label twice", []prompb.TimeSeries{named("__name__", "x", "a", "1", "a", "2", "job", "")}, "duplicate label name: \"a\" metric \"x{"},
		{"unsorted labels", []prompb.TimeSeries{named("job", "api", "__name__", "x")}, ""},
		{"schema 8", []prompb.TimeSeries{native(8)}, ""},
		{"schema -4", []prompb.TimeSeries{native(-4)}, ""},
		{"schema 9", []prompb.TimeSeries{native(9)}, "invalid native histogram schema 9 for metric: \"latency{job=\\\"JOB\\\"}\". supported schema from -4 to 8\n"},
		{"schema -5", []prompb.TimeSeries{native(-5)}, "invalid native histogram schema -5"},
		{"custom buckets", []prompb.TimeSeries{native(histogram.CustomBucketsSchema)}, "invalid native histogram schema -53"},
		{"a count that does not add up", []prompb.TimeSeries{inconsistent}, tenant + ": invalid native histogram, validation err: "},
		// Last, since the order of samples counts from the newest one.
		{"ten minutes ahead", []prompb.TimeSeries{sampleAt("x", -10*time.Minute, 1)}, ""},
		{"further ahead", []prompb.TimeSeries{sampleAt("x", -11*time.Minute, 1)}, "timestamp too new: 1772367060000 metric: \"x\"\n"},
	}
	w := open(t, t.TempDir(), dataplane.Limits{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.series { // each case has series of its own
				for j, l := range tt.series[i].Labels {
					if l.Name == "job" {
						tt.series[i].Labels[j].Value = tt.name
					}
				}
			}
			a := w.push(tt.series...)
			if tt.want == "" {
				require.Equal(t, http.StatusOK, a.status, a.body)
				require.Empty(t, a.body)
				return
			}
			require.Equal(t, http.StatusBadRequest, a.status)
			require.Contains(t, a.body, strings.ReplaceAll(tt.want, "JOB", tt.name))
			require.Equal(t, "text/plain; charset=utf-8", a.header.Get("Content-Type"))
			// The refused sample is the last one, or the only one.
			n, _ := w.value(`sum(count_over_time({job="` + tt.name + `"}[90m] @ ` + strconv.FormatInt(now.Add(time.Hour).Unix(), 10) + `))`)
			want := ""
			if len(tt.series) > 1 {
				want = "1"
			}
			require.Equal(t, want, n, "stored samples")
		})
	}
}

// Cortex stores what is good in a write that it refuses in part.
func TestGoodSamplesOfARefusedWriteAreStored(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{})
	a := w.push(sampleAt("good", 0, 1), named("job", "api"), sampleAt("bad", 2*time.Hour, 1), sampleAt("fine", 0, 2))
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Equal(t, "sample missing metric name\n", a.body, "the first refusal is told")
	got, _ := w.value(`sum({__name__=~".+"})`)
	require.Equal(t, "3", got)
}

func TestOutOfOrderWithoutAWindow(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{OutOfOrder: -1})
	require.Equal(t, http.StatusOK, w.push(sampleAt("x", 0, 1)).status)
	a := w.push(sampleAt("x", time.Second, 2))
	require.Equal(t, tenant+": err: out of order sample. timestamp=2026-03-01T11:59:59Z, series={__name__=\"x\", job=\"api\"}\n", a.body)
}

func TestSeriesQuota(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{Series: 1})
	require.Equal(t, http.StatusOK, w.push(sampleAt("first", 0, 1)).status)
	a := w.push(sampleAt("second", 0, 1))
	require.Equal(t, http.StatusTooManyRequests, a.status, "as AMP's user guide shows it")
	require.Contains(t, a.body, "per-user series limit of 1 exceeded, please contact administrator to raise it")
	require.Equal(t, http.StatusOK, w.push(sampleAt("first", -time.Second, 1)).status)
}

func TestWritesThatCannotBeRead(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{WriteDecodedBytes: 1 << 20})
	good, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{sampleAt("x", 0, 1)}}).Marshal()
	require.NoError(t, err)
	tests := []struct {
		name   string
		body   []byte
		header http.Header
		status int
		want   string
	}{
		{"over the compressed limit", bytes.Repeat([]byte("x"), 1<<20+1), nil, 413, "Request Entity Too Large"},
		{"over the decompressed limit", snappy.Encode(nil, make([]byte, 1<<20+1)), nil, 400, "received message larger than max (1048577 vs 1048576)"},
		{"claims four gigabytes", []byte{0xff, 0xff, 0xff, 0xff, 0x0f}, nil, 400, "received message larger than max"},
		{"not snappy", []byte("hello"), nil, 400, "corrupt"},
		{"not protobuf", snappy.Encode(nil, []byte("hello")), nil, 400, "proto"},
		{"remote write 2.0", snappy.Encode(nil, good), http.Header{"Content-Type": {"application/x-protobuf;proto=io.prometheus.write.v2.Request"}}, 415, "only accepts"},
		{"JSON", []byte("{}"), http.Header{"Content-Type": {"application/json"}}, 415, "application/x-protobuf"},
		{"gzip", good, http.Header{"Content-Encoding": {"gzip"}}, 415, "only snappy"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.pushBytes(tt.body, tt.header)
			require.Equal(t, tt.status, a.status, a.body)
			require.Contains(t, a.body, tt.want)
			require.Zero(t, w.Series())
		})
	}
}

// twoHours holds five series of 121 samples, one each half minute.
func twoHours(t *testing.T, limits dataplane.Limits) workspace {
	t.Helper()
	w := open(t, t.TempDir(), limits)
	for i := range 5 {
		values := make([]float64, 121)
		require.Equal(t, http.StatusOK, w.push(series("m"+strconv.Itoa(i), 30*time.Second, values...)).status)
	}
	return w
}

func TestLimitsOfQueries(t *testing.T) {
	w := twoHours(t, dataplane.Limits{QuerySamples: 1000})
	at := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	const all = `sum(last_over_time({__name__=~"m."}[1h]))` // 5 series of 120 samples
	tests := []struct {
		name, path string
		params     url.Values
		status     int
		want       string
	}{
		{
			"points as many as allowed", "query_range",
			url.Values{"query": {"m0"}, "start": {at(-11000 * time.Second)}, "end": {at(0)}, "step": {"1"}},
			422, "query processing would load too many samples into memory",
		},
		{
			"too many points", "query_range",
			url.Values{"query": {"vector(1)"}, "start": {at(-11001 * time.Second)}, "end": {at(0)}, "step": {"1"}},
			400, `"errorType":"bad_data","error":"exceeded maximum resolution of 11,000 points per timeseries.`,
		},
		{"32 days", "query_range", url.Values{"query": {"m0"}, "start": {at(-32 * 24 * time.Hour)}, "end": {at(0)}, "step": {"3600"}}, 200, "success"},
		{
			"over 32 days", "query_range",
			url.Values{"query": {"m0"}, "start": {at(-32*24*time.Hour - time.Minute)}, "end": {at(0)}, "step": {"3600"}},
			422, `"errorType":"execution","error":"expanding series: the query time range exceeds the limit (query length: 768h0m59.999s, limit: 768h0m0s)"`,
		},
		{"over 32 days in a selector", "query", url.Values{"query": {"count_over_time(m0[33d])"}}, 422, "the query time range exceeds the limit"},
		{"within the samples", "query", url.Values{"query": {all}}, 200, "success"},
		{
			"too many samples", "query_range",
			url.Values{"query": {all}, "start": {at(-60 * time.Second)}, "end": {at(0)}, "step": {"60"}},
			422, `"errorType":"execution","error":"the query processed too many samples (processed: 1`,
		},
		{
			"error threshold", "query",
			url.Values{"query": {all}, "max_samples_processed_error_threshold": {"599"}},
			422, `"error":"the query hit the max_samples_processed_error_threshold (processed: 600 samples, threshold: 599 samples)"`,
		},
		{
			"warning threshold", "query",
			url.Values{"query": {all}, "max_samples_processed_warning_threshold": {"599"}},
			200, `"warnings":["the query hit the max_samples_processed_warning_threshold (processed: 600 samples, threshold: 599 samples)"]`,
		},
		{"thresholds not reached", "query", url.Values{"query": {all}, "max_samples_processed_warning_threshold": {"600"}, "max_samples_processed_error_threshold": {"600"}}, 200, "success"},
		{"a threshold that is none", "query", url.Values{"query": {all}, "max_samples_processed_error_threshold": {"many"}}, 400, "bad_data"},
		{"statistics", "query", url.Values{"query": {all}, "stats": {"all"}}, 200, `"totalQueryableSamplesPerStep":[[1772366400,600]]`},
		{"parse error", "query", url.Values{"query": {"sum("}}, 400, `"errorType":"bad_data"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := w.get("api/v1/"+tt.path, tt.params)
			require.Equal(t, tt.status, a.status, a.body)
			require.Contains(t, a.body, tt.want)
			require.Equal(t, "application/json", a.header.Get("Content-Type"))
		})
	}
}

func TestQueryTime(t *testing.T) {
	w := twoHours(t, dataplane.Limits{QueryTime: time.Nanosecond})
	a := w.get("api/v1/query", url.Values{"query": {`sum({__name__=~"m."})`}})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Contains(t, a.body, `"errorType":"execution","error":"query timed out in`)
}

func TestFewerPoints(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{QueryPoints: 10})
	a := w.get("api/v1/query_range", url.Values{"query": {"vector(1)"}, "start": {"0"}, "end": {"11"}, "step": {"1"}})
	require.Equal(t, http.StatusBadRequest, a.status)
	require.Contains(t, a.body, "exceeded maximum resolution of 10 points per timeseries")
}

func TestAlignedRanges(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{AlignRange: true})
	a := w.get("api/v1/query_range", url.Values{"query": {"vector(1)"}, "start": {"61"}, "end": {"130"}, "step": {"60"}})
	require.Contains(t, a.body, `"values":[[60,"1"],[120,"1"]]`)
}

func TestLimitsThatAMPCouldNotBeSetTo(t *testing.T) {
	for name, l := range map[string]dataplane.Limits{
		"out of order": {OutOfOrder: 11 * time.Minute},
		"range":        {QueryRange: 96 * 24 * time.Hour},
		"points":       {QueryPoints: 11_001},
	} {
		_, err := l.WithDefaults()
		require.Error(t, err, name)
	}
}

func TestNativeHistogramsComeBack(t *testing.T) {
	w := open(t, t.TempDir(), dataplane.Limits{})
	require.Equal(t, http.StatusOK, w.push(native(3)).status)
	a := w.get("api/v1/query", url.Values{"query": {"latency"}})
	require.JSONEq(t, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"latency","job":"api"},
		"histogram":[1772366400,{"count":"6","sum":"12","buckets":[[0,"0.9170040432046711","1","2"],[0,"1","1.0905077326652577","4"]]}]}]}}`, a.body)

	float := native(0)
	h := &histogram.FloatHistogram{
		Schema: 0, Count: 1.5, Sum: 3, PositiveSpans: []histogram.Span{{Offset: 1, Length: 1}}, PositiveBuckets: []float64{1.5},
	}
	float.Labels = prompb.FromLabels(labels.FromStrings("__name__", "float"), nil)
	float.Histograms = []prompb.Histogram{prompb.FromFloatHistogram(now.UnixMilli(), h)}
	require.Equal(t, http.StatusOK, w.push(float).status)
	got, _ := w.value("histogram_count(float)")
	require.Equal(t, "1.5", got)
}
