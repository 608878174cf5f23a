package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/ampkit/ampkit/pkg/amp"
)

// maxPoints is how many values of one series the service answers with at most.
const maxPoints = 11_000

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 256 << 20

var queryOutputs = []string{"table", "chart", "json", "csv"}

type queryOptions struct {
	workspaceOptions
	Expr             string
	Output           string
	Range            bool
	Start, End, Time time.Time // in UTC; Time is an instant query's
	Step             time.Duration
	Timeout          time.Duration
	Width            int // 0 for the terminal's
}

// queryTimes are the flags that say when, as they were typed.
type queryTimes struct {
	start, end, at string
	since, step    model.Duration
}

func newQueryCmd(s streams) *cobra.Command {
	var (
		o     queryOptions
		times queryTimes
	)
	cmd := &cobra.Command{
		Use:   "query EXPRESSION",
		Short: "Ask a workspace a PromQL query, as a table, chart, JSON or CSV",
		Long: `Ask a workspace a PromQL query. Without --since or --start the answer is for one
moment (--time, by default now), with them for a range.

Of a range a table shows each series' smallest, mean, largest and last value,
without NaN. Native histograms have a line of their own there. CSV and JSON hold
every value. JSON is the service's answer as it came.

CSV has the columns time, one for each label, value, and with native histograms
count and sum. A label that is called as one of these is the column exported_time,
exported_value and so on, as Prometheus calls it when it scrapes.

A chart is as wide as the terminal, or 80 characters where there is none.

Times are RFC 3339 or seconds since 1970, durations as in PromQL: 90s, 1h30m, 7d.
Credentials need the action aps:QueryMetrics.`,
		Example: `  # Now
  ampkit query --workspace ws-0e1f… --region eu-central-1 'sum(rate(http_requests_total[5m])) by (path)'

  # The last hour, drawn
  ampkit query --workspace ws-0e1f… --region eu-central-1 --since 1h --output chart up

  # A day in March, for a spreadsheet
  ampkit query --url https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-0e1f… \
    --start 2026-03-01T00:00:00Z --end 2026-03-02T00:00:00Z --step 5m --output csv up > up.csv`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(cmd, "one expression is wanted, %d are given: quote it", len(args))
			}
			o.Expr = args[0]
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd, times, time.Now()); err != nil {
				return err
			}
			return runQuery(cmd.Context(), s, o)
		},
	}
	o.addTo(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.Output, "output", "o", queryOutputs[0], "one of "+strings.Join(queryOutputs, ", "))
	f.StringVar(&times.at, "time", "", "moment to ask about (default: now)")
	f.Var(&times.since, "since", "ask about a range: this long, up to --end")
	f.StringVar(&times.start, "start", "", "ask about a range: from here")
	f.StringVar(&times.end, "end", "", "where the range ends (default: now)")
	f.Var(&times.step, "step", "time between the values of a range (default: some 120 of them)")
	f.DurationVar(&o.Timeout, "timeout", 30*time.Second, "how long to wait for the answer, retries included")
	f.IntVar(&o.Width, "width", 0, "width of the chart, in characters (default: the terminal's)")
	completion(cmd, "output", queryOutputs...)
	return cmd
}

func (o *queryOptions) check(cmd *cobra.Command, t queryTimes, now time.Time) error {
	if err := o.workspaceOptions.check(cmd); err != nil {
		return err
	}
	if strings.TrimSpace(o.Expr) == "" {
		return usagef(cmd, "the expression is empty")
	}
	if !slices.Contains(queryOutputs, o.Output) {
		return usagef(cmd, "--output %q is not one of %s", o.Output, strings.Join(queryOutputs, ", "))
	}
	if cmd.Flags().Changed("width") && (o.Width < leastColumns || o.Width > mostColumns) {
		return usagef(cmd, "--width %d is not between %d and %d", o.Width, leastColumns, mostColumns)
	}
	if o.Timeout <= 0 {
		return usagef(cmd, "--timeout: %s is no time to wait", o.Timeout)
	}
	now = now.UTC().Truncate(time.Millisecond)
	o.Range = t.start != "" || t.since != 0
	if !o.Range {
		return o.checkInstant(cmd, t, now)
	}
	return o.checkRange(cmd, t, now)
}

