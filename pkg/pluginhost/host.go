// Package pluginhost starts a built data-source plugin as Grafana does, over
// hashicorp/go-plugin and gRPC, and calls it: for the demo, tests and
// benchmarks of the whole process.
package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
)

// startTimeout is how long a plugin may take to say where it listens.
const startTimeout = 20 * time.Second

// Config says which plugin to start and what it sees.
type Config struct {
	// Path of the executable, such as dist/gpx_ampkit_linux_amd64.
	Path string
	// Env is the plugin's whole environment besides go-plugin's own handshake;
	// nothing of this process is inherited. See Environment.
	Env []string
	// Log takes what the plugin writes to standard error, one JSON object a
	// line. It is written to from one goroutine at a time; nil discards.
	Log io.Writer
}

// Host is a running plugin. Its calls are safe for concurrent use, end with
// their context, and fail once the Host is closed.
type Host struct {
	client      *goplugin.Client
	diagnostics grpcplugin.DiagnosticsClient
	resource    grpcplugin.ResourceClient
	data        grpcplugin.DataClient
	pid         int
	kill        context.CancelFunc
	close       sync.Once
}

// Start starts the plugin and waits until it answers; ctx bounds the start
// only. The caller closes the Host, whatever the plugin does meanwhile.
func Start(ctx context.Context, c Config) (*Host, error) {
	if c.Log == nil {
		c.Log = io.Discard
	}
	// go-plugin's own Kill waits for the start it is to end, so the process has
	// a context, which outlives ctx unless that ends during the start.
	process, kill := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(process, c.Path)
	cmd.Env = append([]string{}, c.Env...)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
			"data":        &grpcplugin.DataGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd:              cmd,
		SkipHostEnv:      true,
		StartTimeout:     startTimeout,
		Stderr:           c.Log,
		Logger:           hclog.NewNullLogger(),
	})
	stop := context.AfterFunc(ctx, kill)
	h, err := connect(client)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		kill()
		client.Kill()
		return nil, fmt.Errorf("start plugin %s: %w", c.Path, errors.Join(err, ctx.Err()))
	}
	h.kill = kill
	return h, nil
}

func connect(client *goplugin.Client) (*Host, error) {
	rpc, err := client.Client()
	if err != nil {
		return nil, err
	}
	h := &Host{client: client}
	if r := client.ReattachConfig(); r != nil {
		h.pid = r.Pid
	}
	if h.diagnostics, err = dispense[grpcplugin.DiagnosticsClient](rpc, "diagnostics"); err != nil {
		return nil, err
	}
	if h.resource, err = dispense[grpcplugin.ResourceClient](rpc, "resource"); err != nil {
		return nil, err
	}
	if h.data, err = dispense[grpcplugin.DataClient](rpc, "data"); err != nil {
		return nil, err
	}
	return h, nil
}

func dispense[T any](rpc goplugin.ClientProtocol, name string) (T, error) {
	var none T
	raw, err := rpc.Dispense(name)
	if err != nil {
		return none, fmt.Errorf("%s service: %w", name, err)
	}
	c, ok := raw.(T)
	if !ok {
		return none, fmt.Errorf("%s service: unexpected client %T", name, raw)
	}
	return c, nil
}

// PID is the plugin's process id.
func (h *Host) PID() int { return h.pid }

// Exited tells whether the process is gone.
func (h *Host) Exited() bool { return h.client.Exited() }

// Close asks the plugin to stop, kills it when it does not within two seconds,
// and returns when the process is gone.
func (h *Host) Close() {
	h.close.Do(func() {
		h.client.Kill()
		h.kill()
	})
}
