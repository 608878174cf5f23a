package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/migrate"
)

type migrateRestoreOptions struct {
	Grafana grafanaOptions
	Backup  string
	DryRun  bool
	Force   bool
}

func newMigrateRestoreCmd(s streams) *cobra.Command {
	o := &migrateRestoreOptions{}
	cmd := &cobra.Command{
		Use:   "restore BACKUP",
		Short: "Put back what a migration changed",
		Long: `Put files, or what is in a Grafana, back as a migration's backup has them. What was
changed after the migration is left alone, unless --force is given; what is as
before already is passed over, so that a stopped run is finished by the next one.

Secrets of data sources are not in a backup: Grafana kept them all along.
Dashboards and library panels stay in the folders they are in now.`,
		Example: `  ampkit migrate restore ampkit-migrate-20260102T150405.000Z.json

  # A Grafana that is reached by another name now
  ampkit migrate restore --url https://grafana.example.com backup.json`,
		ValidArgsFunction: fileNames,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(cmd, "name one backup file")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Backup = args[0]
			return runMigrateRestore(cmd.Context(), s, o)
		},
	}
	o.Grafana.addTo(cmd, "url", "URL of the Grafana (default: the backup's)")
	f := cmd.Flags()
	f.BoolVarP(&o.DryRun, "dry-run", "n", false, "change nothing and list what would be put back; exits with 2 when there is something")
	f.BoolVar(&o.Force, "force", false, "also what was changed after the migration")
	return cmd
}

func runMigrateRestore(ctx context.Context, s streams, o *migrateRestoreOptions) error {
	b, err := migrate.ReadBackup(o.Backup)
	if err != nil {
		return err
	}
	var store migrate.Store = migrate.Files{}
	if b.Grafana != "" {
		if o.Grafana.URL == "" {
			o.Grafana.URL = b.Grafana
		}
		if store, err = o.Grafana.open(s); err != nil {
			return err
		}
	}
	put, failed := 0, 0
	for _, item := range slices.Backward(b.Items) {
		done, err := store.Restore(ctx, item, o.DryRun, o.Force)
		if ctx.Err() != nil {
			return fmt.Errorf("stopped: running again does the rest: %w", ctx.Err())
		}
		switch {
		case errors.Is(err, migrate.ErrNoAnswer):
			return fmt.Errorf("%s %s: %w: running again does the rest", item.Kind, item.Name, err)
		case err != nil:
			failed++
			s.note("failed: %s %s: %v", item.Kind, item.Name, err)
		case done:
			put++
			fmt.Fprintln(s.out, painted("~ "+string(item.Kind)+" "+item.Name, useColour(s.out)))
		}
	}
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %s could not be put back", failed, plural(len(b.Items), "item"))
	case o.DryRun && put > 0:
		return errDifferent
	case put == 0:
		fmt.Fprintln(s.out, "nothing to do: everything is as it was before the migration")
	}
	return nil
}
