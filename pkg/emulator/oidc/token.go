package oidc

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// Audience is the one that the EKS pod identity webhook asks tokens for.
const Audience = "sts.amazonaws.com"

// TokenRequest asks for a token as a pod's projected volume does.
type TokenRequest struct {
	Namespace, ServiceAccount string
	// Audiences are {"sts.amazonaws.com"} when empty.
	Audiences []string
	// TTL is an hour when zero. As with the API server, less than ten minutes
	// is an error.
	TTL time.Duration
	// Pod and Node are claims of the pod that the token is bound to; they are
	// named after the service account when empty.
	Pod, Node string
	// At is when the token is issued; the issuer's clock when zero.
	At time.Time
}

// Token is a minted token.
type Token struct {
	Raw             string
	Issued, Expires time.Time
}

// String hides the token from logs.
func (t Token) String() string { return "[redacted]" }

// GoString hides the token from logs.
func (t Token) GoString() string { return t.String() }

// object is how the API server writes what a token is bound to.
type object struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

// privateClaims also hold the audience: Kubernetes writes a list even of one.
type privateClaims struct {
	Audience   []string         `json:"aud"`
	Kubernetes kubernetesClaims `json:"kubernetes.io"`
}

type kubernetesClaims struct {
	Namespace      string `json:"namespace"`
	Node           object `json:"node"`
	Pod            object `json:"pod"`
	ServiceAccount object `json:"serviceaccount"`
}

// Mint signs a token.
func (i *Issuer) Mint(r TokenRequest) (Token, error) {
	if r.Namespace == "" || r.ServiceAccount == "" {
		return Token{}, errors.New("a token needs a namespace and a service account")
	}
	if len(r.Audiences) == 0 {
		r.Audiences = []string{Audience}
	}
	if r.TTL == 0 {
		r.TTL = time.Hour
	}
	if r.TTL < 10*time.Minute {
		return Token{}, fmt.Errorf("a token may not last less than 10 minutes, got %s", r.TTL)
	}
	if r.At.IsZero() {
		r.At = i.opts.Clock()
	}
	if r.Pod == "" {
		r.Pod = r.ServiceAccount + "-0"
	}
	if r.Node == "" {
		r.Node = "node-0"
	}
	t := Token{Issued: r.At.Truncate(time.Second)}
	t.Expires = t.Issued.Add(r.TTL)
	at := jwt.NewNumericDate(t.Issued)
	var err error
	t.Raw, err = jwt.Signed(i.signer).Claims(jwt.Claims{
		Issuer: i.opts.URL, Subject: "system:serviceaccount:" + r.Namespace + ":" + r.ServiceAccount,
		Expiry: jwt.NewNumericDate(t.Expires), NotBefore: at, IssuedAt: at, ID: uuid.NewString(),
	}).Claims(privateClaims{r.Audiences, kubernetesClaims{
		Namespace:      r.Namespace,
		Node:           i.object("node", "", r.Node),
		Pod:            i.object("pod", r.Namespace, r.Pod),
		ServiceAccount: i.object("serviceaccount", r.Namespace, r.ServiceAccount),
	}}).Serialize()
	if err != nil {
		return Token{}, fmt.Errorf("sign a token: %w", err)
	}
	return t, nil
}

// object gives a thing the same UID every time.
func (i *Issuer) object(kind, namespace, name string) object {
	return object{Name: name, UID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(i.opts.URL+"/"+kind+"/"+namespace+"/"+name)).String()}
}
