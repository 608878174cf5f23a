// Command server is what stands behind the pages of e2e/page: the part of
// Grafana's HTTP API that the front end calls, answered by the real plugin
// process, which asks an emulated AWS. Nothing of ours is mocked.
//
// It prints its address on standard output and runs until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

type options struct {
	Listen string
	// Root is the repository, from which dist, node_modules and e2e/page are served.
	Root string
	// Plugin is the plugin's executable.
	Plugin string
	// Log takes what the plugin writes.
	Log io.Writer
}

func main() {
	o := options{Log: io.Discard}
	flag.StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback address to serve on; port 0 takes a free one")
	flag.StringVar(&o.Root, "root", ".", "the repository")
	flag.StringVar(&o.Plugin, "plugin", "", "the plugin's executable (default: the one of this machine in dist/)")
	verbose := flag.Bool("verbose", false, "show what the plugin logs")
	flag.Parse()
	if o.Plugin == "" {
		o.Plugin = builtPlugin(o.Root)
	}
	if *verbose {
		o.Log = os.Stderr
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "e2e/server:", err)
		os.Exit(1)
	}
}

func builtPlugin(root string) string {
	name := "gpx_ampkit_" + runtime.GOOS + "_" + runtime.GOARCH
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(root, "dist", name)
}

// run serves until the context ends, and leaves nothing behind.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	listener, err := listenLoopback(ctx, o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // for an early return; after serving it is closed, and says so by an error
	cloud, err := startCloud(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	grafana, err := startGrafana(ctx, o, cloud)
	if err != nil {
		return err
	}
	defer grafana.Close()

	server := &http.Server{Handler: grafana.routes(), ReadHeaderTimeout: 10 * time.Second}
	ended := context.AfterFunc(ctx, func() { _ = server.Close() }) // Serve tells
	defer ended()
	fmt.Fprintf(out, "http://%s/\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("%s can be reached by other machines, and nobody has to log in here", address)
	}
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
