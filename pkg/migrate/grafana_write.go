package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
)

const message = "ampkit migrate"

// Apply saves an item as it is to become. Every request carries the version that
// was read, so that nobody's change is lost.
func (g *Grafana) Apply(ctx context.Context, item Item) error {
	return g.save(ctx, item, item.After, item.Folder)
}

// save sends what an item is to be. A data source is sent without secrets, and
// Grafana keeps those that it has.
func (g *Grafana) save(ctx context.Context, item Item, content json.RawMessage, folder string) error {
	switch item.Kind {
	case ItemDataSource:
		return g.send(ctx, http.MethodPut, "/api/datasources/uid/"+url.PathEscape(item.ID), content)
	case ItemDashboard:
		return g.send(ctx, http.MethodPost, "/api/dashboards/db", map[string]any{
			"dashboard": content, "folderUid": folder, "message": message, "overwrite": false,
		})
	case ItemDashboardV2:
		return g.send(ctx, http.MethodPut, item.ID, content)
	case ItemLibraryPanel:
		return g.send(ctx, http.MethodPatch, "/api/library-elements/"+url.PathEscape(item.ID), content)
	case ItemFile:
	}
	return fmt.Errorf("a %s is not something of Grafana", item.Kind)
}

// read is an item as it is now, with its folder.
func (g *Grafana) read(ctx context.Context, item Item) (now []byte, folder string, err error) {
	switch item.Kind {
	case ItemDataSource:
		now, err = g.do(ctx, http.MethodGet, "/api/datasources/uid/"+url.PathEscape(item.ID), nil)
	case ItemDashboard:
		d, ok, err := g.dashboard(ctx, item.ID)
		if err == nil && !ok {
			err = &APIError{Method: http.MethodGet, Path: "/api/dashboards/uid/" + item.ID, Status: http.StatusNotFound}
		}
		return d.raw, d.folder, err
	case ItemDashboardV2:
		now, err = g.do(ctx, http.MethodGet, item.ID, nil)
	case ItemLibraryPanel:
		var answer struct{ Result element }
		if err := g.get(ctx, "/api/library-elements/"+url.PathEscape(item.ID), &answer); err != nil {
			return nil, "", err
		}
		now, err = marshal(answer.Result)
		return now, answer.Result.FolderUID, err
	case ItemFile:
		err = fmt.Errorf("a %s is not something of Grafana", item.Kind)
	}
	return now, "", err
}

// Restore puts an item back as it was; try only looks. It stays in the folder it
// is in now.
func (g *Grafana) Restore(ctx context.Context, item Item, try, force bool) (bool, error) {
	now, folder, err := g.read(ctx, item)
	if err != nil {
		return false, err
	}
	switch {
	case equal(now, item.Before):
		return false, nil
	case !force && !equal(now, item.After):
		return false, ErrChangedSince
	case try:
		return true, nil
	}
	content, err := combine(item, now)
	if err != nil {
		return false, err
	}
	return true, g.save(ctx, item, content, folder)
}

// combine is an item's old content with the version that Grafana has now.
func combine(item Item, now []byte) (json.RawMessage, error) {
	var before, current map[string]json.RawMessage
	if err := json.Unmarshal(item.Before, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(now, &current); err != nil {
		return nil, err
	}
	if item.Kind == ItemDashboardV2 {
		current["spec"] = before["spec"]
		return marshal(current)
	}
	for _, key := range []string{"id", "version", "folderUid"} {
		if v, ok := current[key]; ok {
			before[key] = v
		}
	}
	return marshal(before)
}

// changing are the members that a save or a type changes by itself.
var changing = []string{"typeLogoUrl", "typeName", "id", "version", "folderUid", "readOnly", "accessControl", "metadata", "status", "access", "apiVersion"}

// equal compares what two answers say.
func equal(a, b []byte) bool {
	var values [2]map[string]any
	for i, raw := range [][]byte{a, b} {
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if dec.Decode(&values[i]) != nil {
			return false
		}
		for _, key := range changing {
			delete(values[i], key)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

// Health asks the plugin to check a data source; the text is what it says.
func (g *Grafana) Health(ctx context.Context, uid string) (string, error) {
	var answer struct{ Message string }
	err := g.get(ctx, "/api/datasources/uid/"+url.PathEscape(uid)+"/health", &answer)
	return answer.Message, err
}
