package iam_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

// A boundary limits what policies grant and what a resource grants to the role;
// what a resource grants to the session by name it only can deny.
func TestBoundary(t *testing.T) {
	const query = "aps:QueryMetrics"
	session := "arn:aws:sts::" + account + ":assumed-role/reader/pod"
	onResource := func(principal string) iam.Document {
		return doc(`{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"aps:*","Resource":"*"}`)
	}
	role := "arn:aws:iam::" + account + ":role/reader"
	deny := doc(`{"Effect":"Deny","Action":"aps:*","Resource":"*"}`)
	for name, c := range map[string]struct {
		own, boundary, resource iam.Document
		allowed                 bool
	}{
		"both allow":                         {own: allow("*", "*"), boundary: allow("aps:Query*", "*"), allowed: true},
		"the boundary does not":              {own: allow("*", "*"), boundary: allow("aps:RemoteWrite", "*")},
		"the boundary grants nothing itself": {boundary: allow("*", "*")},
		"the boundary denies":                {own: allow("*", "*"), boundary: deny, resource: onResource(session)},
		"granted to the role":                {boundary: allow("aps:RemoteWrite", "*"), resource: onResource(role)},
		"granted to the role within":         {boundary: allow("aps:*", "*"), resource: onResource(role), allowed: true},
		"granted to the session":             {boundary: allow("aps:RemoteWrite", "*"), resource: onResource(session), allowed: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			p, err := s.PutPolicy(iam.Policy{Name: "fence", Default: "v1", Versions: []iam.Version{{ID: "v1", Document: c.boundary}}})
			require.NoError(t, err)
			r := iam.Role{Name: "reader", Trust: doc(`{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:AssumeRole"}`)}
			r.Boundary, r.Inline = p.ARN, map[string]iam.Document{}
			if c.own != "" {
				r.Inline["own"] = c.own
			}
			r, err = s.PutRole(r)
			require.NoError(t, err)
			if c.resource != "" {
				require.NoError(t, s.PutResourcePolicy(workspace, c.resource))
			}
			who := iam.Principal{Kind: iam.KindSession, Account: account, ARN: session, ID: r.ID + ":pod", Entity: r.ARN}
			err = s.Authorize(who, query, workspace, nil)
			if c.allowed {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, awserr.AccessDenied)
		})
	}
}

// A boundary whose policy is gone allows nothing.
func TestBoundaryWithoutItsPolicy(t *testing.T) {
	s := open(t)
	p := newUser(t, s, account, allow("*", "*"))
	require.NoError(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil))
	require.NoError(t, s.Update(func(st *iam.State) error {
		u := st.Users[p.Entity]
		u.Boundary = "arn:aws:iam::" + account + ":policy/gone"
		st.Users[u.ARN] = u
		return nil
	}))
	require.ErrorIs(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil), awserr.AccessDenied)
}

func TestPoliciesOfAWS(t *testing.T) {
	s := open(t)
	p := newUser(t, s, account)
	require.NoError(t, s.Update(func(st *iam.State) error {
		u := st.Users[p.Entity]
		u.Attached = []string{"arn:aws:iam::aws:policy/AmazonPrometheusQueryAccess"}
		st.Users[u.ARN] = u
		return nil
	}))
	require.NoError(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil))
	require.ErrorIs(t, s.Authorize(p, "aps:RemoteWrite", workspace, nil), awserr.AccessDenied)
}
