package settings_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"gotest.tools/v3/golden"

	"github.com/ampkit/ampkit/pkg/settings"
)

// shape is a data source as people have it, and what it means.
type shape struct {
	URL      string             `json:"url"`
	JSONData json.RawMessage    `json:"jsonData"`
	Secure   map[string]string  `json:"secureJsonData,omitempty"`
	Want     *settings.Settings `json:"want,omitempty"`
	Error    []string           `json:"error,omitempty"`
}

func TestShapes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.Greater(t, len(files), 15)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			in := readShape(t, file)
			want := in
			want.Want, want.Error = nil, nil
			got, err := settings.Parse(in.URL, in.JSONData, in.Secure)
			if err != nil {
				want.Error = strings.Split(err.Error(), "\n")
			} else {
				want.Want = &got
			}
			b, err := json.MarshalIndent(want, "", "  ")
			require.NoError(t, err)
			golden.Assert(t, string(b)+"\n", filepath.Base(file))
			read, err := json.Marshal(got)
			require.NoError(t, err)
			require.NotContains(t, string(read), "SecretAccessKeyValue")
		})
	}
}

func readShape(tb testing.TB, file string) shape {
	tb.Helper()
	b, err := os.ReadFile(file)
	require.NoError(tb, err)
	var in shape
	// Want is written only: a Secret does not come back from [redacted].
	require.NoError(tb, json.Unmarshal(b, &in))
	return in
}

func TestEveryKey(t *testing.T) {
	got, err := settings.Parse(" https://example.com ", []byte(`{
		"sigV4Auth":"true","sigV4AuthType":"keys","sigV4Region":"eu-west-1","sigV4Profile":"p","sigV4AssumeRoleArn":"arn:aws:iam::111122223333:role/a/b",
		"sigV4ExternalId":12345,"sigV4Endpoint":"vpce-1.aps-workspaces.eu-west-1.vpce.amazonaws.com","sigv4Service":"monitoring","httpMethod":"get",
		"timeInterval":"60s","queryTimeout":"1m30s","timeout":"45","customQueryParameters":"?a=1&b=2&a=3",
		"maxSamplesProcessedWarningThreshold":"1000","maxSamplesProcessedErrorThreshold":5e7,"queryStatsEnabled":"true","cacheLevel":"High"}`),
		map[string]string{"sigV4AccessKey": "AKIA", "secretKey": "s", "sigV4SessionToken": "t", "httpHeaderValue1": "x"})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(settings.Settings{
		URL: "https://example.com", SigV4Auth: true, AuthType: settings.AuthKeys, Region: "eu-west-1", Profile: "p",
		AssumeRoleARN: "arn:aws:iam::111122223333:role/a/b", ExternalID: "12345", Endpoint: "vpce-1.aps-workspaces.eu-west-1.vpce.amazonaws.com",
		Service: "monitoring", AccessKey: "AKIA", SecretKey: "s", SessionToken: "t", HTTPMethod: "GET", TimeInterval: time.Minute,
		QueryTimeout: 90 * time.Second, Timeout: 45 * time.Second, CustomQueryParameters: url.Values{"a": {"1", "3"}, "b": {"2"}},
		MaxSamplesProcessedWarning: 1000, MaxSamplesProcessedError: 50_000_000, QueryStats: true,
	}, got))
}

// Requests are signed unless sigV4Auth is plainly false.
func TestUnsignedOnlyWhenPlainlyFalse(t *testing.T) {
	for value, signed := range map[string]bool{"true": true, `"true"`: true, "null": true, `""`: true, "false": false, `"false"`: false, `"FALSE"`: false} {
		s, err := settings.Parse("", []byte(`{"sigV4Auth":`+value+`}`), nil)
		require.NoError(t, err, value)
		require.Equal(t, signed, s.SigV4Auth, value)
	}
	for _, value := range []string{"0", `"no"`, `"off"`, `{}`, `[]`, `"0"`} {
		_, err := settings.Parse("", []byte(`{"sigV4Auth":`+value+`}`), nil)
		require.Error(t, err, value)
	}
	s, err := settings.Parse("", nil, nil)
	require.NoError(t, err)
	require.True(t, s.SigV4Auth)
}

