package sts_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// run calls a client that nobody here wrote, with nothing but this environment.
func run(t *testing.T, env []string, name string, args ...string) map[string]string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_DEFAULT_REGION=" + region}
	cmd.Env = append(cmd.Env, env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Run(), "%s", errs.String())
	answer := map[string]string{}
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer))
	return answer
}

func TestAWSCommandLine(t *testing.T) {
	w := newWorld(t, "")
	server := httptest.NewServer(w.service)
	defer server.Close()
	who := []string{"--endpoint-url", server.URL, "--output", "json", "sts", "get-caller-identity"}

	me := run(t, []string{"AWS_ACCESS_KEY_ID=" + w.key.ID, "AWS_SECRET_ACCESS_KEY=" + w.key.Secret}, "aws", who...)
	require.Equal(t, w.user.ARN, me["Arn"])

	file := filepath.Join(t.TempDir(), "token")
	_, err := (&oidc.Projector{Issuer: w.issuer, Path: file, Request: oidc.TokenRequest{Namespace: "monitoring", ServiceAccount: "grafana"}}).Refresh()
	require.NoError(t, err)
	me = run(t, []string{
		"AWS_WEB_IDENTITY_TOKEN_FILE=" + file, "AWS_ROLE_ARN=" + readerARN, "AWS_ROLE_SESSION_NAME=pod-1", "AWS_ENDPOINT_URL_STS=" + server.URL,
	}, "aws", who...)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/reader/pod-1", me["Arn"])
}

func TestCurl(t *testing.T) {
	w := newWorld(t, "")
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		w.service.ServeHTTP(rec, r)
		_ = json.NewEncoder(rw).Encode(map[string]string{"body": rec.Body.String()})
	}))
	defer server.Close()
	const form = "Action=GetCallerIdentity&Version=2011-06-15"
	key := w.key.ID + ":" + w.key.Secret
	post := run(t, nil, "curl", "-sS", "--aws-sigv4", "aws:amz:"+region+":sts", "--user", key, "--data", form, server.URL)
	require.Contains(t, post["body"], w.user.ARN)
	get := run(t, nil, "curl", "-sS", "--aws-sigv4", "aws:amz:"+region+":sts", "--user", key, server.URL+"/?"+form)
	require.Contains(t, get["body"], w.user.ARN)
}
