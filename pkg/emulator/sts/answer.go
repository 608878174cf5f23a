package sts

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"time"
)

// result is the body of an answer; its XMLName is the operation's …Response.
type result interface{ complete(requestID string) }

// metadata closes every answer.
type metadata struct {
	XMLNS     string `xml:"xmlns,attr"`
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

func (m *metadata) complete(requestID string) { m.XMLNS, m.RequestID = Namespace, requestID }

type assumeRoleResponse struct {
	XMLName xml.Name `xml:"AssumeRoleResponse"`
	Result  struct {
		AssumedRoleUser  roleUser
		Credentials      credentials
		PackedPolicySize int `xml:",omitempty"`
	} `xml:"AssumeRoleResult"`
	metadata
}

type webIdentityResponse struct {
	XMLName xml.Name `xml:"AssumeRoleWithWebIdentityResponse"`
	Result  struct {
		SubjectFromWebIdentityToken string
		Audience                    string
		AssumedRoleUser             roleUser
		Credentials                 credentials
		Provider                    string
		PackedPolicySize            int `xml:",omitempty"`
	} `xml:"AssumeRoleWithWebIdentityResult"`
	metadata
}

type callerIdentityResponse struct {
	XMLName xml.Name `xml:"GetCallerIdentityResponse"`
	Result  struct {
		ARN     string `xml:"Arn"`
		UserID  string `xml:"UserId"`
		Account string
	} `xml:"GetCallerIdentityResult"`
	metadata
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

func writeResult(w http.ResponseWriter, r result, requestID string) error {
	r.complete(requestID)
	body, err := xml.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store") // credentials
	_, _ = w.Write(body)               // a client that has gone is not an error of ours
	return nil
}
