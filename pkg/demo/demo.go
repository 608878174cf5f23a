// Package demo is the getting-started walkthrough in one go, on one machine and
// without an AWS account, but signed, authorised and stored for real: a local
// AMP, a writer and a Grafana plugin that each obtain a role of their own with
// a projected token, the walkthrough's two queries through the real plugin
// process, and a check of every value against what was written.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ampkit/ampkit/pkg/pluginhost"
	"github.com/ampkit/ampkit/pkg/sampledata"
)

// Options say what the demo runs and where it prints.
type Options struct {
	// Plugin is the built plugin, such as dist/gpx_ampkit_linux_amd64.
	Plugin string
	// Ampkit is the command line, which writes the samples.
	Ampkit string
	// Out takes the transcript: at most 100 columns.
	Out io.Writer
	// Colour paints it for a terminal.
	Colour bool
	// Keep leaves everything running, with new samples as their time comes,
	// until the context ends.
	Keep bool
	// Listen is the emulator's address, 127.0.0.1:0 when empty.
	Listen string
	// Now is the clock, time.Now when nil. It must not be far off: signatures
	// and tokens are checked for real.
	Now func() time.Time
}

// What the samples cover, and what the queries look at: a full window of five
// minutes lies before the first point.
const (
	since = 55 * time.Minute
	shown = 50 * time.Minute
)

// walk is one run of the walkthrough: what the steps hand to each other.
type walk struct {
	Options
	report  report
	dir     string // scratch, removed at the end
	closers []func() error

	cloud  cloud
	until  time.Time // end of the samples and of the queries
	set    *sampledata.Set
	plugin *pluginhost.Host
	charts []string
}

// Run walks through all of it and prints one line a step. An error names the
// step that failed; whatever happens, everything is stopped and removed.
func Run(ctx context.Context, o Options) (err error) {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	if o.Now == nil {
		o.Now = time.Now
	}
	if _, err := os.Stat(o.Plugin); err != nil {
		return fmt.Errorf("the plugin is not built: %w: build it with 'go tool mage build' and name it with --plugin", err)
	}
	w := &walk{
		Options: o,
		report:  report{out: o.Out, colour: o.Colour, now: o.Now},
		set:     sampledata.Walkthrough(sampledata.DefaultSeed),
	}
	if w.dir, err = os.MkdirTemp("", "ampkit-demo-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	began := o.Now()
	w.report.printf("%s\n\n", w.report.paint(bold, "From samples to a Grafana panel: AMP, IAM roles and the plugin, all on this machine"))
	if err := w.steps(ctx); err != nil {
		return err
	}
	total := o.Now().Sub(began)
	for _, c := range w.charts {
		w.report.printf("\n%s\n", c)
	}
	w.report.printf("\n")
	w.report.table(total)
	if o.Keep {
		return w.keep(ctx)
	}
	w.report.printf("\n%s\n", w.report.paint(dim, "Everything is stopped and removed. --keep leaves it running for a Grafana of your own."))
	return nil
}

// Parts of the table.
const (
	partService = "the service: AMP, IAM, STS, OIDC"
	partWrite   = "writing, signed with the writer's role"
	partStart   = "starting the plugin"
	partQuery   = "health check and queries through the plugin"
	partRefusal = "the two refusals"
)

func (w *walk) steps(ctx context.Context) error {
	for _, s := range []struct {
		part, name string
		do         func(context.Context) (string, error)
	}{
		{partService, "local AMP", w.startCloud},
		{partService, "workspace", w.createWorkspace},
		{partService, "writer's role", w.createWriter},
		{partService, "plugin's role", w.createReader},
		{partWrite, "remote write", w.writeSamples},
		{partStart, "plugin", w.startPlugin},
		{partQuery, "Save & test", w.checkHealth},
		{partQuery, "requests by path", w.query(sampledata.RequestsByPath, perSecond)},
		{partQuery, "bytes by instance", w.query(sampledata.TransmitByInstance, bytesPerSecond)},
		{partQuery, "credentials kept", w.askedOnce},
		{partRefusal, "writer can't read", w.writerCannotRead},
		{partRefusal, "plugin can't write", w.readerCannotWrite},
	} {
		if err := w.report.step(s.part, s.name, func() (string, error) { return s.do(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// onClose remembers what to undo at the end, last first.
func (w *walk) onClose(f func() error) { w.closers = append(w.closers, f) }

func (w *walk) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
