// Package podidentity is the EKS Pod Identity agent of the emulator's clusters,
// and the service behind it: a pod shows its projected token and gets the
// credentials of the role that its service account is associated with.
//
// Path, headers and bodies are those of the agent (github.com/aws/
// eks-pod-identity-agent); session tags, session names and the role chain to a
// target role are those of the EKS user guide, "EKS Pod Identity".
package podidentity

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/eks"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
	"github.com/ampkit/ampkit/pkg/emulator/sts"
)

// Audience is what the pod identity webhook asks tokens for, and the service
// that a role must trust.
const Audience = "pods.eks.amazonaws.com"

// Path is where the agent answers.
const Path = "/v1/credentials"

// Lives of the credentials: of an association's role, and of a target role,
// which is reached by a chain of roles.
const (
	session = 6 * time.Hour
	chained = time.Hour
)

// Agent answers GET /v1/credentials. The cluster is the first there is, unless
// the query names another: ?cluster=<name>.
type Agent struct {
	Book   *eks.Book
	Issuer *oidc.Issuer
	Store  *iam.Store
	STS    *sts.Service
	Region string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// answer is what the SDKs' container provider reads.
type answer struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	Token           string `json:"Token"`
	AccountID       string `json:"AccountId"`
	Expiration      string `json:"Expiration"`
}

func (a *Agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := awserr.Stamp(w.Header())
	c, account, err := a.credentials(r)
	if err != nil {
		e := awserr.From(err)
		http.Error(w, fmt.Sprintf("[%s]: (%s): %s, fault: client", id, e.Code, e.Message), e.Status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(answer{
		c.AccessKeyID, c.SecretAccessKey, c.SessionToken, account, c.Expiration.Format(time.RFC3339),
	})
}

func (a *Agent) credentials(r *http.Request) (sts.Credentials, string, error) {
	now := time.Now
	if a.Clock != nil {
		now = a.Clock
	}
	token := r.Header.Get("Authorization")
	if token == "" {
		return sts.Credentials{}, "", awserr.New(awserr.InvalidParameter, "Service account token cannot be empty")
	}
	pod, err := a.Issuer.Review(token, Audience, now())
	switch {
	case errors.Is(err, oidc.ErrExpired):
		e := awserr.TokenExpired()
		e.Status, e.Message = http.StatusBadRequest, "Service account token has expired"
		return sts.Credentials{}, "", e
	case errors.Is(err, oidc.ErrAudience):
		return sts.Credentials{}, "", awserr.New(awserr.InvalidTokenEKS, "Token audience is not %s", Audience)
	case err != nil:
		return sts.Credentials{}, "", awserr.New(awserr.InvalidTokenEKS, "Token is not one of this cluster")
	}
	cluster := r.URL.Query().Get("cluster")
	if clusters := a.Book.Clusters(); cluster == "" && len(clusters) > 0 {
		cluster = clusters[0]
	}
	association, ok := a.Book.Find(cluster, pod.Namespace, pod.ServiceAccount)
	if !ok {
		return sts.Credentials{}, "", awserr.New(awserr.ResourceNotFound,
			"No association of service account %s/%s in cluster %s", pod.Namespace, pod.ServiceAccount, cluster)
	}
	p, life, err := a.assume(association, pod)
	if err != nil {
		return sts.Credentials{}, "", err
	}
	c, err := a.STS.Issue(p, life)
	return c, p.Account, err
}

// assume begins the session, first of the association's role and then, where
// there is one, of the target role.
func (a *Agent) assume(as eks.Association, pod oidc.Pod) (iam.Principal, time.Duration, error) {
	var tags map[string]string
	if !as.DisableSessionTags {
		tags = map[string]string{
			"eks-cluster-arn": a.Book.ClusterARN(as.Cluster), "eks-cluster-name": as.Cluster,
			"kubernetes-namespace": pod.Namespace, "kubernetes-service-account": pod.ServiceAccount,
			"kubernetes-pod-name": pod.Name, "kubernetes-pod-uid": pod.UID,
		}
	}
	conditions := iam.Conditions{
		"aws:SourceArn": {a.Book.ClusterARN(as.Cluster)}, "aws:SourceAccount": {a.Store.Account()}, "aws:RequestedRegion": {a.Region},
	}
	requested(conditions, tags)
	actions := []string{"sts:AssumeRole"}
	if len(tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	for _, action := range actions {
		if err := a.Store.AuthorizeService(Audience, action, as.RoleARN, conditions); err != nil {
			e := awserr.New(awserr.AccessDenied, "Unauthorized Exception! EKS does not have permissions to assume the associated role.")
			e.Status = http.StatusBadRequest // as EKS Auth answers
			return iam.Principal{}, 0, e
		}
	}
	name := sessionName(as.Cluster, pod.Name)
	p, err := a.principal(as.RoleARN, name, tags)
	if err != nil || as.TargetRoleARN == "" {
		p.SessionPolicies = policies(as)
		return p, session, err
	}
	conditions = iam.Conditions{"sts:ExternalId": {as.ExternalID}, "sts:RoleSessionName": {name}, "aws:RequestedRegion": {a.Region}}
	requested(conditions, tags)
	for _, action := range actions {
		if err := a.Store.AuthorizeAssume(p, action, as.TargetRoleARN, conditions); err != nil {
			return p, 0, err
		}
	}
	p, err = a.principal(as.TargetRoleARN, name, tags) // the tags are transitive
	p.SessionPolicies = policies(as)
	return p, chained, err
}

func (a *Agent) principal(arn, name string, tags map[string]string) (iam.Principal, error) {
	role, ok := a.Store.Role(arn)
	if !ok { // deleted since
		return iam.Principal{}, awserr.New(awserr.AccessDenied, "Not authorized to perform sts:AssumeRole")
	}
	p := iam.Principal{
		Kind: iam.KindSession, Account: role.Account, Entity: role.ARN, ID: role.ID + ":" + name,
		ARN:        fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", a.Store.Partition(), role.Account, role.Name, name),
		Conditions: iam.Conditions{},
	}
	for key, value := range tags {
		p.Conditions["aws:PrincipalTag/"+key] = []string{value}
	}
	return p, nil
}

// requested adds session tags as trust policies ask for them.
func requested(c iam.Conditions, tags map[string]string) {
	for key, value := range tags {
		c["aws:RequestTag/"+key] = []string{value}
	}
	if len(tags) > 0 {
		keys := slices.Sorted(maps.Keys(tags))
		c["aws:TagKeys"], c["sts:TransitiveTagKeys"] = keys, keys
	}
}

func policies(as eks.Association) []iam.Document {
	if as.Policy == "" {
		return nil
	}
	return []iam.Document{as.Policy}
}

// sessionName is eks-<cluster>-<pod>-<uuid>, of which a session's name has
// room for 64 characters.
func sessionName(cluster, pod string) string {
	const most = 64
	id := uuid.NewString()
	head := "eks-" + clip(cluster, 11) + "-" + cmp.Or(clip(pod, 11), "pod") + "-"
	return clip(head+id, most)
}

func clip(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}
