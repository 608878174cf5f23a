package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// What docs/emulator.md shows in Go: a test of pkg/docs finds its lines here.
func TestAsTheGuideShows(t *testing.T) {
	ctx, clock := t.Context(), time.Now
	amp, err := emulator.New(emulator.Options{Region: "eu-central-1", Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer amp.Close()

	ws, err := amp.CreateWorkspace(ctx, "test", "")
	require.NoError(t, err)
	key, err := amp.AddUser("", "writer", emulator.Policy([]string{"aps:RemoteWrite"}))
	require.NoError(t, err)
	client := &http.Client{Transport: amp.Transport()}

	cancel := amp.Inject(3, emulator.Fault{Status: 429, Body: `{"message":"Rate exceeded"}`, Header: http.Header{"Retry-After": {"1"}}})
	cancel()
	program := remotewrite.New(remotewrite.Config{
		URL: "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/" + ws.ID + "/api/v1/remote_write",
		HTTPClient: &http.Client{Transport: sigv4.New(client.Transport, sigv4.Config{
			Credentials: aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider(key.ID, key.Secret, "")), Region: "eu-central-1", Service: "aps",
		})},
	})
	now := clock()
	_, err = program.Send(ctx, sampledata.Walkthrough(sampledata.DefaultSeed).Between(now.Add(-time.Minute), now, sampledata.Step))
	require.NoError(t, err)

	if got := amp.Counts().Data("api/v1/remote_write", http.StatusOK); got != 1 {
		t.Errorf("%d writes, want 1", got)
	}
}
