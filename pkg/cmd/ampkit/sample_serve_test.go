package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSampleServe(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, printed := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := runSampleServe(ctx, streams{out: printed, err: io.Discard}, sampleServeOptions{Listen: "127.0.0.1:0", Load: 200})
		ended <- errors.Join(err, printed.Close())
	}()
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	metrics := func() string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSpace(address)+"/metrics", http.NoBody)
		require.NoError(t, err)
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(body)
	}
	const idle = `http_requests_total{job="recommender",path="/popular/category"} 0`
	for deadline := time.Now().Add(20 * time.Second); strings.Contains(metrics(), idle); {
		require.True(t, time.Now().Before(deadline), "no traffic")
		<-time.After(10 * time.Millisecond)
	}
	stop()
	require.NoError(t, <-ended)
}
