package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Scope says how much of a Grafana is looked at.
type Scope struct {
	// Folders are uids; none means all. Library panels and data sources are
	// looked at whatever the folders.
	Folders []string
	// Sources are uids of the only data sources to move; none means all.
	Sources []string
}

// Plan is what would be changed in a Grafana.
type Plan struct {
	Items    []Item
	Results  []Result // of the items, for diffs
	Findings []Finding
}

// Plan reads everything and changes nothing. step is told of progress: how many
// of how many dashboards were looked at.
//
// Data sources come first in it. A reference goes by uid, so that whatever part
// of the plan is done, dashboards show their data.
func (g *Grafana) Plan(ctx context.Context, k *Known, scope Scope, step func(done, all int)) (*Plan, error) {
	p := &Plan{}
	sources, told, err := g.learn(ctx, k)
	if err != nil {
		return nil, err
	}
	p.Findings = told
	for _, s := range sources {
		k.narrow(s.DataSource, scope.Sources)
	}
	for _, s := range sources {
		p.add(k, Item{Kind: ItemDataSource, ID: s.UID, Name: s.Name}, s.raw, "")
	}
	if err := g.planElements(ctx, k, p); err != nil {
		return nil, err
	}
	uids, err := g.dashboardUIDs(ctx, scope.Folders)
	if err != nil {
		return nil, err
	}
	for i, uid := range uids {
		d, ok, err := g.dashboard(ctx, uid)
		if err != nil {
			return nil, err
		}
		if ok {
			item := Item{Kind: ItemDashboard, ID: d.uid, Name: d.title, Folder: d.folder}
			if d.path != "" {
				item.Kind, item.ID = ItemDashboardV2, d.path
			}
			p.add(k, item, d.raw, d.provisioned)
		}
		if step != nil {
			step(i+1, len(uids))
		}
	}
	return p, nil
}

func (g *Grafana) planElements(ctx context.Context, k *Known, p *Plan) error {
	elements, err := g.libraryPanels(ctx)
	if err != nil {
		return err
	}
	for _, e := range elements {
		raw, err := marshal(e)
		if err != nil {
			return err
		}
		p.add(k, Item{Kind: ItemLibraryPanel, ID: e.UID, Name: e.Name, Folder: e.FolderUID}, raw, "")
	}
	return nil
}

// narrow keeps what can't or shall not be moved now from being taken for moved.
func (k *Known) narrow(d DataSource, only []string) {
	v, ok := k.verdicts[d.UID]
	if !ok || !v.Moves || d.Type == TypeAmpkit {
		return
	}
	switch {
	case d.Provisioned:
		k.verdicts[d.UID] = Verdict{Reason: "it is provisioned, and Grafana lets only its file change it: " +
			"run ampkit migrate files on that file, let Grafana read it again, then run this again"}
	case len(only) > 0 && !slices.Contains(only, d.UID):
		k.verdicts[d.UID] = Verdict{Reason: "not among those asked for with --only"}
	}
}

// add rewrites one thing and notes what comes of it.
func (p *Plan) add(k *Known, item Item, raw []byte, provisioned string) {
	name := string(item.Kind) + " " + item.Name
	d, err := Parse(name+".json", raw)
	if err != nil {
		p.Findings = append(p.Findings, Finding{Kind: KindLeft, What: name, Reason: err.Error()})
		return
	}
	d.name = name
	r := d.Rewrite(k)
	for _, f := range r.Findings {
		f.Where = name // lines of an answer say nothing
		p.Findings = append(p.Findings, f)
	}
	r.Findings = nil // they are the plan's now
	switch {
	case !r.Changed():
	case provisioned != "":
		p.Findings = append(p.Findings, Finding{Kind: KindLeft, Where: name, What: "all of it", Reason: provisioned +
			", and Grafana does not let it be saved: run ampkit migrate files on its file"})
	default:
		item.Before, item.After = r.Before, r.After
		p.Items = append(p.Items, item)
		p.Results = append(p.Results, indented(r))
	}
}

// indented is a result for people: Grafana answers on one line.
func indented(r Result) Result {
	for _, text := range []*[]byte{&r.Before, &r.After} {
		var pretty bytes.Buffer
		if json.Indent(&pretty, *text, "", "  ") == nil {
			pretty.WriteByte('\n')
			*text = pretty.Bytes()
		}
	}
	return r
}

// Backup is what has to be written down before the plan is carried out.
func (g *Grafana) Backup(p *Plan, at time.Time) Backup {
	return Backup{Format: backupFormat, Made: at.UTC(), Grafana: g.URL(), Items: p.Items}
}
