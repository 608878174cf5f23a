package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/migrate"
)

type migrateGrafanaOptions struct {
	changeOptions
	Grafana grafanaOptions
	Scope   migrate.Scope
	known   *migrate.Known
}

func newMigrateGrafanaCmd(s streams) *cobra.Command {
	o := &migrateGrafanaOptions{}
	cmd := &cobra.Command{
		Use:   "grafana",
		Short: "Change data sources, dashboards and library panels of a Grafana",
		Long: `Change the data sources of a Grafana, its dashboards and its library panels through
its HTTP API, one organisation at a time: the token's. Nothing is ever deleted.

The backup holds all that is changed, as it was. It has no secrets, for Grafana
never shows them; it keeps them when a data source is saved without them, which
is how this command saves, and how restore puts it back.

What is provisioned can't be changed in Grafana: it is listed, and 'ampkit migrate
files' changes its files. A run that was stopped is finished by the next one.
Afterwards each data source is tested as its page would, and the command exits
with 3 when one fails.

The token's service account needs the role Admin: to read and write data sources,
dashboards, library panels, and to read alert rules.`,
		Example: `  # What would change?
  export GRAFANA_TOKEN=$(cat token)
  ampkit migrate grafana --url https://grafana.example.com --dry-run

  # A Grafana under a path, one folder's dashboards only
  ampkit migrate grafana --url https://example.com/grafana --folder team-a

  # One data source first
  ampkit migrate grafana --url https://grafana.example.com --only amp-staging`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.known, err = o.changeOptions.known(cmd); err != nil {
				return err
			}
			if o.Grafana.URL == "" {
				return usagef(cmd, "--url is missing: where Grafana is, with the path it is served under")
			}
			return runMigrateGrafana(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	o.Grafana.addTo(cmd, "url", "URL of the Grafana")
	f := cmd.Flags()
	f.StringSliceVar(&o.Scope.Folders, "folder", nil, "uid of a folder whose dashboards are changed (default: all); may be repeated")
	f.StringSliceVar(&o.Scope.Sources, "only", nil, "uid of a data source that is moved (default: all that can be); may be repeated")
	return cmd
}

func runMigrateGrafana(ctx context.Context, s streams, o *migrateGrafanaOptions) error {
	g, err := o.Grafana.open(s)
	if err != nil {
		return err
	}
	told, err := g.CheckPlugin(ctx)
	if err != nil {
		return err
	}
	p := &progress{s: s}
	plan, err := g.Plan(ctx, o.known, o.Scope, func(done, all int) {
		p.show(fmt.Sprintf("looked at %s of %s", thousands(done), plural(all, "dashboard")))
	})
	p.end()
	if err != nil {
		return err
	}
	view := viewOfMigration(plan.Results, append(told, plan.Findings...), o.DryRun)
	if o.Output == outputTable {
		tellFindings(s, view.Findings)
	}
	var unhealthy error
	if !o.DryRun && len(plan.Items) > 0 {
		if view.Backup, err = o.write(s, g.Backup(plan, nowUTC())); err != nil {
			return err
		}
		done := 0
		err := carryOut(ctx, s, g, plan.Items, func(migrate.Item) {
			done++
			p.show(fmt.Sprintf("changed %s of %s", thousands(done), plural(len(plan.Items), "thing")))
		})
		p.end()
		if err != nil {
			return err
		}
		view.Health, unhealthy = testMoved(ctx, s, g, plan.Items)
	}
	if err := o.Output.write(s.out, view, func(w io.Writer) error { return view.print(w, o.DryRun) }); err != nil {
		return err
	}
	if o.DryRun && len(view.Changes) > 0 {
		return errDifferent
	}
	return unhealthy
}

// testMoved tests each data source that was moved, as "Save & test" does.
func testMoved(ctx context.Context, s streams, g *migrate.Grafana, items []migrate.Item) (map[string]string, error) {
	health := map[string]string{}
	failed := 0
	for _, item := range items {
		if item.Kind != migrate.ItemDataSource {
			continue
		}
		said, err := g.Health(ctx, item.ID)
		if err != nil {
			failed++
			said = err.Error()
		}
		health[item.ID] = said
		s.note("test of data source %s: %s", item.Name, said)
	}
	if failed > 0 {
		return health, &checkError{err: fmt.Errorf("everything was moved, but the test of %s failed", plural(failed, "data source"))}
	}
	return health, nil
}
