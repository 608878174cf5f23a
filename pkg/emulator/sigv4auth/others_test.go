package sigv4auth_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// Requests signed by botocore, whose canonicalisation is its own: what it sends
// is printed by the server's verdict.
const botocore = `
import sys, urllib.request, urllib.error
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
base = sys.argv[1]
cases = [
    ("GET", base + "/workspaces/ws-1/api/v1/query?query=sum%28rate%28x%5B5m%5D%29%29%20by%20%28a%29&time=1.5", b"", {}),
    ("GET", base + "/workspaces/ws-1/api/v1/series?match%5B%5D=b&match%5B%5D=a&match%5B%5D=%2F%2B", b"", {}),
    ("GET", base + "/tags/arn%3Aaws%3Aaps%3Aeu-west-1%3A123456789012%3Aworkspace%2Fws-1", b"", {}),
    ("GET", base + "/a%20b/%C3%BC?%E1%88%B4=%F0%9F%98%80&empty=&B=1&a=2", b"", {}),
    ("POST", base + "/workspaces/ws-1/api/v1/query", b"query=up&x=a+b", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("POST", base + "/workspaces", b"{}", {"X-Amz-Meta": "a   b  c", "Content-Type": "application/json"}),
]
for method, url, body, headers in cases:
    r = AWSRequest(method=method, url=url, data=body, headers=headers)
    SigV4Auth(Credentials("AKIATEST", "secret"), "aps", "eu-west-1").add_auth(r)
    sent = urllib.request.Request(url, data=body or None, headers=dict(r.headers), method=method)
    try:
        urllib.request.urlopen(sent).read()
    except urllib.error.HTTPError as e:
        print(method, url, e.read().decode())
        sys.exit(1)
`

func machineTime() http.Handler {
	v := &sigv4auth.Verifier{Keys: keys{{"AKIATEST", ""}: "secret"}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := v.Verify(r, scope); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
}

func TestAcceptsBotocore(t *testing.T) {
	if err := exec.CommandContext(t.Context(), "python3", "-c", "import botocore").Run(); err != nil {
		t.Skip("botocore is not installed")
	}
	server := httptest.NewServer(machineTime())
	defer server.Close()
	out, err := exec.CommandContext(t.Context(), "python3", "-c", botocore, server.URL).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestAcceptsCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	server := httptest.NewServer(machineTime())
	defer server.Close()
	for _, args := range [][]string{
		{server.URL + "/workspaces/ws-1/api/v1/query?query=sum%28up%29&time=1"},
		{server.URL + "/workspaces/ws-1/api/v1/labels"},
		{"--data", "query=up&time=1", server.URL + "/workspaces/ws-1/api/v1/query"},
	} {
		args = append([]string{"-sS", "--fail-with-body", "--aws-sigv4", "aws:amz:eu-west-1:aps", "--user", "AKIATEST:secret"}, args...)
		out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}
