package promjson

import "time"

// Options is what frames say about the query they answer.
type Options struct {
	// RefID is the query's name in its panel or alert rule.
	RefID string
	// Expr is the expression that was sent, macros replaced. With Step it makes the first frame's executed query.
	Expr string
	// Step is the resolution of a range query. Grafana draws a gap where a time column skips it.
	Step time.Duration
	// MinStep is the smallest step the query could have had; dashboards read it from the first frame. Zero means Step.
	MinStep time.Duration
	// Legend gives a series its display name; nil leaves all names to Grafana. See NewLegend.
	Legend Legend
}

// executedQuery has the form that the front end's annotations parse the step out of.
func (o Options) executedQuery() string {
	return "Expr: " + o.Expr + "\nStep: " + o.Step.String()
}

func (o Options) minStepMillis() float64 {
	if o.MinStep != 0 {
		return float64(o.MinStep.Milliseconds())
	}
	return float64(o.Step.Milliseconds())
}
