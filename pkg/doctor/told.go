package doctor

import (
	"slices"

	"github.com/ampkit/ampkit/pkg/amp"
)

// own are the kinds of failure that concern one check alone. All others have one
// cause whatever is asked.
var own = []amp.Kind{"", amp.KindAccessDenied, amp.KindForbidden, amp.KindBadRequest, amp.KindExecution, amp.KindNotFound}

// ofSigning are the kinds by which the data plane judges credentials, more
// exactly than STS does.
var ofSigning = []amp.Kind{amp.KindSignature, amp.KindScope, amp.KindTokenInvalid, amp.KindTokenExpired, amp.KindClockSkew}

// probes are the checks of the data plane, which counts.
var probes = []Name{Query, Labels, Series, Metadata, Write}

// tellOnce leaves each cause with the check that tells it best: others that
// failed for it are not checked, and say where to look.
func tellOnce(checks []Check) []Check {
	for i := range checks {
		c := &checks[i]
		if c.Outcome != Failed {
			continue
		}
		// What STS and the control plane think is said better by the data plane.
		aside := c.Name == Identity || (c.Name == Workspace && c.Facts.Status == "")
		switch to, letIn := c.better(checks), isLetIn(checks); {
		case aside && to != "":
			c.refer(to)
		case (aside || c.Name == Clock) && letIn:
			// A workspace is not shown to other accounts than its owner's, say, and
			// a proxy may date answers as it likes.
			c.Outcome, c.Remedy = NotChecked, ""
		default:
			c.fold(checks[:i])
		}
	}
	return checks
}

// better is the check that tells the cause of an aside's failure, "" for none.
func (c *Check) better(checks []Check) Name {
	for _, other := range checks {
		signing := c.Name == Identity && slices.Contains(ofSigning, other.Kind)
		same := slices.Contains(probes, other.Name) && other.Kind == c.Kind
		if other.Outcome == Failed && other.Name != Workspace && other.Name != Identity && (signing || same) {
			return other.Name
		}
	}
	return ""
}

func isLetIn(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.Outcome == Passed && slices.Contains(probes, c.Name) })
}

// fold refers to an earlier failure with the same cause.
func (c *Check) fold(earlier []Check) {
	for _, e := range earlier {
		same := e.Kind == c.Kind && (e.Detail == c.Detail || !slices.Contains(own, c.Kind))
		if e.Outcome == Failed && same {
			c.refer(e.Name)
			return
		}
	}
}

func (c *Check) refer(to Name) {
	*c = Check{Name: c.Name, Action: c.Action, Optional: c.Optional, Outcome: NotChecked, Detail: "see " + string(to)}
}
