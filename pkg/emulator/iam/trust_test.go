package iam_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func TestAuthorizeAssume(t *testing.T) {
	trust := func(principal, more string) iam.Document {
		return doc(`{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"` + more + `}`)
	}
	const roleARN = "arn:aws:iam::123456789012:role/target"
	may := []iam.Document{allow("sts:AssumeRole", roleARN)}
	external := `,"Condition":{"StringEquals":{"sts:ExternalId":"e-1"}}`
	for name, c := range map[string]struct {
		owner      string
		own        []iam.Document
		trust      iam.Document
		conditions iam.Conditions
		allowed    bool
	}{
		"user is named":                  {account, nil, trust(`{"AWS":"arn:aws:iam::123456789012:user/ann"}`, ""), nil, true},
		"user in a list":                 {account, nil, trust(`{"AWS":["000000000001","arn:aws:iam::123456789012:user/ann"]}`, ""), nil, true},
		"anybody":                        {account, nil, trust(`{"AWS":"*"}`, ""), nil, true},
		"account is named, user may":     {account, may, trust(`{"AWS":"123456789012"}`, ""), nil, true},
		"root is named, user may":        {account, may, trust(`{"AWS":"arn:aws:iam::123456789012:root"}`, ""), nil, true},
		"account is named, user may not": {account, nil, trust(`{"AWS":"123456789012"}`, ""), nil, false},
		"user may, nobody is named":      {account, may, trust(`{"Service":"ec2.amazonaws.com"}`, ""), nil, false},
		"user is denied":                 {account, []iam.Document{doc(`{"Effect":"Deny","Action":"sts:*","Resource":"*"}`)}, trust(`{"AWS":"*"}`, ""), nil, false},
		"trust denies":                   {account, may, doc(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}`), nil, false},
		"NotPrincipal spares the user":   {account, nil, doc(`{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Effect":"Deny","NotPrincipal":{"AWS":"arn:aws:iam::123456789012:user/ann"},"Action":"sts:AssumeRole"}`), nil, true},
		"another account, both":          {other, may, trust(`{"AWS":"999999999999"}`, ""), nil, true},
		"another account, trust only":    {other, nil, trust(`{"AWS":"arn:aws:iam::999999999999:user/ann"}`, ""), nil, false},
		"another action is trusted":      {account, may, doc(`{"Effect":"Allow","Principal":"*","Action":"sts:TagSession"}`), nil, false},
		"external id":                    {account, may, trust(`{"AWS":"*"}`, external), iam.Conditions{"sts:ExternalId": {"e-1"}}, true},
		"wrong external id":              {account, may, trust(`{"AWS":"*"}`, external), iam.Conditions{"sts:ExternalId": {"e-2"}}, false},
		"no external id":                 {account, may, trust(`{"AWS":"*"}`, external), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			_, err := s.PutRole(iam.Role{Name: "target", Trust: c.trust})
			require.NoError(t, err)
			p := newUser(t, s, c.owner, c.own...)
			err = s.AuthorizeAssume(p, "sts:AssumeRole", roleARN, c.conditions)
			if c.allowed {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, awserr.AccessDenied)
			require.ErrorContains(t, err, "is not authorized to perform: sts:AssumeRole on resource: "+roleARN)
		})
	}
	s := open(t)
	p := newUser(t, s, "", may...)
	require.ErrorContains(t, s.AuthorizeAssume(p, "sts:AssumeRole", roleARN, nil), "is not authorized to perform: sts:AssumeRole", "no such role")
}

func TestAuthorizeFederated(t *testing.T) {
	const (
		provider = "arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A"
		sub      = "oidc.example/id/A:sub"
		aud      = "oidc.example/id/A:aud"
		name     = "sts:AssumeRoleWithWebIdentity"
	)
	good := iam.Conditions{sub: {"system:serviceaccount:ns:reader"}, aud: {"sts.amazonaws.com"}}
	exact := `{"StringEquals":{"` + sub + `":"system:serviceaccount:ns:reader","` + aud + `":"sts.amazonaws.com"}}`
	trust := func(provider, condition string) iam.Document {
		return doc(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"` + name + `","Condition":` + condition + `}`)
	}
	for title, c := range map[string]struct {
		trust   iam.Document
		claims  iam.Conditions
		allowed bool
	}{
		"exact":                 {trust(provider, exact), good, true},
		"other service account": {trust(provider, exact), iam.Conditions{sub: {"system:serviceaccount:ns:writer"}, aud: good[aud]}, false},
		"other audience":        {trust(provider, exact), iam.Conditions{sub: good[sub], aud: {"else"}}, false},
		"one audience of two":   {trust(provider, exact), iam.Conditions{sub: good[sub], aud: {"else", "sts.amazonaws.com"}}, true},
		"claim is missing":      {trust(provider, exact), iam.Conditions{aud: good[aud]}, false},
		"other provider":        {trust(provider+"B", exact), good, false},
		"pattern":               {trust(provider, `{"StringLike":{"`+sub+`":"system:serviceaccount:ns:*"}}`), good, true},
		"pattern elsewhere":     {trust(provider, `{"StringLike":{"`+sub+`":"system:serviceaccount:prod:*"}}`), good, false},
		"pattern taken exactly": {trust(provider, `{"StringEquals":{"`+sub+`":"system:serviceaccount:ns:*"}}`), good, false},
		"anybody of AWS":        {trustAll, good, false},
	} {
		t.Run(title, func(t *testing.T) {
			s := open(t)
			role, err := s.PutRole(iam.Role{Name: "target", Trust: c.trust})
			require.NoError(t, err)
			err = s.AuthorizeFederated(provider, name, role.ARN, c.claims)
			if c.allowed {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, "AccessDeniedException: Not authorized to perform sts:AssumeRoleWithWebIdentity")
		})
	}
}

func TestAuthorizeService(t *testing.T) {
	s := open(t)
	role, err := s.PutRole(iam.Role{Name: "pod", Trust: doc(`{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}`)})
	require.NoError(t, err)
	require.NoError(t, s.AuthorizeService("pods.eks.amazonaws.com", "sts:TagSession", role.ARN, nil))
	require.ErrorIs(t, s.AuthorizeService("ec2.amazonaws.com", "sts:AssumeRole", role.ARN, nil), awserr.AccessDenied)
}
