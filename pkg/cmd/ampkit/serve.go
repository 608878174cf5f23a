package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

// checkListen refuses what is no address, and what others can reach unless that is said.
func checkListen(cmd *cobra.Command, address string, allowRemote bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return usagef(cmd, "--listen: %w", err)
	}
	if !allowRemote && !isLoopback(host) {
		return usagef(cmd, "--listen %s can be reached by other machines: add --allow-remote if that is wanted", address)
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// listen takes the address that --listen names.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w; port 0 takes a free one", err)
	}
	return l, nil
}

// serve serves until the context ends. Answers under way then get so much grace.
func serve(ctx context.Context, server *http.Server, l net.Listener, grace time.Duration) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if err := server.Shutdown(last); err != nil {
			return server.Close()
		}
		return nil
	})
	return group.Wait()
}
