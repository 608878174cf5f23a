package query

import (
	"math"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend/gtime"
)

const (
	// maxPoints is the service's limit of points a series (amp: "exceeded
	// maximum resolution of 11,000 points per timeseries").
	maxPoints = 11_000
	// defaultPoints is the resolution of a panel that names none.
	defaultPoints = 1500
	// defaultScrape is used where neither query nor data source say more.
	defaultScrape = 15 * time.Second
)

// intervals is what steps are computed from.
type intervals struct {
	query     string        // the query's "interval", the editor's min step: a duration or a macro
	queryMS   int64         // the query's "intervalMs"
	factor    int64         // the query's "intervalFactor"
	panel     time.Duration // the interval Grafana computed for the panel
	scrape    time.Duration // the data source's
	span      time.Duration // the panel's range
	maxPoints int64         // the panel's width
}

// step is the resolution of the range query. Only a query that would be refused
// for its number of points, all told, gets a larger one than it always had.
func (i intervals) step() (time.Duration, error) {
	least, err := i.minimum()
	if err != nil {
		return 0, err
	}
	base := max(i.calculated(least), gtime.RoundInterval(i.span/maxPoints), time.Millisecond)
	for tooManyPoints(i.span, i.scaled(base)) {
		base = nextRound(base)
	}
	return i.scaled(base), nil
}

// scaled is the step that comes of a base: the rate interval where the user
// asked for that as min step, else a multiple.
func (i intervals) scaled(base time.Duration) time.Duration {
	if isRateMacro(i.query) {
		return rateInterval(base, i.scrapeOr(defaultScrape))
	}
	return time.Duration(int64(base) * min(max(i.factor, 1), math.MaxInt64/int64(base)))
}

// minimum is the smallest step the user allows. A macro as min step is the
// outcome of this computation and can't be its input.
func (i intervals) minimum() (time.Duration, error) {
	query, scrape := i.query, ""
	if isMacro(query) {
		query = ""
	}
	if i.scrape > 0 {
		scrape = i.scrape.String()
	}
	return gtime.GetIntervalFrom(scrape, query, i.queryMS, defaultScrape)
}

func (i intervals) calculated(least time.Duration) time.Duration {
	points := i.maxPoints
	if points <= 0 {
		points = defaultPoints
	}
	if c := i.span / time.Duration(points); c >= least {
		return gtime.RoundInterval(c)
	}
	return least
}

// tooManyPoints tells whether a range of that length, wherever it begins, can
// hold more points than the service answers. It does not depend on the phase
// of the range, so a dashboard that refreshes keeps its step.
func tooManyPoints(span, step time.Duration) bool {
	return (span+step-1)/step+1 > maxPoints
}

// roundSteps are the values of gtime.RoundInterval.
var roundSteps = [...]time.Duration{
	time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 7 * day, 30 * day, 365 * day,
}

const day = 24 * time.Hour

func nextRound(step time.Duration) time.Duration {
	for _, r := range roundSteps {
		if r > step {
			return r
		}
	}
	return step * 2
}

// rateInterval is the value of $__rate_interval for a step: long enough that
// rate() sees several samples at every point. A min step of $__rate_interval
// made it the step itself; one of $__interval makes the step the scrape
// interval to reckon with.
func (i intervals) rateInterval(step time.Duration) (time.Duration, error) {
	switch {
	case isRateMacro(i.query):
		return step, nil
	case isIntervalMacro(i.query):
		return rateInterval(i.panel, step), nil
	case i.query == "" || isMacro(i.query):
		return rateInterval(i.panel, i.scrapeOr(defaultScrape)), nil
	}
	scrape, err := gtime.ParseIntervalStringToTimeDuration(i.query)
	if err != nil {
		return 0, err
	}
	return rateInterval(i.panel, scrape), nil
}

func rateInterval(panel, scrape time.Duration) time.Duration {
	return max(panel+scrape, 4*scrape)
}

func (i intervals) scrapeOr(def time.Duration) time.Duration {
	if i.scrape > 0 {
		return i.scrape
	}
	return def
}

// align floors t to the step, as seen on a clock that is offset from UTC: a
// step of a day begins at the user's midnight. Aligned times make the same
// query hit the same points, and caches, at every refresh.
func align(t time.Time, step, offset time.Duration) time.Time {
	n := t.UnixNano() + int64(offset)
	r := n % int64(step)
	if r < 0 {
		r += int64(step)
	}
	return time.Unix(0, n-r-int64(offset)).UTC()
}
