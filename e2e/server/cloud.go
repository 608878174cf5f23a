package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/remotewrite"
	"github.com/ampkit/ampkit/pkg/sampledata"
	"github.com/ampkit/ampkit/pkg/sigv4"
)

const (
	region = "eu-central-1"
	host   = "aps-workspaces." + region + ".amazonaws.com"
	// since is how far back the samples go: AMP takes an hour.
	since = 55 * time.Minute
	// creating is how long the workspace that was asked for at the start takes.
	creating = 24 * time.Hour
)

// readActions are what Grafana's role may do at first: query, complete, and
// list workspaces for the settings.
var readActions = append(slices.Clone(emulator.ReadActions), "aps:ListWorkspaces", "aps:DescribeWorkspace")

// cloud is the AWS of the pages: workspaces, of which the first two have the
// walkthrough's samples and get new ones as their time comes, and identities.
type cloud struct {
	*emulator.Emulator
	workspaces []controlplane.Workspace
	// pod is the role of Grafana's pod; another is to be assumed by it.
	pod, assumed iam.Role
	// key is a user's, who may do the same.
	key       iam.AccessKey
	tokenFile string
	caFile    string
	proxyURL  string
	proxy     *proxy

	dir  string
	stop context.CancelFunc
	work *errgroup.Group
}

func startCloud(ctx context.Context) (_ *cloud, err error) {
	e, err := emulator.New(emulator.Options{Region: region, ActivateAfter: creating})
	if err != nil {
		return nil, err
	}
	c := &cloud{Emulator: e}
	ctx, c.stop = context.WithCancel(ctx)
	c.work, ctx = errgroup.WithContext(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.dir, err = os.MkdirTemp("", "ampkit-e2e-"); err != nil {
		return nil, err
	}
	if err := c.addIdentities(ctx); err != nil {
		return nil, err
	}
	if err := c.addWorkspaces(ctx); err != nil {
		return nil, err
	}
	return c, c.serveProxy(ctx)
}

// Close stops what runs and removes what was written.
func (c *cloud) Close() error {
	c.stop()
	err := c.work.Wait()
	if c.dir != "" {
		err = errors.Join(err, os.RemoveAll(c.dir))
	}
	return errors.Join(err, c.Emulator.Close())
}

// addIdentities makes who the plugin may be: the role of its pod, one that this
// role may assume, and a user with keys.
func (c *cloud) addIdentities(ctx context.Context) error {
	const namespace, account = "monitoring", "grafana"
	var err error
	if c.pod, err = c.AddServiceAccountRole("grafana-pod", emulator.Policy(readActions), namespace+"/"+account); err != nil {
		return err
	}
	trust := iam.Document(fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}}`, c.pod.ARN))
	if c.assumed, err = c.AddRole("", "grafana-query", trust, emulator.Policy(readActions)); err != nil {
		return err
	}
	if c.key, err = c.AddUser("", "grafana", emulator.Policy(readActions)); err != nil {
		return err
	}
	c.tokenFile = filepath.Join(c.dir, "token")
	token := &oidc.Projector{Issuer: c.Issuer(), Path: c.tokenFile, Request: oidc.TokenRequest{Namespace: namespace, ServiceAccount: account}}
	if _, err := token.Refresh(); err != nil {
		return err
	}
	c.work.Go(func() error { return ignoreCanceled(token.Run(ctx)) })
	return nil
}

// permit makes the policy of all identities readActions without the given ones.
func (c *cloud) permit(without ...string) error {
	actions := slices.DeleteFunc(slices.Clone(readActions), func(a string) bool { return slices.Contains(without, a) })
	policy := map[string]iam.Document{"permissions": emulator.Policy(actions)}
	return c.IAM().Update(func(s *iam.State) error {
		for _, arn := range []string{c.pod.ARN, c.assumed.ARN} {
			role := s.Roles[arn]
			role.Inline = policy
			if err := s.PutRole(&role); err != nil {
				return err
			}
		}
		user := s.Users[c.key.User]
		user.Inline = policy
		return s.PutUser(&user)
	})
}

// addWorkspaces makes some, one of which is still being created.
func (c *cloud) addWorkspaces(ctx context.Context) error {
	for _, alias := range []string{"production", "staging", ""} {
		ws, err := c.CreateWorkspace(ctx, alias, "")
		if err != nil {
			return err
		}
		c.workspaces = append(c.workspaces, ws)
	}
	user, err := c.AddUser("", "operator", emulator.Policy(append([]string{"aps:CreateWorkspace"}, emulator.WriteActions...)))
	if err != nil {
		return err
	}
	cfg := aws.Config{
		Region: region, HTTPClient: &http.Client{Transport: c.Transport()},
		Credentials: credentials.NewStaticCredentialsProvider(user.ID, user.Secret, ""),
	}
	if _, err := amp.NewControlPlane(cfg, amp.Endpoint{}).Create(ctx, amp.NewWorkspace{Alias: "new"}); err != nil {
		return err
	}
	for i, ws := range c.workspaces[:2] {
		if err := c.addSamples(ctx, ws, sampledata.Walkthrough(uint64(sampledata.DefaultSeed+i)), cfg.Credentials); err != nil {
			return fmt.Errorf("samples of %s: %w", ws.Alias, err)
		}
	}
	return nil
}

// addSamples writes what is past, and goes on in the background.
func (c *cloud) addSamples(ctx context.Context, ws controlplane.Workspace, set *sampledata.Set, as aws.CredentialsProvider) error {
	send := remotewrite.New(remotewrite.Config{
		URL:        workspaceURL(ws.ID) + "api/v1/remote_write",
		HTTPClient: &http.Client{Transport: sigv4.New(c.Transport(), sigv4.Config{Credentials: as, Region: region, Service: amp.Service})},
	}).Send
	next := time.Now().Truncate(sampledata.Step)
	if _, err := send(ctx, set.Between(next.Add(-since), next, sampledata.Step)); err != nil {
		return err
	}
	c.work.Go(func() error {
		tick := time.NewTicker(sampledata.Step)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case now := <-tick.C:
				end := now.Truncate(sampledata.Step).Add(sampledata.Step) // the sample of this moment is due
				if _, err := send(ctx, set.Between(next, end, sampledata.Step)); err != nil {
					return ignoreCanceled(err)
				}
				next = end
			}
		}
	})
	return nil
}

func workspaceURL(id string) string { return "https://" + host + "/workspaces/" + id + "/" }

// serveProxy lets another process reach the emulator under AWS's names.
func (c *cloud) serveProxy(ctx context.Context) error {
	p, err := newProxy(c.Emulator, awsNames(region)...)
	if err != nil {
		return err
	}
	c.proxy, c.caFile = p, filepath.Join(c.dir, "ca.pem")
	if err := os.WriteFile(c.caFile, p.certificate(), 0o600); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.proxyURL = "http://" + listener.Addr().String()
	c.work.Go(func() error { return p.serve(listener) })
	context.AfterFunc(ctx, func() { _ = p.close() }) // serve tells
	return nil
}

// environment is what an administrator behind such a proxy gives the plugin.
func (c *cloud) environment() []string {
	return []string{"HTTPS_PROXY=" + c.proxyURL, "HTTP_PROXY=" + c.proxyURL, "AWS_CA_BUNDLE=" + c.caFile, "AWS_EC2_METADATA_DISABLED=true"}
}

func ignoreCanceled(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
