package iamapi

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// The shapes of the answers, with their members in the order of AWS.
type (
	roleShape struct {
		Path, RoleName           string
		RoleID                   string `xml:"RoleId"`
		ARN                      string `xml:"Arn"`
		CreateDate               string
		AssumeRolePolicyDocument string
		Description              string              `xml:",omitempty"`
		MaxSessionDuration       int                 `xml:",omitempty"`
		PermissionsBoundary      *boundaryShape      `xml:",omitempty"`
		Tags                     *query.Members[tag] `xml:",omitempty"`
		RoleLastUsed             *struct{}           `xml:",omitempty"`
	}
	boundaryShape struct {
		Type string `xml:"PermissionsBoundaryType"`
		ARN  string `xml:"PermissionsBoundaryArn"`
	}
	userShape struct {
		Path, UserName      string
		UserID              string `xml:"UserId"`
		ARN                 string `xml:"Arn"`
		CreateDate          string
		PermissionsBoundary *boundaryShape      `xml:",omitempty"`
		Tags                *query.Members[tag] `xml:",omitempty"`
	}
	policyShape struct {
		PolicyName                    string
		PolicyID                      string `xml:"PolicyId"`
		ARN                           string `xml:"Arn"`
		Path                          string
		DefaultVersionID              string `xml:"DefaultVersionId"`
		AttachmentCount               int
		PermissionsBoundaryUsageCount int
		IsAttachable                  bool
		Description                   string `xml:",omitempty"`
		CreateDate, UpdateDate        string
		Tags                          *query.Members[tag] `xml:",omitempty"`
	}
	versionShape struct {
		Document         string `xml:",omitempty"`
		VersionID        string `xml:"VersionId"`
		IsDefaultVersion bool
		CreateDate       string
	}
	attachedShape struct {
		PolicyName string
		PolicyARN  string `xml:"PolicyArn"`
	}
	inlineShape struct {
		RoleName, PolicyName, PolicyDocument string
	}
	providerShape struct {
		URL            string `xml:"Url"`
		ClientIDList   query.Members[string]
		ThumbprintList query.Members[string]
		CreateDate     string
		Tags           *query.Members[tag] `xml:",omitempty"`
	}
	tag struct{ Key, Value string }
	// paging closes every list.
	paging struct {
		IsTruncated bool
		Marker      string `xml:",omitempty"`
	}
)

// encode is how documents travel in answers: URL-encoded after RFC 3986.
func encode(d iam.Document) string {
	return strings.ReplaceAll(url.QueryEscape(string(d)), "+", "%20")
}

// listed is a role in a list, which leaves out tags and boundary.
func listed(r iam.Role) roleShape {
	return roleShape{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, ARN: r.ARN, CreateDate: query.Time(r.Created),
		AssumeRolePolicyDocument: encode(r.Trust), Description: r.Description,
		MaxSessionDuration: int(cmp.Or(r.MaxSession, time.Hour) / time.Second),
	}
}

func whole(r iam.Role) roleShape {
	s := listed(r)
	s.PermissionsBoundary, s.Tags = boundary(r.Boundary), tags(r.Tags)
	return s
}

func boundary(arn string) *boundaryShape {
	if arn == "" {
		return nil
	}
	return &boundaryShape{"Policy", arn}
}

// tags leaves the element out where there are none.
func tags(m map[string]string) *query.Members[tag] {
	if len(m) == 0 {
		return nil
	}
	list := query.List(sortedTags(m))
	return &list
}

func policyOf(st *iam.State, p iam.Policy) policyShape {
	attached, bounding := usage(st, p.ARN)
	return policyShape{
		PolicyName: p.Name, PolicyID: p.ID, ARN: p.ARN, Path: p.Path, DefaultVersionID: p.Default,
		AttachmentCount: attached, PermissionsBoundaryUsageCount: bounding, IsAttachable: true,
		Description: p.Description, CreateDate: query.Time(p.Created), UpdateDate: query.Time(latest(p.Created, p.Updated)),
		Tags: tags(p.Tags),
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// versionOf leaves the document out in lists.
func versionOf(p iam.Policy, v iam.Version, document bool) versionShape {
	s := versionShape{VersionID: v.ID, IsDefaultVersion: v.ID == p.Default, CreateDate: query.Time(latest(v.Created, p.Created))}
	if document {
		s.Document = encode(v.Document)
	}
	return s
}

// page reads Marker and MaxItems and cuts a sorted list accordingly.
func page[T any](c *call, key func(T) string) func(list []T) ([]T, paging, error) {
	at, most := c.in.Optional("Marker", marker), c.in.Int("MaxItems", 1, 1000, 100)
	return func(list []T) ([]T, paging, error) {
		cut, next, err := query.Page(list, key, at, most)
		if err != nil {
			return nil, paging{}, awserr.New(awserr.ValidationError, "Invalid Marker.")
		}
		return cut, paging{next != "", next}, nil
	}
}