func TestEndpointOrSTS(t *testing.T) {
	for value, want := range map[string][2]string{
		"sts.eu-west-1.amazonaws.com":                        {"", "https://sts.eu-west-1.amazonaws.com"},
		"https://sts.eu-west-1.amazonaws.com/":               {"", "https://sts.eu-west-1.amazonaws.com"},
		"STS-FIPS.us-gov-west-1.amazonaws.com":               {"", "https://sts-fips.us-gov-west-1.amazonaws.com"},
		"sts.cn-north-1.amazonaws.com.cn":                    {"", "https://sts.cn-north-1.amazonaws.com.cn"},
		"vpce-1.aps-workspaces.eu-west-1.vpce.amazonaws.com": {"vpce-1.aps-workspaces.eu-west-1.vpce.amazonaws.com", ""},
		"https://stsx.example.com":                           {"https://stsx.example.com", ""},
		"default":                                            {"", ""},
	} {
		for _, key := range []string{"sigV4Endpoint", "endpoint"} {
			b, err := json.Marshal(map[string]string{key: value})
			require.NoError(t, err)
			s, err := settings.Parse("", b, nil)
			require.NoError(t, err)
			require.Equal(t, want, [2]string{s.Endpoint, s.STSEndpoint}, value)
		}
	}
	// Whoever edits a data source must not send the server's token elsewhere.
	for _, value := range []string{"sts.evil.example", "http://sts.eu-west-1.amazonaws.com", "sts.x@evil.example", "sts.amazonaws.com.evil.example", "https://sts.eu-west-1.amazonaws.com@evil.example/"} {
		_, err := settings.Parse("", []byte(`{"sigV4Endpoint":"`+value+`"}`), nil)
		require.ErrorContains(t, err, "begins as an STS endpoint but is not an https host of AWS", value)
	}
}

func TestDurations(t *testing.T) {
	for value, want := range map[string]time.Duration{
		`"15s"`: 15 * time.Second, `15`: 15 * time.Second, `"15"`: 15 * time.Second, `"1m30s"`: 90 * time.Second, `"500ms"`: 500 * time.Millisecond,
		`"1d"`: 24 * time.Hour, `"1w"`: 168 * time.Hour, `">10s"`: 10 * time.Second, `"0.5h"`: 30 * time.Minute, `""`: 15 * time.Second, `null`: 15 * time.Second, `0`: 15 * time.Second,
	} {
		s, err := settings.Parse("", []byte(`{"timeInterval":`+value+`}`), nil)
		require.NoError(t, err, value)
		require.Equal(t, want, s.TimeInterval, value)
	}
	for _, value := range []string{`"x"`, `"-1s"`, `-1`, `"1x"`, `"$__interval"`, `"NaN"`, `"Inf"`, `1e300`, `"999999999y"`, `"s"`} {
		_, err := settings.Parse("", []byte(`{"timeInterval":`+value+`}`), nil)
		require.ErrorContains(t, err, "is not a duration", value)
	}
}

func TestConflictsNameBothValues(t *testing.T) {
	_, err := settings.Parse("", []byte(`{"sigV4Region":"eu-west-1","defaultRegion":"us-east-1","sigV4AuthType":"keys","authType":"default"}`),
		map[string]string{"sigV4SecretKey": "one-secret", "secretKey": "other-secret", "sigV4AccessKey": "a"})
	require.EqualError(t, err, `sigV4AuthType: is "keys", but authType, another name for it, is "default": remove one of them`+"\n"+
		`sigV4Region: is "eu-west-1", but defaultRegion, another name for it, is "us-east-1": remove one of them`+"\n"+
		`sigV4SecretKey: and secretKey, another name for it, hold different secrets: remove one of them`)
	var e *settings.Error
	require.True(t, errors.As(err, &e))
	_, err = settings.Parse("", []byte(`{"sigV4Region":"eu-west-1","defaultRegion":"eu-west-1","authType":"default"}`), nil)
	require.NoError(t, err, "the same twice is no conflict")
}

func TestSecretNeverPrints(t *testing.T) {
	s := settings.Settings{SecretKey: "hush", SessionToken: "hush"}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("x", "settings", s, "key", s.SecretKey)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "settings", s, "key", s.SecretKey)
	j, err := json.Marshal(map[string]any{"settings": s, "key": s.SecretKey})
	require.NoError(t, err)
	for _, text := range []string{
		log.String(), string(j), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s.SecretKey), fmt.Sprintf("%q %x %X %d %10s", s.SecretKey, s.SecretKey, s.SecretKey, s.SecretKey, s.SecretKey),
		fmt.Errorf("wrapped %v", s.SecretKey).Error(),
	} {
		require.NotContains(t, text, "hush")
		require.NotContains(t, strings.ToLower(text), "68757368", "nor in hex")
	}
	require.Equal(t, "[redacted]", s.SecretKey.String())
	require.Equal(t, "hush", s.SecretKey.Reveal())
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, file := range files {
		f.Add([]byte(readShape(f, file).JSONData))
	}
	f.Fuzz(func(t *testing.T, jsonData []byte) {
		s, err := settings.Parse("https://example.com", jsonData, map[string]string{"sigV4SecretKey": "do-not-tell"})
		if err != nil {
			if strings.Contains(err.Error(), "do-not-tell") {
				t.Fatal("a secret in an error")
			}
			return
		}
		switch {
		case s.TimeInterval <= 0, s.Timeout < 0, s.QueryTimeout < 0, s.MaxSamplesProcessedError < 0, s.MaxSamplesProcessedWarning < 0:
			t.Fatalf("%+v", s)
		case s.HTTPMethod != "GET" && s.HTTPMethod != "POST", s.Service == "", s.Endpoint != "" && s.STSEndpoint != "":
			t.Fatalf("%+v", s)
		}
		if !s.SigV4Auth && !strings.Contains(strings.ToLower(string(jsonData)), "sigv4auth") {
			t.Fatal("unsigned without being told so")
		}
	})
}
