package iamapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"
)

// What IAM refuses to keep is refused when it is sent, not found out later.
func TestDocumentsThatIAMRefuses(t *testing.T) {
	e, key := newEmulator(t, "", "")
	c, name := client(e, key), aws.String("query")
	_, err := c.CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust)})
	require.NoError(t, err)
	for statement, want := range map[string]string{
		``: "Syntax errors in policy.",
		`{"Effect":"Allow","Action":[],"Resource":"*"}`:                                                                            "Policy statement must contain actions.",
		`{"Effect":"Allow","Action":"aps:*","Resource":[]}`:                                                                        "Policy statement must contain resources.",
		`{"Sid":"read-only","Effect":"Allow","Action":"aps:*","Resource":"*"}`:                                                     "Statement IDs (SID) must be alpha-numeric.",
		`{"Sid":"a","Effect":"Allow","Action":"aps:*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"aps:*","Resource":"*"}`: "must be unique.",
		`{"Effect":"Allow","Action":"aps:*","Resource":"*","Condition":{"StringEquals":{"team":"a"}}}`:                             "Actions/Conditions must be prefaced by a vendor",
	} {
		_, err := c.PutRolePolicy(t.Context(), &sdk.PutRolePolicyInput{
			RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`),
		})
		refused(t, err, "MalformedPolicyDocument", want)
	}
	for statement, want := range map[string]string{
		`{"Effect":"Allow","Action":"aps:QueryMetrics","Principal":{"AWS":"` + account + `"}}`:                      "AssumeRole policy may only specify STS AssumeRole actions.",
		`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":[]}}`:                                       "Missing required field Principal",
		`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::` + account + `:role/none"}}`: `Invalid principal in policy: "AWS":"arn:aws:iam::` + account + `:role/none"`,
	} {
		document := aws.String(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
		_, err := c.UpdateAssumeRolePolicy(t.Context(), &sdk.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: document})
		refused(t, err, "MalformedPolicyDocument", want)
		_, err = c.CreateRole(t.Context(), &sdk.CreateRoleInput{RoleName: aws.String("other"), AssumeRolePolicyDocument: document})
		refused(t, err, "MalformedPolicyDocument", want)
	}
	for _, who := range []string{"user/admin", "role/query", "root"} {
		_, err := c.UpdateAssumeRolePolicy(t.Context(), &sdk.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Sid":"with a space","Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::` + account + `:` + who + `"}}]}`)})
		require.NoError(t, err, who)
	}
}
