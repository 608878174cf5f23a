package sts

import "time"

type assumeRoleResult struct {
	AssumedRoleUser  roleUser
	Credentials      credentials
	PackedPolicySize int `xml:",omitempty"`
}

type webIdentityResult struct {
	SubjectFromWebIdentityToken string
	Audience                    string
	AssumedRoleUser             roleUser
	Credentials                 credentials
	Provider                    string
	PackedPolicySize            int `xml:",omitempty"`
}

type callerIdentityResult struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

type roleUser struct {
	ARN string `xml:"Arn"`
	ID  string `xml:"AssumedRoleId"`
}

type credentials struct {
	AccessKeyID                               string `xml:"AccessKeyId"`
	SecretAccessKey, SessionToken, Expiration string
}

func (c Credentials) xml() credentials {
	return credentials{c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration.Format(time.RFC3339)}
}
