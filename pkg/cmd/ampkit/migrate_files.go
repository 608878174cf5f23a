package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/migrate"
)

type migrateFilesOptions struct {
	changeOptions
	Grafana grafanaOptions
	Paths   []string
	known   *migrate.Known
}

func newMigrateFilesCmd(s streams) *cobra.Command {
	o := &migrateFilesOptions{}
	cmd := &cobra.Command{
		Use:   "files PATH...",
		Short: "Rewrite provisioning files and dashboards",
		Long: `Rewrite provisioning YAML and dashboard JSON, in files and in folders with all
below them: also values of Helm charts, ConfigMaps with files in literal blocks,
resources of the Grafana operator, and alert rules.

Give the provisioning files together with the dashboards: a dashboard's reference
to a prometheus data source is rewritten only if that one is known to move, from
its provisioning file, from a Grafana with --grafana, or by --datasource.

Files are changed in place, byte by byte where something changes. The backup
holds them whole, secrets too, so only you can read it.`,
		Example: `  # What would change?
  ampkit migrate files --dry-run /etc/grafana/provisioning /var/lib/grafana/dashboards

  # Dashboards of a repository, data sources of a running Grafana
  GRAFANA_TOKEN=$(cat token) ampkit migrate files --grafana https://grafana.example.com dashboards

  # A dashboard to share: let Grafana's import page ask for ampkit
  ampkit migrate files --datasource '${DS_PROMETHEUS}' dashboard.json`,
		ValidArgsFunction: fileNames,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef(cmd, "no path: name files, or folders with provisioning files and dashboards")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.known, err = o.changeOptions.known(cmd); err != nil {
				return err
			}
			o.Paths = args
			return runMigrateFiles(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	o.Grafana.addTo(cmd, "grafana", "URL of a Grafana to ask which data sources there are; nothing is changed there")
	return cmd
}

func runMigrateFiles(ctx context.Context, s streams, o *migrateFilesOptions) error {
	documents, told, err := migrate.ReadFiles(ctx, o.Paths)
	if err != nil {
		return err
	}
	if o.Grafana.URL != "" {
		g, err := o.Grafana.open(s)
		if err != nil {
			return err
		}
		more, err := g.Learn(ctx, o.known)
		if err != nil {
			return err
		}
		told = append(told, more...)
	}
	migrate.Learn(o.known, documents)
	results := migrate.RewriteAll(o.known, documents)
	view := viewOfMigration(results, told, o.DryRun)
	if o.Output == outputTable {
		tellFindings(s, view.Findings)
	}
	if !o.DryRun && len(view.Changes) > 0 {
		b, err := migrate.FilesBackup(results, nowUTC())
		if err != nil {
			return err
		}
		if view.Backup, err = o.write(s, b); err != nil {
			return err
		}
		if err := carryOut(ctx, s, migrate.Files{}, b.Items, func(migrate.Item) {}); err != nil {
			return err
		}
	}
	if err := o.Output.write(s.out, view, func(w io.Writer) error { return view.print(w, o.DryRun) }); err != nil {
		return err
	}
	if o.DryRun && len(view.Changes) > 0 {
		return errDifferent
	}
	return nil
}
