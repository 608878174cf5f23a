package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/recommender"
)

// defaultLoad is what --load alone means, in requests a second.
const defaultLoad = 20

// maxLoad is what one process can answer and drive at the same time.
const maxLoad = 1000

type sampleServeOptions struct {
	Listen      string
	AllowRemote bool
	Load        float64
}

func newSampleServeCmd(s streams) *cobra.Command {
	var o sampleServeOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the walkthrough's application, for a Prometheus to scrape",
		Long: `Run the application of the getting-started walkthrough until Ctrl-C: a web service
that answers /user/product, /popular/product and /popular/category and counts
them at /metrics, as http_requests_total{job="recommender"} and in a latency
histogram that is classic and native. A Prometheus that scrapes it calls that
label exported_job, its own job being another.

The application's URL is printed on stdout.`,
		Example: `  # With some 20 requests a second, unevenly
  ampkit sample serve --load

  # Elsewhere, for other machines, without traffic of its own
  ampkit sample serve --listen :8080 --allow-remote`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkListen(cmd, o.Listen, o.AllowRemote); err != nil {
				return err
			}
			if !(o.Load >= 0 && o.Load <= maxLoad) {
				return usagef(cmd, "--load %g is not between 0 and %d requests a second", o.Load, maxLoad)
			}
			return runSampleServe(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:8080", "address to serve on; port 0 takes a free one")
	f.BoolVar(&o.AllowRemote, "allow-remote", false, "listen on an address that other machines can reach, without TLS")
	f.Float64Var(&o.Load, "load", 0, "send uneven traffic to it, this many requests a second on average")
	f.Lookup("load").NoOptDefVal = strconv.Itoa(defaultLoad)
	return cmd
}

func runSampleServe(ctx context.Context, s streams, o sampleServeOptions) error {
	listener, err := listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           recommender.New(recommender.Config{}),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, server, listener, 5*time.Second) }) // an answer takes two at most
	address := "http://" + reachable(listener.Addr())
	if o.Load > 0 {
		group.Go(func() error { return drive(ctx, address, o.Load) })
		s.note("sending %g requests a second to itself", o.Load)
	}
	s.note("metrics at %s/metrics; Ctrl-C ends it", address)
	if _, err := fmt.Fprintln(s.out, address); err != nil {
		s.note("%v", err) // whoever reads it has left; the application is wanted all the same
	}
	return group.Wait()
}

func drive(ctx context.Context, address string, rate float64) error {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	return recommender.Load{URL: address, Rate: rate, Client: client, Seed: uint64(time.Now().UnixNano())}.Run(ctx)
}

// reachable is the listener's address as a client on this machine names it.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
