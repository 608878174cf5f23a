package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// maxJSONData bounds what is read of a data source's jsonData; Grafana's own
// are a few kilobytes.
const maxJSONData = 1 << 20

// Error is a setting that can't be used as it stands. Its text begins with the
// key, for callers say what is set up by it, and never holds a secret.
type Error struct {
	// Key is the jsonData key at fault, as the user spelt it; "" for the whole.
	Key    string
	Reason string
}

func (e *Error) Error() string {
	if e.Key == "" {
		return e.Reason
	}
	return e.Key + ": " + e.Reason
}

// Parse reads the URL, jsonData and decrypted secureJsonData of a data source.
// Unknown keys are tolerated. Every fault is reported, joined into one error
// of *Error values.
func Parse(rawURL string, jsonData []byte, secure map[string]string) (Settings, error) {
	r, err := newReader(jsonData, secure)
	if err != nil {
		return Settings{}, err
	}
	s := DefaultSettings()
	s.URL = strings.TrimSpace(rawURL)
	s.SigV4Auth = r.boolean("sigV4Auth", s.SigV4Auth)
	readIdentity(r, &s)
	readQueries(r, &s)
	s.Warnings = r.misspelt()
	if s.SigV4Auth {
		validateIdentity(r, &s)
	}
	if err := errors.Join(r.errs...); err != nil {
		return Settings{}, err
	}
	return s, nil
}

func readIdentity(r *reader, s *Settings) {
	s.AuthType = r.authType("sigV4AuthType", "authType")
	s.Region = notDefault(r.text("sigV4Region", "defaultRegion"))
	s.Profile = r.text("sigV4Profile", "profile")
	s.AssumeRoleARN = r.text("sigV4AssumeRoleArn", "assumeRoleArn")
	s.ExternalID = r.text("sigV4ExternalId", "externalId")
	s.UsePerDatasourceExternalID = r.boolean("usePerDatasourceExternalId", false)
	s.GrafanaExternalID = r.text("grafanaExternalId")
	s.Endpoint, s.STSEndpoint = r.endpoints("sigV4Endpoint", "endpoint")
	if service := r.text("sigv4Service"); service != "" {
		s.Service = service
	}
	s.AccessKey = r.secret("sigV4AccessKey", "accessKey").Reveal()
	s.SecretKey = r.secret("sigV4SecretKey", "secretKey")
	s.SessionToken = r.secret("sigV4SessionToken", "sessionToken")
}

func readQueries(r *reader, s *Settings) {
	switch m := strings.ToUpper(r.text("httpMethod")); m {
	case "":
	case http.MethodGet, http.MethodPost:
		s.HTTPMethod = m
	default:
		r.fail("httpMethod", "%q is not GET or POST", m)
	}
	s.TimeInterval = r.duration("timeInterval", s.TimeInterval)
	if s.TimeInterval == 0 {
		s.TimeInterval = DefaultTimeInterval
	}
	s.QueryTimeout = r.duration("queryTimeout", 0)
	s.Timeout = r.duration("timeout", s.Timeout)
	if raw := strings.TrimPrefix(r.text("customQueryParameters"), "?"); raw != "" {
		v, err := url.ParseQuery(raw)
		if err != nil {
			r.fail("customQueryParameters", "write them as a=1&b=2: %v", err)
		}
		s.CustomQueryParameters = v
	}
	s.MaxSamplesProcessedWarning = r.count("maxSamplesProcessedWarningThreshold")
	s.MaxSamplesProcessedError = r.count("maxSamplesProcessedErrorThreshold")
	s.QueryStats = r.boolean("queryStatsEnabled", false)
}

// notDefault drops the word that Grafana's AWS forms write for "not chosen".
func notDefault(v string) string {
	if v == "default" {
		return ""
	}
	return v
}

func decodeObject(jsonData []byte) (map[string]json.RawMessage, error) {
	trimmed := bytes.TrimSpace(jsonData)
	if len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null")) {
		return nil, nil
	}
	if len(trimmed) > maxJSONData {
		return nil, &Error{Reason: fmt.Sprintf("jsonData has %d bytes, more than %d", len(trimmed), maxJSONData)}
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(trimmed, &m); err != nil {
		return nil, &Error{Reason: "jsonData is not a JSON object: " + err.Error()}
	}
	return m, nil
}
