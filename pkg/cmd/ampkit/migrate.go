package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/migrate"
)

func newMigrateCmd(s streams) *cobra.Command {
	cmd := newGroupCmd("migrate", "Move data sources and dashboards to the ampkit data source")
	cmd.Long = `Move data sources of type prometheus with SigV4 and of type
grafana-amazonprometheus-datasource to ampkit's, with all that refers to them: in
files, or in a Grafana through its API.

Only types change. Names, uids, secrets, queries, comments and formatting stay as
they are. A plain prometheus data source, which is not signed, is left alone.
What is left, and what Grafana does for the old types only, is told with the
reason. A backup is written first, and 'ampkit migrate restore' puts it back. A
second run changes nothing.`
	cmd.AddCommand(newMigrateFilesCmd(s), newMigrateGrafanaCmd(s), newMigrateRestoreCmd(s))
	return cmd
}

// grafanaOptions are the flags that reach a Grafana.
type grafanaOptions struct {
	URL       string
	TokenFile string
	CAFile    string
	CertFile  string
	KeyFile   string
	Insecure  bool
}

const grafanaTokenVariable = "GRAFANA_TOKEN"

func (o *grafanaOptions) addTo(cmd *cobra.Command, flag, usage string) {
	f := cmd.Flags()
	f.StringVar(&o.URL, flag, "", usage)
	f.StringVar(&o.TokenFile, "token-file", "", "file with a service account's token (default: the environment's "+grafanaTokenVariable+")")
	f.StringVar(&o.CAFile, "ca-file", "", "certificates to trust, as PEM, besides the system's")
	f.StringVar(&o.CertFile, "cert-file", "", "client certificate, as PEM")
	f.StringVar(&o.KeyFile, "key-file", "", "its key, as PEM")
	f.BoolVar(&o.Insecure, "insecure-skip-verify", false, "do not check Grafana's certificate: anyone on the way can read the token")
	fileCompletion(cmd, "token-file", "ca-file", "cert-file", "key-file")
}

// open makes the client. The token is never an argument: those are seen by
// everyone on the machine.
func (o *grafanaOptions) open(s streams) (*migrate.Grafana, error) {
	token := os.Getenv(grafanaTokenVariable)
	if o.TokenFile != "" {
		text, err := os.ReadFile(o.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		token = string(text)
	}
	token = strings.TrimSpace(token)
	if token == "" {
		return nil, errors.New("no token: put a service account's into " + grafanaTokenVariable + " or give --token-file; " +
			"Grafana makes one under Administration, Service accounts, with the role Admin")
	}
	options, err := o.tls()
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(o.URL); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		s.note("note: the token goes over the network unencrypted: use https where you can")
	}
	return migrate.NewGrafana(o.URL, token, options)
}

func (o *grafanaOptions) tls() (*tls.Config, error) {
	options := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.Insecure} //nolint:gosec // asked for by its name
	if o.CAFile != "" {
		text, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--ca-file: %s holds no certificate in PEM form", o.CAFile)
		}
		options.RootCAs = pool
	}
	if o.CertFile != "" || o.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("--cert-file and --key-file: %w", err)
		}
		options.Certificates = []tls.Certificate{pair}
	}
	return options, nil
}

// changeOptions are the flags of both commands that change things.
type changeOptions struct {
	DryRun      bool
	Backup      string
	DataSources []string
	Output      output
}

func (o *changeOptions) addTo(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVarP(&o.DryRun, "dry-run", "n", false, "change nothing and show the difference; exits with 2 when there is one")
	f.StringVar(&o.Backup, "backup", "", "file to write the backup to (default: ampkit-migrate-<time>.json in this folder)")
	f.StringArrayVar(&o.DataSources, "datasource", nil, "uid of a data source that moves but is not among those given, or '${NAME}' of a dashboard's input or variable; may be repeated")
	fileCompletion(cmd, "backup")
	o.Output.addTo(cmd)
}

func (o *changeOptions) known(cmd *cobra.Command) (*migrate.Known, error) {
	if err := o.Output.check(cmd); err != nil {
		return nil, err
	}
	k, err := migrate.NewKnown(o.DataSources)
	if err != nil {
		return nil, usagef(cmd, "--datasource: %w", err)
	}
	return k, nil
}

// write keeps the backup, and says where.
func (o *changeOptions) write(s streams, b migrate.Backup) (string, error) {
	path := o.Backup
	if path == "" {
		path = migrate.BackupName(b.Made)
	}
	if err := b.Write(path); err != nil {
		return "", err
	}
	s.note("backup: %s; to put it back: ampkit migrate restore %s", path, path)
	return path, nil
}

// carryOut applies items one after the other. What can't be changed does not
// keep the others from it.
func carryOut(ctx context.Context, s streams, store migrate.Store, items []migrate.Item, done func(migrate.Item)) error {
	failed := 0
	for _, item := range items {
		err := store.Apply(ctx, item)
		if ctx.Err() != nil {
			return fmt.Errorf("stopped: what is done stays, and running again does the rest: %w", ctx.Err())
		}
		if errors.Is(err, migrate.ErrNoAnswer) {
			return fmt.Errorf("%s %s: %w: running again does the rest", item.Kind, item.Name, err)
		}
		if err != nil {
			failed++
			s.note("failed: %s %s: %v", item.Kind, item.Name, err)
			continue
		}
		done(item)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %s failed: run again when the reasons are gone", failed, plural(len(items), "change"))
	}
	return nil
}

func nowUTC() time.Time { return time.Now().UTC() }
