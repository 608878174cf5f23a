package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

const (
	region    = "eu-central-1"
	namespace = "demo"
)

// cloud is the AWS of the demo.
type cloud struct {
	emulator       *emulator.Emulator
	url            string // of every service of it
	workspaceID    string
	workspaceARN   string
	writer, reader identity
}

// identity is a role with the projected token of the service account that may
// assume it, as IRSA gives a pod.
type identity struct {
	roleARN   string
	tokenFile string
	actions   []string
}

func (w *walk) workspaceURL() string { return w.cloud.url + "/workspaces/" + w.cloud.workspaceID }

// startCloud serves the emulator on a loopback port.
func (w *walk) startCloud(ctx context.Context) (string, error) {
	e, err := emulator.New(emulator.Options{Region: region, DataDir: filepath.Join(w.dir, "amp"), Clock: w.Now})
	if err != nil {
		return "", err
	}
	w.onClose(e.Close)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", w.Listen)
	if err != nil {
		return "", fmt.Errorf("%w: choose another address with --listen", err)
	}
	server := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	w.onClose(func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
	w.cloud.emulator, w.cloud.url = e, "http://"+listener.Addr().String()
	return fmt.Sprintf("%s, region %s, account %s", w.cloud.url, e.Region(), e.AccountID()), nil
}

func (w *walk) createWorkspace(ctx context.Context) (string, error) {
	ws, err := w.cloud.emulator.CreateWorkspace(ctx, "demo", "")
	if err != nil {
		return "", err
	}
	w.cloud.workspaceID = ws.ID
	w.cloud.workspaceARN = fmt.Sprintf("arn:aws:aps:%s:%s:workspace/%s", region, w.cloud.emulator.AccountID(), ws.ID)
	return fmt.Sprintf("%s, %s", ws.ID, ws.Status(w.Now())), nil
}

func (w *walk) createWriter(ctx context.Context) (string, error) {
	var err error
	w.cloud.writer, err = w.createIdentity(ctx, "ampkit-demo-writer", "writer", emulator.WriteActions)
	return w.cloud.writer.String(), err
}

func (w *walk) createReader(ctx context.Context) (string, error) {
	var err error
	w.cloud.reader, err = w.createIdentity(ctx, "ampkit-demo-grafana", "grafana", emulator.ReadActions)
	return w.cloud.reader.String(), err
}

// createIdentity makes a role that only one service account can assume, allowed
// just these actions on just this workspace, and keeps a token of that account
// in a file, as the kubelet does.
func (w *walk) createIdentity(ctx context.Context, role, account string, actions []string) (identity, error) {
	policy := emulator.Policy(actions, w.cloud.workspaceARN)
	r, err := w.cloud.emulator.AddServiceAccountRole(role, policy, namespace+"/"+account)
	if err != nil {
		return identity{}, err
	}
	file := filepath.Join(w.dir, account, "token")
	projector := &oidc.Projector{
		Issuer:  w.cloud.emulator.Issuer(),
		Path:    file,
		Request: oidc.TokenRequest{Namespace: namespace, ServiceAccount: account},
	}
	if _, err := projector.Refresh(); err != nil {
		return identity{}, fmt.Errorf("project a token for %s: %w", account, err)
	}
	if w.Keep {
		w.background(ctx, projector.Run)
	}
	return identity{roleARN: r.ARN, tokenFile: file, actions: actions}, nil
}

// background runs f until the demo ends.
func (w *walk) background(ctx context.Context, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	w.onClose(func() error { cancel(); return <-ended })
}

// String lists what the role may do.
func (i identity) String() string {
	short := make([]string, len(i.actions))
	for n, a := range i.actions {
		short[n] = strings.TrimPrefix(a, "aps:")
	}
	return "aps:" + strings.Join(short, ", ") + " only"
}
