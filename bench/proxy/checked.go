package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator"
)

// checked sends queries and writes on 256 connections through a proxy of their own to an emulator, which refuses whatever
// is not signed as AWS wants it.
func checked(ctx context.Context, o options, s *stub) error {
	cloud, err := emulator.New(emulator.Options{Region: "us-east-1"})
	if err != nil {
		return err
	}
	defer func() { _ = cloud.Close() }()
	server := httptest.NewServer(cloud)
	defer server.Close()
	ws, err := cloud.CreateWorkspace(ctx, "bench", "")
	if err != nil {
		return err
	}
	key, err := cloud.AddUser("", "bench", emulator.Policy([]string{"aps:QueryMetrics", "aps:RemoteWrite"}))
	if err != nil {
		return err
	}
	t := &target{name: "ampkit proxy", cmd: process(ctx, s, proxyArgs(o, server.URL+"/workspaces/"+ws.ID))}
	t.cmd.Env = append(t.cmd.Env, "AWS_ACCESS_KEY_ID="+key.ID, "AWS_SECRET_ACCESS_KEY="+key.Secret)
	if err := t.begin(); err != nil {
		return err
	}
	defer t.stop()
	t.workspace = ws.ID
	fmt.Println("\nSignatures, checked by the emulator, 256 connections")
	for _, k := range []kind{
		{name: "queries", path: "api/v1/query", body: []byte("query=vector(1)"), answer: anySize},
		// A snappy block of nothing: a write without series, which still is signed for.
		{name: "writes", path: "api/v1/remote_write", body: []byte{0}, answer: anySize, write: true},
	} {
		f, err := t.load(ctx, k, 256, o.budget)
		if err != nil {
			return fmt.Errorf("signatures, %s: %w", k.name, err)
		}
		if refused := cloud.Counts().Data(k.path, http.StatusForbidden); refused > 0 {
			return fmt.Errorf("signatures: %d %s were refused", refused, k.name)
		}
		fmt.Printf("  %d %s answered 200, %d refused\n", f.requests, k.name, 0)
	}
	return nil
}

// signing is the mean of what the proxy's histogram of signatures holds.
func (t *target) signing(ctx context.Context) (time.Duration, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	var sum, count float64
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		switch name {
		case "ampkit_proxy_signing_seconds_sum":
			sum, err = strconv.ParseFloat(value, 64)
		case "ampkit_proxy_signing_seconds_count":
			count, err = strconv.ParseFloat(value, 64)
		}
		if err != nil {
			return 0, err
		}
	}
	if count == 0 {
		return 0, fmt.Errorf("%s has signed nothing", t.name)
	}
	return time.Duration(sum / count * float64(time.Second)), nil
}
