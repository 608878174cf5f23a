package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"golang.org/x/sync/errgroup"

	"github.com/ampkit/ampkit/pkg/amp"
)

const (
	// maxRegions is about how many AWS has.
	maxRegions = 50
	// maxListed is how many workspaces of a region are shown; an account may
	// have 25 before it asks for more.
	maxListed = 5000
	// listTime bounds the wait for one region, which a network without internet
	// may not reach.
	listTime = 6 * time.Second
)

// listing is what the settings offer to choose from.
type listing struct {
	Regions []regionListing `json:"regions"`
}

// regionListing is what one region answered: workspaces, or why there are none.
type regionListing struct {
	Region     string            `json:"region"`
	Workspaces []listedWorkspace `json:"workspaces"`
	// More is true where there are more than were asked for.
	More    bool     `json:"more,omitempty"`
	Failure *problem `json:"failure,omitempty"`
}

type listedWorkspace struct {
	ID     string `json:"id"`
	Alias  string `json:"alias,omitempty"`
	Status string `json:"status"`
	// URL is what the data source's URL becomes when this one is chosen.
	URL string `json:"url"`
}

// workspaces lists the workspaces of the regions that are asked for, of the data
// source's own for none, as far as the configured identity may see them. A
// region that fails does not keep the others from being listed.
func (d *DataSource) workspaces(ctx context.Context, c resourceCall) (*backend.CallResourceResponse, error) {
	switch {
	case d.credentials == nil && d.broken != nil:
		return nil, d.broken
	case d.credentials == nil:
		return nil, refuse(http.StatusBadRequest, "sigV4Auth is false: a plain Prometheus has no workspaces to list")
	}
	pasted := d.pasted()
	regions, err := askedRegions(c.params["region"], cmp.Or(pasted.Region, d.credentials.Config().Region))
	if err != nil {
		return nil, err
	}
	// Without credentials all regions would fail with the same words.
	if _, err := d.credentials.Retrieve(ctx); err != nil {
		return nil, err
	}
	out := listing{Regions: make([]regionListing, len(regions))}
	var group errgroup.Group
	group.SetLimit(defaultConcurrency)
	for i, region := range regions {
		group.Go(func() error {
			out.Regions[i] = d.list(ctx, inRegion(pasted, region))
			return nil
		})
	}
	_ = group.Wait() // each region holds its own error
	if err := ctx.Err(); err != nil {
		return nil, amp.NoAnswer(err, amp.Context{Endpoint: pasted})
	}
	return jsonResponse(http.StatusOK, out)
}

// pasted is what the URL alone says, so that another workspace is offered at
// the same kind of address; a URL that says nothing leaves the region.
func (d *DataSource) pasted() amp.Endpoint {
	e, err := amp.ParseEndpoint(d.settings.URL, d.settings.Region)
	if err != nil {
		return amp.Endpoint{Region: d.settings.Region}
	}
	return e
}

// askedRegions are the regions to list, sorted as asked. Credentials are those
// of one partition, home's.
func askedRegions(asked []string, home string) ([]string, error) {
	if home == "" {
		return nil, refuse(http.StatusBadRequest, "no region is chosen: choose the region of your workspaces first")
	}
	partition, _, err := amp.CheckRegion(home)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%s", err)
	}
	if len(asked) == 0 {
		asked = []string{home}
	}
	if len(asked) > maxRegions {
		return nil, refuse(http.StatusBadRequest, "%d regions are asked for, more than %d", len(asked), maxRegions)
	}
	var regions []string
	for _, region := range asked {
		other, _, err := amp.CheckRegion(region)
		switch {
		case err != nil:
			return nil, refuse(http.StatusBadRequest, "%s", err)
		case other != partition:
			return nil, refuse(http.StatusBadRequest, "region %q is in partition %q, whose credentials are others than those for %q", region, other, home)
		case !slices.Contains(regions, region):
			regions = append(regions, region)
		}
	}
	return regions, nil
}

// inRegion is the endpoint whose control plane is asked for a region's
// workspaces. A host that is not AWS's is asked whatever the region.
func inRegion(e amp.Endpoint, region string) amp.Endpoint {
	if e.Custom || e.Region == region {
		e.Region = region
		return e
	}
	return amp.Endpoint{Region: region, FIPS: e.FIPS, DualStack: e.DualStack}
}

func (d *DataSource) list(ctx context.Context, e amp.Endpoint) (out regionListing) {
	ctx, cancel := context.WithTimeout(ctx, listTime)
	defer cancel()
	out = regionListing{Region: e.Region, Workspaces: []listedWorkspace{}}
	defer func() {
		if cause := recover(); cause != nil {
			out.Failure = &problem{Message: fmt.Sprintf("the plugin failed: %v", cause)}
		}
	}()
	control := d.controlPlane(e)
	found, err := control.List(ctx, "", maxListed+1)
	if err != nil {
		out.Failure = told(err)
		return out
	}
	if len(found) > maxListed {
		found, out.More = found[:maxListed], true
	}
	for _, w := range found {
		out.Workspaces = append(out.Workspaces, listedWorkspace{ID: w.ID, Alias: w.Alias, Status: w.Status, URL: control.WorkspaceURL(w.ID)})
	}
	return out
}

// controlPlane asks AWS by its own names, and a host that somebody typed with
// the data source's certificates.
func (d *DataSource) controlPlane(e amp.Endpoint) *amp.ControlPlane {
	cfg := d.credentials.Config()
	if e.Custom && d.pool != nil {
		cfg.HTTPClient = &http.Client{
			Transport:     d.pool,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return amp.NewControlPlane(cfg, e)
}

// told is a failure with its remedy and request id apart.
func told(err error) *problem {
	p := &problem{Status: "error", Message: err.Error()}
	var service *amp.Error
	if errors.As(err, &service) {
		p.ErrorType, p.Message = string(service.Kind), service.Summary()
		p.Action, p.Remedy, p.RequestID = service.Action, service.Remedy, service.RequestID
	}
	return p
}
