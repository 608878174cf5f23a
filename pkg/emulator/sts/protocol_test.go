package sts_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// raw sends a form as it is, in the body of a POST or the query of a GET.
func (w *world) raw(method string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://sts.eu-west-1.amazonaws.com/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if method == http.MethodGet {
		r = httptest.NewRequest(method, "https://sts.eu-west-1.amazonaws.com/?"+form.Encode(), http.NoBody)
	}
	rec := httptest.NewRecorder()
	w.service.ServeHTTP(rec, r)
	return rec
}

func TestProtocolErrors(t *testing.T) {
	w := newWorld(t, "")
	web := func(edit func(url.Values)) url.Values {
		form := url.Values{
			"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
			"RoleArn": {readerARN}, "RoleSessionName": {"pod-1"}, "WebIdentityToken": {w.token(oidc.TokenRequest{})},
		}
		edit(form)
		return form
	}
	set := func(name, value string) url.Values { return web(func(f url.Values) { f.Set(name, value) }) }
	for name, c := range map[string]struct {
		form    url.Values
		status  int
		code    string
		message string
	}{
		"unknown action": {set("Action", "AssumeRoot"), 400, "InvalidAction", "Could not find operation AssumeRoot for version 2011-06-15"},
		"other version":  {set("Version", "2010-05-08"), 400, "InvalidAction", "for version 2010-05-08"},
		"no version":     {web(func(f url.Values) { f.Del("Version") }), 400, "InvalidAction", "for version NO_VERSION_SPECIFIED"},
		"no action":      {web(func(f url.Values) { f.Del("Action") }), 400, "MissingAction", "must contain the parameter Action"},
		"no role":        {web(func(f url.Values) { f.Del("RoleArn") }), 400, "ValidationError", "1 validation error detected: Value null at &#39;roleArn&#39; failed to satisfy constraint: Member must not be null"},
		"short role":     {set("RoleArn", "reader"), 400, "ValidationError", "Value &#39;reader&#39; at &#39;roleArn&#39; failed to satisfy constraint: Member must have length greater than or equal to 20"},
		"not a role":     {set("RoleArn", "arn:aws:iam::123456789012:user/ann"), 400, "ValidationError", "Request ARN is invalid"},
		"session name":   {set("RoleSessionName", "a b"), 400, "ValidationError", `Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		"two faults":     {web(func(f url.Values) { f.Set("RoleSessionName", "a"); f.Set("DurationSeconds", "1") }), 400, "ValidationError", "2 validation errors detected: "},
		"duration":       {set("DurationSeconds", "43201"), 400, "ValidationError", "Member must have value less than or equal to 43200"},
		"duration text":  {set("DurationSeconds", "1h"), 400, "ValidationError", "durationSeconds"},
		"role's maximum": {set("DurationSeconds", "7200"), 400, "ValidationError", "exceeds the MaxSessionDuration"},
		"long token":     {set("WebIdentityToken", strings.Repeat("x", 20001)), 400, "ValidationError", "length less than or equal to 20000"},
		"not offered":    {set("SourceIdentity", "ann"), 400, "ValidationError", "does not offer the parameter SourceIdentity"},
		"provider id":    {set("ProviderId", "www.amazon.com"), 400, "ValidationError", "ProviderId"},
		"unknown role":   {set("RoleArn", "arn:aws:iam::123456789012:role/nobody"), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"other account":  {set("RoleArn", "arn:aws:iam::999999999999:role/reader"), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account"},
		"unsigned":       {set("Action", "GetCallerIdentity"), 403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
		"unsigned too":   {set("Action", "AssumeRole"), 403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
		"too long":       {set("Policy", strings.Repeat("x", 1<<18)), 413, "RequestEntityTooLarge", "Request Entity Too Large"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := w.raw(http.MethodPost, c.form)
			require.Equal(t, c.status, rec.Code)
			require.Equal(t, "text/xml", rec.Header().Get("Content-Type"))
			require.Equal(t, "amazon", rec.Header().Get("Server"))
			body := rec.Body.String()
			require.Contains(t, body, "<Code>"+c.code+"</Code>")
			require.Contains(t, body, c.message)
			require.Contains(t, body, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`)
			require.Contains(t, body, "<RequestId>"+rec.Header().Get("X-Amzn-Requestid")+"</RequestId>")
			require.NotContains(t, body, c.form.Get("WebIdentityToken"), "a token is not for answers")
		})
	}
	ok := web(func(url.Values) {})
	require.Equal(t, http.StatusOK, w.raw(http.MethodPost, ok).Code)
	get := w.raw(http.MethodGet, ok)
	require.Equal(t, http.StatusOK, get.Code)
	require.Contains(t, get.Body.String(), `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`)
	require.Contains(t, get.Body.String(), "<ResponseMetadata>")
	require.Equal(t, http.StatusBadRequest, w.raw(http.MethodDelete, ok).Code)
}

// FuzzServe: no form makes the service fail, whatever it holds.
func FuzzServe(f *testing.F) {
	f.Add("POST", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="+readerARN+"&RoleSessionName=pod-1&WebIdentityToken=a.b.c")
	f.Add("GET", "Action=GetCallerIdentity&Version=2011-06-15")
	f.Add("POST", "Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=a&PolicyArns.member.1.arn=x&DurationSeconds=-1&%zz")
	var w *world
	f.Fuzz(func(t *testing.T, method, form string) {
		if w == nil {
			w = newWorld(t, "")
		}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
		if method == http.MethodGet {
			r.Method, r.URL.RawQuery = method, form
		}
		rec := httptest.NewRecorder()
		w.service.ServeHTTP(rec, r)
		require.Contains(t, []int{400, 403}, rec.Code, rec.Body.String())
		require.Contains(t, rec.Body.String(), "</ErrorResponse>")
	})
}
