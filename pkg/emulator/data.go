package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/controlplane"
	"github.com/ampkit/ampkit/pkg/emulator/dataplane"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
)

// serveData judges a request for a workspace and hands it on when all is well.
func (e *Emulator) serveData(w http.ResponseWriter, r *http.Request, c *call) {
	storage, route, err := e.admit(r, c)
	if err != nil {
		problem := awserr.From(err)
		c.refused = problem.Code
		if problem.Code == awserr.Internal {
			e.o.Logger.ErrorContext(r.Context(), "emulator failed", "requestID", c.requestID, "err", err)
		}
		awserr.WriteDataPlane(w, problem)
		return
	}
	if route.Endpoint == dataplane.NotOffered {
		http.NotFound(w, r)
		return
	}
	storage.Serve(w, r, route)
}

// admit is everything that comes before decoding: route, headers, size of the
// body, signature, policy, workspace, in this order. All refusals are
// *awserr.Error.
func (e *Emulator) admit(r *http.Request, c *call) (*dataplane.Storage, dataplane.Route, error) {
	route, ok := dataplane.Match(r.Method, c.path)
	if !ok {
		return nil, route, awserr.NotSigned()
	}
	c.action = route.Action
	principal, err := e.verifier.Verify(r, sigv4auth.Scope{
		Service: "aps", Regions: []string{e.o.Region}, MaxBody: e.limits.BodyLimit(route),
	})
	if err != nil {
		return nil, route, err
	}
	c.principal = principal.ARN
	if route.Endpoint == dataplane.NotOffered {
		return nil, route, nil
	}
	ws, found := e.book.Workspace(c.workspace)
	resource := ws.ARN
	if !found {
		// Nobody owns it: the caller's policies decide whether they may know.
		resource = e.book.ARN(principal.Account, c.workspace)
	}
	if err := e.authorize(principal, route.Action, resource, e.book.Tags(principal.Account, c.workspace)); err != nil {
		return nil, route, err
	}
	if !found || ws.Status(e.o.Clock()) != controlplane.Active {
		return nil, route, awserr.NoWorkspace()
	}
	storage, err := e.storage(ws)
	return storage, route, err
}

// authorize adds what every request's context has to the conditions.
func (e *Emulator) authorize(p iam.Principal, action, resource string, more iam.Conditions) error {
	conditions := iam.Conditions{"aws:RequestedRegion": {e.o.Region}}
	for k, v := range more {
		conditions[k] = v
	}
	return e.iam.Authorize(p, action, resource, conditions)
}

// remove deletes the samples and the resource policy of a workspace that has
// been deleted; doing it again does nothing.
func (e *Emulator) remove(ws controlplane.Workspace) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var closed error
	if s, ok := e.open[ws.ID]; ok {
		closed = s.Close()
		delete(e.open, ws.ID)
	}
	err := errors.Join(closed, os.RemoveAll(filepath.Join(e.dir, ws.ID)))
	if _, ok := e.iam.ResourcePolicy(ws.ARN); ok {
		err = errors.Join(err, e.iam.PutResourcePolicy(ws.ARN, ""))
	}
	if err != nil {
		return fmt.Errorf("remove workspace %s: %w", ws.ID, err)
	}
	return nil
}

// storage opens a workspace's samples, once.
func (e *Emulator) storage(ws controlplane.Workspace) (*dataplane.Storage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, awserr.New(awserr.ServiceUnavailable, "the emulator is stopping")
	}
	if s, ok := e.open[ws.ID]; ok {
		return s, nil
	}
	if now, ok := e.book.Workspace(ws.ID); !ok || !now.Gone.IsZero() { // deleted meanwhile
		return nil, awserr.NoWorkspace()
	}
	s, err := dataplane.Open(dataplane.Config{
		Workspace: ws.ID, Account: ws.Account, Dir: filepath.Join(e.dir, ws.ID),
		Limits: e.o.Limits, Now: e.o.Clock, Logger: e.o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open workspace %s: %w", ws.ID, err)
	}
	e.open[ws.ID] = s
	return s, nil
}
