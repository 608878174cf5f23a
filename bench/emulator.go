package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

// walkthroughQuery is the first query of AWS's getting-started walkthrough: three series.
const walkthroughQuery = `sum(rate(http_requests_total{exported_job="recommender"}[5m])) by (path)`

// tableEmulator asks a local AMP, which verifies every signature, instead of ready answers.
func tableEmulator(ctx context.Context, o options) error {
	cloud, err := newCloud(ctx)
	if err != nil {
		return err
	}
	defer cloud.close()
	w, flush := table("Whole queries against the emulator: "+walkthroughQuery,
		"at once\tqueries/s\tpeer\tCPU a query\tpeer\tpeak resident\tpeer")
	defer flush()
	for _, atOnce := range []int{1, 8, 64} {
		l, peaks, err := cloud.measure(ctx, o, atOnce)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%d\t%.0f\t%.0f\t%.2f ms\t%.2f ms\t%.0f MB\t%.0f MB\t\n", atOnce,
			1/l[0].wall.Seconds(), 1/l[1].wall.Seconds(), millis(l[0].cpu), millis(l[1].cpu), peaks[0], peaks[1])
	}
	return nil
}

// measure has two new processes take turns, and returns the best of each and the most memory each needed: ours, and
// the peer's.
func (c cloud) measure(ctx context.Context, o options, atOnce int) (best [2]load, peaks [2]float64, err error) {
	var processes [2]*process
	for i, path := range []string{o.ours, peerPath(o)} {
		if processes[i], err = start(ctx, [...]string{"this project", "peer"}[i], path, c.url, c.keys); err != nil {
			return best, peaks, err
		}
		defer processes[i].Close()
	}
	r := row{series: 3, points: int(sampleWindow / (step * time.Second))}
	for range o.turns {
		for i, p := range processes {
			l, err := p.measure(ctx, walkthroughQuery, r, atOnce, o.budget)
			if err != nil {
				return best, peaks, err
			}
			best[i] = best[i].better(l)
		}
	}
	for i, p := range processes {
		if peaks[i], err = p.peak(); err != nil {
			return best, peaks, err
		}
	}
	return best, peaks, nil
}

// sampleWindow is how much the workspace holds; the service refuses samples older than an hour.
const sampleWindow = 55 * time.Minute

// cloud is an emulator with the walkthrough's samples in a workspace.
type cloud struct {
	emulator *emulator.Emulator
	server   *http.Server
	url      string
	keys     map[string]string
}

func newCloud(ctx context.Context) (c cloud, err error) {
	if c.emulator, err = emulator.New(emulator.Options{Region: region}); err != nil {
		return c, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // listens as long as the program runs
	if err != nil {
		return c, err
	}
	c.server = &http.Server{Handler: c.emulator, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := c.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			panic(err)
		}
	}()
	workspace, err := c.emulator.CreateWorkspace(ctx, "bench", "")
	if err != nil {
		return c, err
	}
	c.url = "http://" + l.Addr().String() + "/workspaces/" + workspace.ID
	key, err := c.emulator.AddUser("", "bench", emulator.Policy([]string{"aps:*"}))
	if err != nil {
		return c, err
	}
	c.keys = map[string]string{"sigV4AccessKey": key.ID, "sigV4SecretKey": key.Secret}
	sender := remotewrite.New(remotewrite.Config{
		URL: c.url + "/api/v1/remote_write",
		HTTPClient: &http.Client{Transport: sigv4.New(http.DefaultTransport, sigv4.Config{
			Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""), Region: region, Service: "aps",
		})},
	})
	now := time.Now()
	_, err = sender.Send(ctx, sampledata.Walkthrough(1).Between(now.Add(-sampleWindow), now, step*time.Second))
	return c, err
}

func (c cloud) close() {
	if c.server != nil {
		_ = c.server.Close()
	}
	_ = c.emulator.Close()
}
