package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

func newWorkspaceCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("workspace", "Create, list, describe, rename and delete workspaces")
	cmd.Long = `Create, list, describe, rename and delete workspaces. One that is there is named
with --workspace, by its id, its ARN or any of its URLs; describe prints where to
query and where to write to.

With --endpoint-url, or AWS_ENDPOINT_URL, all of it is done in a local AMP, such
as 'ampkit emulator'.`
	cmd.AddCommand(
		newWorkspaceCreateCmd(s),
		newWorkspaceListCmd(s),
		newWorkspaceDescribeCmd(s),
		newWorkspaceAliasCmd(s),
		newWorkspaceDeleteCmd(s),
	)
	return cmd
}

// oneWorkspace are the flags of a command about a workspace that is there.
type oneWorkspace struct {
	workspaceOptions
	Output output
}

func (o *oneWorkspace) addTo(cmd *cobra.Command) {
	o.workspaceOptions.addTo(cmd)
	o.Output.addTo(cmd)
}

func (o *oneWorkspace) check(cmd *cobra.Command) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	return o.Output.check(cmd)
}

// foundWorkspace is a workspace that is there, and where it was asked about.
type foundWorkspace struct {
	amp.Workspace
	control *amp.ControlPlane
	creds   *awscreds.Credentials
}

// find finds credentials and asks for the workspace.
func (o *oneWorkspace) find(ctx context.Context) (*foundWorkspace, error) {
	endpoint, creds, err := o.locate(ctx)
	if err != nil {
		return nil, err
	}
	w := &foundWorkspace{control: amp.NewControlPlane(creds.Config(), endpoint), creds: creds}
	if endpoint.Workspace == "" {
		err = fmt.Errorf("--workspace: %q names no workspace", o.Workspace)
	} else {
		w.Workspace, err = w.control.Describe(ctx, endpoint.Workspace)
	}
	if err != nil {
		creds.Close()
		return nil, err
	}
	return w, nil
}

func (w *foundWorkspace) view() workspaceView { return viewOf(w.Workspace, w.creds.Config().Region) }

// workspaceView is a workspace as the commands print it.
type workspaceView struct {
	ID             string            `json:"id"`
	Alias          string            `json:"alias,omitempty"`
	Status         string            `json:"status"`
	ARN            string            `json:"arn"`
	Created        *time.Time        `json:"created,omitempty"`
	URL            string            `json:"url,omitempty"`
	QueryURL       string            `json:"queryUrl,omitempty"`
	RemoteWriteURL string            `json:"remoteWriteUrl,omitempty"`
	KMSKeyARN      string            `json:"kmsKeyArn,omitempty"`
	Tags           map[string]string `json:"tags,omitempty"`
}

func viewOf(w amp.Workspace, region string) workspaceView {
	v := workspaceView{ID: w.ID, Alias: w.Alias, Status: w.Status, ARN: w.ARN, KMSKeyARN: w.KMSKeyARN, Tags: w.Tags}
	if !w.Created.IsZero() {
		created := w.Created.UTC()
		v.Created = &created
	}
	if e, err := amp.ParseEndpoint(w.Endpoint, region); err == nil {
		v.URL, v.QueryURL, v.RemoteWriteURL = e.Base.String(), e.QueryURL(), e.RemoteWriteURL()
	}
	return v
}

// print writes the workspace as o says.
func (v workspaceView) print(s streams, o output) error { return o.write(s.out, v, tabbed(v.table)) }

func (v workspaceView) table(w io.Writer) {
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("Workspace", v.ID)
	row("Alias", v.Alias)
	row("Status", v.Status)
	row("ARN", v.ARN)
	row("URL", v.URL)
	row("Query", v.QueryURL)
	row("Remote write", v.RemoteWriteURL)
	row("Key", v.KMSKeyARN)
	if v.Created != nil {
		row("Created", v.Created.Format(time.RFC3339))
	}
	for _, key := range slices.Sorted(maps.Keys(v.Tags)) {
		row("Tag", key+"="+v.Tags[key])
	}
}

// tabbed lines up the cells that fill writes with tabs between them.
func tabbed(fill func(io.Writer)) func(io.Writer) error {
	return func(w io.Writer) error {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fill(t)
		return t.Flush()
	}
}

// tagFlag is --tag key=value, any number of times.
func tagFlag(cmd *cobra.Command, tags *map[string]string, usage string) {
	cmd.Flags().StringToStringVar(tags, "tag", nil, usage)
}

// named is a workspace as a question names it.
func named(w amp.Workspace) string {
	if w.Alias == "" {
		return w.ID
	}
	return w.ID + " (" + w.Alias + ")"
}
