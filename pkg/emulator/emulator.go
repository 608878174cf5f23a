// Package emulator is Amazon Managed Service for Prometheus (AMP) on one
// machine: the data plane on Prometheus' own storage, engine and HTTP API, the
// control plane, STS, IAM and an OpenID Connect issuer, behind one
// http.Handler that checks signatures and policies as strictly as AWS does.
//
// It is a library first: tests use it in-process, without a port.
//
//	amp, err := emulator.New(emulator.Options{Clock: clock})
//	client := &http.Client{Transport: amp.Transport()}
//
// Everything is served by path and form on one listener, whatever the host:
//
//	/workspaces, /workspaces/<id>            control plane, REST JSON
//	/workspaces/<id>/{alias,policy}          control plane, and what it does not offer
//	/workspaces/<id>/api/v1/…                data plane, Prometheus' API
//	/workspaces/<id>/alertmanager/api/v2/…   data plane, Alertmanager's API
//	/ with Action and Version                STS, IAM and EC2, query protocol
//	/tags/<ARN>                              control plane, or EKS
//	/clusters…                               EKS, REST JSON
//	/v1/credentials                          the EKS Pod Identity agent
//	/oidc/…                                  the issuer's keys
//	/faults                                  faults to order, if Options.FaultAPI
//	/healthz                                 200 as soon as it serves
//
// Each request is judged in the same order: route, headers (date, scope, key),
// size of the body, signature, IAM, and only then is the body decoded.
package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/prometheus/tsdb/tsdbutil"

	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
	"github.com/ampkit/ampkit/pkg/emulator/ec2"
	"github.com/ampkit/ampkit/pkg/emulator/eks"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/iamapi"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
	"github.com/ampkit/ampkit/pkg/emulator/sts"
)

// Options configure an Emulator. The zero value is one that forgets.
type Options struct {
	// Region is where the workspaces are: us-east-1 when empty.
	Region string
	// AccountID is the emulator's own account: 123456789012 when empty.
	AccountID string
	// DataDir keeps everything across restarts. Empty means a temporary
	// directory that Close removes.
	DataDir string
	// Clock is time.Now when nil. Samples, signatures and tokens are judged by it.
	Clock func() time.Time
	// Limits are the workspaces' quotas; zero fields mean the service's defaults.
	Limits dataplane.Limits
	// ActivateAfter is how long a workspace made through the API stays CREATING,
	// and a deleted one DELETING.
	ActivateAfter time.Duration
	// IssuerURL names the OpenID Connect issuer, the iss claim of its tokens.
	// Empty means a name like an EKS cluster's, which no one needs to resolve.
	IssuerURL string
	// Clusters are the names of the EKS clusters that exist. All have the same
	// issuer.
	Clusters []string
	// Network is what there is for VPC endpoints; ec2.Demo when nil. The clusters
	// are in its first VPC.
	Network *ec2.Network
	// FaultAPI lets clients order faults at /faults, unsigned: PUT
	// {"status": 503, "body": "…"} makes the data plane answer so, DELETE ends it.
	FaultAPI bool
	// Logger gets one line for each request, and what goes wrong inside. It
	// never gets bodies, queries, signatures, keys or tokens.
	Logger *slog.Logger
}

// Emulator is the service. It is safe for concurrent use; Close releases its
// files and goroutines.
type Emulator struct {
	o        Options
	dir      string // of the workspaces' samples
	limits   dataplane.Limits
	iam      *iam.Store
	issuer   *oidc.Issuer
	book     *controlplane.Book
	verifier *sigv4auth.Verifier
	// identities is the API that edits iam.
	identities *iamapi.Handler
	clusters   *eks.Handler
	network    *ec2.Handler
	mux        *http.ServeMux
	counts     counter
	faults     faults

	mu        sync.Mutex
	open      map[string]*dataplane.Storage
	closed    bool
	inProcess *inProcess
	release   []func() error
}

