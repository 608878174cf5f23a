// Package controlplane is the emulator's book of workspaces and the API that
// edits it: workspaces, their tags and their resource policies of Amazon
// Managed Service for Prometheus in REST JSON.
//
// Shapes, status codes, bounds and patterns are those of the service's model
// (amp/2020-08-01/service-2.json, which every SDK ships).
package controlplane

import "time"

// Workspace is one workspace as it was created.
type Workspace struct {
	ID        string            `json:"id"` // ws-<uuid>
	ARN       string            `json:"arn"`
	Account   string            `json:"account"`
	Alias     string            `json:"alias,omitempty"`
	KMSKeyARN string            `json:"kmsKeyArn,omitempty"`
	Tags      map[string]string `json:"tags,omitempty"`
	Created   time.Time         `json:"created"`
	// Active is when CREATING ends.
	Active time.Time `json:"active"`
	// ClientToken makes a repeated CreateWorkspace one.
	ClientToken string `json:"clientToken,omitempty"`
	// Asked are the parameters it was created with, which a repetition must
	// have too, whatever was edited since.
	Asked string `json:"asked,omitempty"`
	// Gone is when DELETING ends; zero while nobody has deleted it.
	Gone time.Time `json:"gone,omitzero"`
}

// Status is a workspace's state. The service has UPDATING and CREATION_FAILED
// too, which nothing here leads to.
type Status string

// The states of a workspace.
const (
	Creating Status = "CREATING"
	Active   Status = "ACTIVE"
	Deleting Status = "DELETING"
)

// Status is the state at a time.
func (w Workspace) Status(at time.Time) Status {
	switch {
	case !w.Gone.IsZero():
		return Deleting
	case at.Before(w.Active):
		return Creating
	}
	return Active
}
