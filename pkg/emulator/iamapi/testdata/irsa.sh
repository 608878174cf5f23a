#!/bin/bash
# What people run before they have anything better: the shape of the scripts in
# AWS's documentation for IAM roles of service accounts. Find the cluster's
# issuer, make the role or add to the trust of the one there is, make the policy
# and attach it.
set -euo pipefail
cluster=$1 account_name=$2 role=$3 policy=$4

account=$(aws sts get-caller-identity --query Account --output text)
issuer=$(aws eks describe-cluster --name "$cluster" --query cluster.identity.oidc.issuer --output text)
provider=${issuer#https://}

statement=$(cat <<EOF
{
  "Effect": "Allow",
  "Principal": {"Federated": "arn:aws:iam::$account:oidc-provider/$provider"},
  "Action": "sts:AssumeRoleWithWebIdentity",
  "Condition": {"StringEquals": {"$provider:sub": "system:serviceaccount:$account_name"}}
}
EOF
)

if old=$(aws iam get-role --role-name "$role" --query Role.AssumeRolePolicyDocument.Statement --output json 2>"$HOME/error"); then
  aws iam update-assume-role-policy --role-name "$role" \
    --policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [$statement, ${old#\[}}"
elif grep -q NoSuchEntity "$HOME/error"; then
  aws iam create-role --role-name "$role" --query Role.Arn --output text \
    --assume-role-policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [$statement]}"
else
  cat "$HOME/error" >&2
  exit 1
fi

arn=arn:aws:iam::$account:policy/$policy
aws iam get-policy --policy-arn "$arn" --query Policy.Arn --output text 2>/dev/null ||
  aws iam create-policy --policy-name "$policy" --query Policy.Arn --output text --policy-document \
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["aps:RemoteWrite", "aps:ListWorkspaces"], "Resource": "*"}]}'
aws iam attach-role-policy --role-name "$role" --policy-arn "$arn"
aws iam list-open-id-connect-providers --query OpenIDConnectProviderList[].Arn --output text | grep -q "$provider" ||
  aws iam create-open-id-connect-provider --url "$issuer" --client-id-list sts.amazonaws.com --output text
aws iam list-attached-role-policies --role-name "$role" --query 'AttachedPolicies[].PolicyName' --output text