func (o *queryOptions) checkInstant(cmd *cobra.Command, t queryTimes, now time.Time) (err error) {
	switch {
	case o.Output == "chart":
		return usagef(cmd, "--output chart draws a range: add --since 1h or --start")
	case t.end != "" || t.step != 0:
		return usagef(cmd, "--end and --step are of a range: add --since 1h or --start")
	}
	if o.Time, err = parseTime(t.at, now); err != nil {
		return usagef(cmd, "--time: %w", err)
	}
	return nil
}

func (o *queryOptions) checkRange(cmd *cobra.Command, t queryTimes, now time.Time) (err error) {
	switch {
	case t.start != "" && t.since != 0:
		return usagef(cmd, "--start %s and --since %s both say where the range begins: give one", t.start, t.since)
	case t.at != "":
		return usagef(cmd, "--time asks about one moment: leave out --since and --start, or use --end")
	}
	if o.End, err = parseTime(t.end, now); err != nil {
		return usagef(cmd, "--end: %w", err)
	}
	if o.Start, err = parseTime(t.start, o.End.Add(-time.Duration(t.since))); err != nil {
		return usagef(cmd, "--start: %w", err)
	}
	span := o.End.Sub(o.Start)
	if span <= 0 {
		return usagef(cmd, "the range ends at %s, which is not after its start %s", stamp(o.End), stamp(o.Start))
	}
	if o.Step = time.Duration(t.step); o.Step == 0 {
		o.Step = niceStep(span)
	}
	if points := int64(span/o.Step) + 1; points > maxPoints {
		return usagef(cmd, "%d values of each series are asked for, the service answers %d at most: make --step at least %s",
			points, maxPoints, model.Duration((span/(maxPoints-1) + time.Second).Truncate(time.Second)))
	}
	return nil
}

// parseTime reads RFC 3339 or seconds since 1970; "" is otherwise.
func parseTime(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > -1e10 && seconds < 1e12 {
		return time.UnixMilli(int64(seconds * 1000)).UTC(), nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2026-03-01T12:00:00Z nor seconds since 1970", text)
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

// niceStep divides a range into some 120 steps of a length that people use.
func niceStep(span time.Duration) time.Duration {
	for _, step := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute,
		5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	} {
		if span/step <= 120 {
			return step
		}
	}
	const day = 24 * time.Hour
	return (span / 120).Truncate(day) + day
}

// request is what is asked: the path and its parameters.
func (o *queryOptions) request() amp.Request {
	if !o.Range {
		return amp.Request{Path: "query", Params: url.Values{"query": {o.Expr}, "time": {seconds(o.Time)}}}
	}
	return amp.Request{Path: "query_range", Params: url.Values{
		"query": {o.Expr}, "start": {seconds(o.Start)}, "end": {seconds(o.End)},
		"step": {strconv.FormatFloat(o.Step.Seconds(), 'f', -1, 64)},
	}}
}

func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z07:00") }

func runQuery(ctx context.Context, s streams, o queryOptions) error {
	t, err := o.connect(ctx)
	if err != nil {
		return err
	}
	defer t.close()
	client := amp.NewClient(amp.Config{
		Endpoint: t.endpoint, Transport: t.client.Transport, Timeout: o.Timeout, UserAgent: userAgent(),
	})
	resp, err := client.Do(ctx, o.request())
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read to its end, or an error is returned
	body := &io.LimitedReader{R: resp.Body, N: maxAnswer}
	if o.Output == "json" {
		_, err = io.Copy(s.out, body)
		if err == nil {
			_, err = fmt.Fprintln(s.out)
		}
	} else {
		err = o.print(s, body)
	}
	if body.N == 0 {
		return fmt.Errorf("the answer is larger than %s: ask for less with --step or an aggregation", byteSize(maxAnswer))
	}
	return err
}
