// Package doctor finds out what keeps an identity from a workspace: who it is,
// whether the endpoint is reached, and what it may do there. It stands behind
// "ampkit doctor" and the data source's "Save & test", which show the same
// words; what to do about a failure is said by package amp and package awscreds.
//
// Nothing is written: the permission to write is probed with a body that can't
// be decoded.
package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/awscreds"
)

// Purpose is what the identity is for, and so what is needed. The set is closed.
type Purpose string

// The purposes.
const (
	ForQuery  Purpose = "query"  // reading, as the data source does
	ForIngest Purpose = "ingest" // writing, as Prometheus does
	ForBoth   Purpose = "both"
)

func (p Purpose) queries() bool { return p != ForIngest }
func (p Purpose) ingests() bool { return p == ForIngest || p == ForBoth }

// Options say what is examined.
type Options struct {
	// Client asks as queries do; its endpoint is the one examined. nil when
	// NotSetUp says why there is none.
	Client *amp.Client
	// NotSetUp is why no workspace can be asked, nil otherwise.
	NotSetUp error
	// Credentials are those that the client signs with. nil is an endpoint that
	// is not signed for, unless NoCredentials says why there are none.
	Credentials   *awscreds.Credentials
	NoCredentials error
	// Transport carries requests as the client's does, without signing; nil is
	// awscreds'. An *http.Transport is copied, so that name and certificate are
	// looked at anew.
	Transport http.RoundTripper
	// For is what is needed, ForQuery when "".
	For Purpose
	// Optional are checks whose failure is told but does not count.
	Optional []Name
	// Grafana is what Grafana passed on, nil outside of it.
	Grafana *awscreds.Passed
	// Limit bounds each check, 0 for 10 s. AsideLimit bounds those that data
	// does not depend on (STS, control plane), which a network without internet
	// may not reach; 0 for 3 s.
	Limit, AsideLimit time.Duration
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Run makes all checks, at once as far as they don't depend on each other, and
// returns them in their fixed order. It ends within a few Limits, or with ctx.
func Run(ctx context.Context, o Options) Report {
	o.For = cmp.Or(o.For, ForQuery)
	o.Limit, o.AsideLimit = cmp.Or(o.Limit, 10*time.Second), cmp.Or(o.AsideLimit, 3*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &exam{Options: o}
	if o.Client != nil {
		e.endpoint = o.Client.Endpoint()
		e.connection = sync.OnceValue(func() connection { return connect(ctx, o, e.endpoint) })
	}
	report := Report{For: o.For, Workspace: e.endpoint.Workspace, Region: e.endpoint.Region, SignHost: e.endpoint.SignHost, Checks: e.run(ctx)}
	if e.endpoint.Base != nil {
		report.Endpoint = e.endpoint.Base.Redacted()
	}
	if o.Credentials != nil {
		report.Credentials = o.Credentials.Source()
	}
	report.Outcome = Passed
	if len(report.Failures()) > 0 {
		report.Outcome = Failed
	}
	return report
}

// exam is one run.
type exam struct {
	Options
	endpoint   amp.Endpoint
	connection func() connection
}

// step is a check to be made.
type step struct {
	name   Name
	needs  []Name // passed before, where they are made at all
	aside  bool   // bounded by AsideLimit
	action string
	check  func(context.Context) Check
}

// steps are the checks of this exam, in the order in which they are shown.
func (e *exam) steps() []step {
	var s []step
	if e.Grafana != nil {
		s = append(s, step{name: GrafanaEnvironment, check: e.grafanaEnvironment}, step{name: GrafanaSettings, check: e.grafanaSettings})
	}
	if e.NotSetUp != nil {
		s = append(s, step{name: Settings, check: func(context.Context) Check { return failure(e.NotSetUp) }})
	}
	signed := e.Credentials != nil || e.NoCredentials != nil
	if signed {
		s = append(s, step{name: Credentials, check: e.credentials},
			step{name: Identity, needs: []Name{Credentials}, aside: true, check: e.identity})
	}
	if e.NotSetUp != nil {
		return s
	}
	s = append(s, step{name: DNS, check: e.dns},
		step{name: TLS, needs: []Name{DNS}, check: e.tls},
		step{name: Clock, needs: []Name{DNS, TLS}, check: e.clock})
	if signed && e.endpoint.Workspace != "" {
		s = append(s, step{name: Workspace, needs: []Name{Credentials}, aside: true, action: "aps:DescribeWorkspace", check: e.workspace})
	}
	return append(s, e.probes()...)
}

// run makes the checks. Each waits for those it needs; all end, for all are bounded.
func (e *exam) run(ctx context.Context) []Check {
	steps := e.steps()
	made := make([]Check, len(steps))
	done := map[Name]chan struct{}{}
	at := map[Name]int{}
	for i, s := range steps {
		done[s.name], at[s.name] = make(chan struct{}), i
	}
	var all sync.WaitGroup
	for i, s := range steps {
		all.Go(func() {
			defer close(done[s.name])
			for _, need := range s.needs {
				j, isMade := at[need]
				if !isMade {
					continue
				}
				<-done[need]
				if made[j].Outcome != Passed {
					made[i] = e.name(s, notChecked("needs %s", need))
					return
				}
			}
			made[i] = e.name(s, e.make(ctx, s))
		})
	}
	all.Wait()
	return tellOnce(made)
}

func (e *exam) make(ctx context.Context, s step) (c Check) {
	limit := e.Limit
	if s.aside {
		limit = e.AsideLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	defer func() {
		// A fault of ours must not take the plugin with it.
		if cause := recover(); cause != nil {
			c = notChecked("the check itself failed: %v", cause)
		}
	}()
	return s.check(ctx)
}

func (e *exam) name(s step, c Check) Check {
	c.Name, c.Action = s.name, cmp.Or(c.Action, s.action)
	for _, o := range e.Optional {
		c.Optional = c.Optional || o == s.name
	}
	return c
}

func notChecked(format string, args ...any) Check {
	return Check{Outcome: NotChecked, Detail: fmt.Sprintf(format, args...)}
}

func passed(format string, args ...any) Check {
	return Check{Outcome: Passed, Detail: fmt.Sprintf(format, args...)}
}