// New opens what Options.DataDir holds, or begins with nothing.
func New(o Options) (_ *Emulator, err error) {
	o.Region = cmp.Or(o.Region, "us-east-1")
	o.AccountID = cmp.Or(o.AccountID, "123456789012")
	o.IssuerURL = cmp.Or(o.IssuerURL, "https://oidc.eks."+o.Region+".amazonaws.com/id/AMPKITEMULATOR")
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Emulator{o: o, open: map[string]*dataplane.Storage{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	if e.limits, err = o.Limits.WithDefaults(); err != nil {
		return nil, fmt.Errorf("limits of the emulator: %w", err)
	}
	if err := e.takeDirectory(); err != nil {
		return nil, err
	}
	if err := e.openStores(); err != nil {
		return nil, err
	}
	return e, nil
}

// partition is the one that a region belongs to, as its ARNs begin.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// takeDirectory locks the data directory, or makes a temporary one.
func (e *Emulator) takeDirectory() error {
	if e.o.DataDir == "" {
		dir, err := os.MkdirTemp("", "ampkit-emulator-")
		if err != nil {
			return fmt.Errorf("emulator's temporary directory: %w", err)
		}
		e.dir = dir
		e.release = append(e.release, func() error { return os.RemoveAll(dir) })
		return nil
	}
	if err := os.MkdirAll(e.o.DataDir, 0o700); err != nil {
		return fmt.Errorf("emulator's data directory: %w", err)
	}
	lock, err := tsdbutil.NewDirLocker(e.o.DataDir, "emulator", e.o.Logger, nil)
	if err == nil {
		err = lock.Lock()
	}
	if err != nil {
		return fmt.Errorf("emulator's data directory %s is in use by another emulator: %w", e.o.DataDir, err)
	}
	e.release = append(e.release, lock.Release)
	e.dir = filepath.Join(e.o.DataDir, "workspaces")
	return nil
}

// openStores reads identities and workspaces. Samples are opened when a
// workspace is first used, so that the emulator starts at once.
func (e *Emulator) openStores() (err error) {
	o := e.o
	if e.iam, err = iam.Open(iam.Options{Account: o.AccountID, Partition: partition(o.Region), Dir: statefile.In(o.DataDir, "iam"), Clock: o.Clock}); err != nil {
		return err
	}
	if e.issuer, err = oidc.Open(oidc.Options{URL: o.IssuerURL, Dir: statefile.In(o.DataDir, "oidc"), Clock: o.Clock}); err != nil {
		return err
	}
	tokens, err := sts.New(sts.Options{
		Store: e.iam, Region: o.Region, Issuers: []sts.Issuer{e.issuer},
		Dir: statefile.In(o.DataDir, "sts"), Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return err
	}
	e.book, err = controlplane.Open(controlplane.Options{
		Region: o.Region, Partition: e.iam.Partition(), Dir: o.DataDir, Clock: o.Clock, ActivateAfter: o.ActivateAfter,
	})
	if err != nil {
		return err
	}
	for _, ws := range e.book.Deleted() { // the process may have ended in between
		if err := e.remove(ws); err != nil {
			return err
		}
	}
	e.verifier = &sigv4auth.Verifier{Keys: tokens, Clock: o.Clock}
	e.identities = &iamapi.Handler{Store: e.iam, Verify: e.verify, Clock: o.Clock, Logger: o.Logger}
	if err := e.openNetwork(); err != nil {
		return err
	}
	e.mux = e.routes(tokens)
	return nil
}

// openNetwork reads what stands in VPCs: endpoints and clusters.
func (e *Emulator) openNetwork() error {
	o, network := e.o, ec2.Demo()
	if o.Network != nil {
		network = *o.Network
	}
	endpoints, err := ec2.Open(ec2.Options{
		Region: o.Region, Account: o.AccountID, Partition: e.iam.Partition(), Network: network, Dir: o.DataDir, Clock: o.Clock,
		AvailableAfter: o.ActivateAfter,
	})
	if err != nil {
		return err
	}
	e.network = &ec2.Handler{Book: endpoints, Guard: guard{e, "ec2"}, Logger: o.Logger}

	var place eks.Network
	place.VPC, place.Subnets, place.SecurityGroups = network.First()
	clusters, err := eks.Open(eks.Options{
		Region: o.Region, Account: o.AccountID, Partition: e.iam.Partition(), Clusters: o.Clusters, Issuer: e.issuer.URL(),
		Network: place, Dir: o.DataDir, Clock: o.Clock,
	})
	e.clusters = &eks.Handler{
		Book: clusters, Guard: guard{e, "eks"}, Logger: o.Logger,
		RoleExists: func(arn string) bool { _, ok := e.iam.Role(arn); return ok },
	}
	return err
}

// Close waits for nothing: requests under way fail. What was written stays
// under DataDir; without one it is removed. Close may be called twice.
func (e *Emulator) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	local := e.inProcess
	e.mu.Unlock()
	if local != nil {
		local.close()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var errs []error
	for _, s := range e.open {
		errs = append(errs, s.Close())
	}
	for i := len(e.release) - 1; i >= 0; i-- {
		errs = append(errs, e.release[i]())
	}
	return errors.Join(errs...)
}

// IAM is the store of identities: users, roles, policies, providers.
func (e *Emulator) IAM() *iam.Store { return e.iam }

// Issuer mints service-account tokens.
func (e *Emulator) Issuer() *oidc.Issuer { return e.issuer }

// Region is the one of all workspaces.
func (e *Emulator) Region() string { return e.o.Region }

// AccountID is the emulator's own account.
func (e *Emulator) AccountID() string { return e.o.AccountID }
