package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

const (
	account   = "123456789012"
	other     = "999999999999"
	workspace = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-1"
	foreign   = "arn:aws:aps:eu-west-1:999999999999:workspace/ws-1"
)

func doc(statements string) iam.Document {
	return iam.Document(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
}

func allow(action, resource string) iam.Document {
	return doc(fmt.Sprintf(`{"Effect":"Allow","Action":%q,"Resource":%q}`, action, resource))
}

func open(t *testing.T) *iam.Store {
	t.Helper()
	s, err := iam.Open(iam.Options{Account: account})
	require.NoError(t, err)
	return s
}

// newUser gives a user with these inline policies.
func newUser(t *testing.T, s *iam.Store, owner string, docs ...iam.Document) iam.Principal {
	t.Helper()
	u := iam.User{Account: owner, Name: "ann", Permissions: iam.Permissions{Inline: map[string]iam.Document{}}}
	for i, d := range docs {
		u.Inline[fmt.Sprint(i)] = d
	}
	u, err := s.PutUser(u)
	require.NoError(t, err)
	k, err := s.PutAccessKey(iam.AccessKey{User: u.ARN})
	require.NoError(t, err)
	_, p, ok := s.AccessKey(k.ID)
	require.True(t, ok)
	return p
}

func TestAuthorize(t *testing.T) {
	const query = "aps:QueryMetrics"
	deny := doc(`{"Effect":"Deny","Action":"aps:*","Resource":"*"}`)
	condition := func(c string) iam.Document {
		return doc(`{"Effect":"Allow","Action":"*","Resource":"*","Condition":` + c + `}`)
	}
	for name, c := range map[string]struct {
		docs       []iam.Document
		resource   string // workspace when empty
		conditions iam.Conditions
		allowed    bool
	}{
		"no policy":                  {},
		"exact":                      {docs: []iam.Document{allow(query, workspace)}, allowed: true},
		"action without case":        {docs: []iam.Document{allow("APS:querymetrics", "*")}, allowed: true},
		"action wildcard":            {docs: []iam.Document{allow("aps:Query*", "*")}, allowed: true},
		"action question mark":       {docs: []iam.Document{allow("aps:QueryMetric?", "*")}, allowed: true},
		"another action":             {docs: []iam.Document{allow("aps:RemoteWrite", "*")}},
		"another service":            {docs: []iam.Document{allow("s3:*", "*")}},
		"another workspace":          {docs: []iam.Document{allow(query, workspace+"2")}},
		"resource wildcard":          {docs: []iam.Document{allow(query, "arn:aws:aps:*:*:workspace/*")}, allowed: true},
		"resource with case":         {docs: []iam.Document{allow(query, strings.Replace(workspace, "ws-1", "WS-1", 1)), allow(query, "arn:aws:APS:*")}},
		"star ends its segment":      {docs: []iam.Document{allow(query, "arn:aws:aps:*")}, allowed: true},
		"star within a segment":      {docs: []iam.Document{allow(query, "arn:aws:aps:eu*1:123456789012:workspace/ws-1")}, allowed: true},
		"star does not cross colons": {docs: []iam.Document{allow(query, "arn:aws:a*1:123456789012:workspace/ws-1")}},
		"deny wins":                  {docs: []iam.Document{allow("*", "*"), deny}},
		"deny elsewhere":             {docs: []iam.Document{allow("*", "*"), doc(`{"Effect":"Deny","Action":"*","Resource":"` + foreign + `"}`)}, allowed: true},
		"statement is an object":     {docs: []iam.Document{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["a:b","aps:*"],"Resource":["*"]}}`}, allowed: true},
		"NotAction":                  {docs: []iam.Document{doc(`{"Effect":"Allow","NotAction":"aps:RemoteWrite","Resource":"*"}`)}, allowed: true},
		"NotAction names it":         {docs: []iam.Document{doc(`{"Effect":"Allow","NotAction":"aps:Query*","Resource":"*"}`)}},
		"NotResource":                {docs: []iam.Document{doc(`{"Effect":"Allow","Action":"*","NotResource":"` + foreign + `"}`)}, allowed: true},
		"NotResource names it":       {docs: []iam.Document{doc(`{"Effect":"Allow","Action":"*","NotResource":"` + workspace + `"}`)}},
		"another account":            {docs: []iam.Document{allow("*", "*")}, resource: foreign},
		"variable":                   {docs: []iam.Document{doc(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:aps:eu-west-1:${aws:PrincipalAccount}:workspace/ws-${aws:RequestTag/n}"}`)}, conditions: iam.Conditions{"aws:RequestTag/n": {"1"}}, allowed: true},
		"variable is no wildcard":    {docs: []iam.Document{doc(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:aps:eu-west-1:123456789012:workspace/${aws:RequestTag/n}"}`)}, conditions: iam.Conditions{"aws:RequestTag/n": {"*"}}},
		"variable without value":     {docs: []iam.Document{doc(`{"Effect":"Allow","Action":"*","Resource":"arn:aws:${nothing:there}*"}`)}},
		"variables of 2008":          {docs: []iam.Document{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:aps:eu-west-1:${aws:PrincipalAccount}:workspace/ws-1"}}`}},
		"principal's own key":        {docs: []iam.Document{condition(`{"StringEquals":{"aws:username":"ann"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/a*"}}`)}, allowed: true},
		"own keys can't be replaced": {docs: []iam.Document{condition(`{"StringEquals":{"aws:username":"bob"}}`)}, conditions: iam.Conditions{"aws:username": {"bob"}}},
		"one condition of two fails": {docs: []iam.Document{condition(`{"StringEquals":{"aws:username":"ann","aws:RequestedRegion":"x"}}`)}, conditions: iam.Conditions{"aws:RequestedRegion": {"y"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if c.resource == "" {
				c.resource = workspace
			}
			p := newUser(t, s, "", c.docs...)
			err := s.Authorize(p, query, c.resource, c.conditions)
			if c.allowed {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, awserr.AccessDenied)
			require.ErrorContains(t, err, "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: aps:QueryMetrics on resource: "+c.resource)
		})
	}
}

func TestAuthorizeManagedAndSessionPolicies(t *testing.T) {
	s := open(t)
	policy, err := s.PutPolicy(iam.Policy{Name: "reader", Default: "v2", Versions: []iam.Version{
		{ID: "v1", Document: allow("*", "*")}, {ID: "v2", Document: allow("aps:Get*", "*")},
	}})
	require.NoError(t, err)
	role, err := s.PutRole(iam.Role{Name: "reader", Path: "/team/", Trust: trustAll, Permissions: iam.Permissions{Attached: []string{policy.ARN}}})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/team/reader", role.ARN)
	p := session(role)

	require.NoError(t, s.Authorize(p, "aps:GetLabels", workspace, nil))
	require.ErrorIs(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil), awserr.AccessDenied, "v1 is not in force")

	p.SessionPolicies = []iam.Document{allow("aps:GetSeries", "*"), allow("aps:QueryMetrics", "*")}
	require.NoError(t, s.Authorize(p, "aps:GetSeries", workspace, nil))
	require.ErrorIs(t, s.Authorize(p, "aps:GetLabels", workspace, nil), awserr.AccessDenied)
	require.ErrorIs(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil), awserr.AccessDenied, "a session policy grants nothing by itself")

	require.NoError(t, s.DeleteRole(role.ARN))
	require.ErrorIs(t, s.Authorize(p, "aps:GetSeries", workspace, nil), awserr.UnrecognizedClient)
	_, err = s.PutRole(iam.Role{Name: "reader", Path: "/team/", Trust: trustAll, Permissions: iam.Permissions{Attached: []string{policy.ARN}}})
	require.NoError(t, err)
	require.ErrorIs(t, s.Authorize(p, "aps:GetSeries", workspace, nil), awserr.UnrecognizedClient, "a role made again is another role")
}

// Across accounts both sides must allow; within one, either.
func TestAuthorizeWithResourcePolicy(t *testing.T) {
	grant := func(principal, effect string) iam.Document {
		return doc(fmt.Sprintf(`{"Effect":%q,"Principal":{"AWS":%q},"Action":"aps:QueryMetrics","Resource":%q}`, effect, principal, workspace))
	}
	user := func(owner string) string { return "arn:aws:iam::" + owner + ":user/ann" }
	for name, c := range map[string]struct {
		owner    string
		own      []iam.Document
		resource iam.Document
		allowed  bool
	}{
		"same account, named":               {account, nil, grant(user(account), "Allow"), true},
		"same account, its root":            {account, nil, grant(account, "Allow"), false},
		"same account, anybody":             {account, nil, grant("*", "Allow"), true},
		"same account, denied":              {account, []iam.Document{allow("*", "*")}, grant(user(account), "Deny"), false},
		"another account, both":             {other, []iam.Document{allow("*", "*")}, grant(user(other), "Allow"), true},
		"another account, both, its root":   {other, []iam.Document{allow("*", "*")}, grant("arn:aws:iam::"+other+":root", "Allow"), true},
		"another account, only its own":     {other, []iam.Document{allow("*", "*")}, grant(user(account), "Allow"), false},
		"another account, only the foreign": {other, nil, grant(user(other), "Allow"), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			p := newUser(t, s, c.owner, c.own...)
			require.NoError(t, s.Update(func(st *iam.State) error { st.ResourcePolicies[workspace] = c.resource; return nil }))
			err := s.Authorize(p, "aps:QueryMetrics", workspace, nil)
			if c.allowed {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, awserr.AccessDenied)
			}
		})
	}
}

const trustAll iam.Document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`

func session(r iam.Role) iam.Principal {
	return iam.Principal{
		Kind: iam.KindSession, Account: r.Account, Entity: r.ARN, ID: r.ID + ":s",
		ARN: "arn:aws:sts::" + r.Account + ":assumed-role/" + r.Name + "/s",
	}
}
