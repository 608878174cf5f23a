// Package eks is the emulator's Amazon EKS: clusters that are there from the
// start, whose OpenID Connect issuer is the emulator's, and the pod identity
// associations of their service accounts, in REST JSON.
//
// Shapes, status codes and bounds are those of the model that every SDK ships
// (eks/2017-11-01) and of the EKS API reference.
package eks

import (
	"cmp"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Options configure a Book.
type Options struct {
	// Region, Account and Partition are those of the clusters.
	Region, Account, Partition string
	// Clusters are the names of the clusters that exist.
	Clusters []string
	// Issuer is the URL of every cluster's OpenID Connect issuer.
	Issuer string
	// Network is where the clusters are.
	Network Network
	// Dir keeps associations across restarts; empty keeps them in memory only.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// Network names the VPC of a cluster and what of it the cluster uses.
type Network struct {
	VPC                     string
	Subnets, SecurityGroups []string
}

// Association gives the pods of a service account a role.
type Association struct {
	Cluster        string            `json:"cluster"`
	Namespace      string            `json:"namespace"`
	ServiceAccount string            `json:"serviceAccount"`
	RoleARN        string            `json:"roleARN"`
	ID             string            `json:"id"` // a-…
	ARN            string            `json:"arn"`
	Created        time.Time         `json:"created"`
	Modified       time.Time         `json:"modified"`
	Tags           map[string]string `json:"tags,omitempty"`
	ClientToken    string            `json:"clientToken,omitempty"`
	// DisableSessionTags leaves the cluster, the namespace and so on out of the
	// session.
	DisableSessionTags bool `json:"disableSessionTags,omitempty"`
	// TargetRoleARN is a role that the first one assumes for the pod, with
	// ExternalID.
	TargetRoleARN string `json:"targetRoleARN,omitempty"`
	ExternalID    string `json:"externalID,omitempty"`
	// Policy narrows what the pod may do.
	Policy iam.Document `json:"policy,omitempty"`
}

// Book holds the associations. It is safe for concurrent use.
type Book struct {
	o            Options
	born         time.Time // of the clusters
	associations *statefile.Table[Association]
}

// Open reads what Options.Dir holds, or begins with nothing.
func Open(o Options) (*Book, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Partition = cmp.Or(o.Partition, "aws")
	for _, name := range o.Clusters {
		if !clusterName.MatchString(name) {
			return nil, fmt.Errorf("cluster %q: want 1 to 100 letters, digits, hyphens and underscores", name)
		}
	}
	associations, err := statefile.OpenTable[Association](statefile.In(o.Dir, "eks.json"), "pod identity associations")
	return &Book{o: o, born: o.Clock(), associations: associations}, err
}

// Clusters are the names of the clusters that exist, sorted.
func (b *Book) Clusters() []string { return slices.Sorted(slices.Values(b.o.Clusters)) }

// ClusterARN names a cluster, existing or not.
func (b *Book) ClusterARN(name string) string { return b.arn("cluster/" + name) }

func (b *Book) arn(resource string) string {
	return fmt.Sprintf("arn:%s:eks:%s:%s:%s", b.o.Partition, b.o.Region, b.o.Account, resource)
}

// Find is the association of a service account.
func (b *Book) Find(cluster, namespace, serviceAccount string) (Association, bool) {
	for _, a := range b.list(cluster) {
		if a.Namespace == namespace && a.ServiceAccount == serviceAccount {
			return a, true
		}
	}
	return Association{}, false
}

// list gives the associations of a cluster by ID.
func (b *Book) list(cluster string) []Association {
	var all []Association
	for _, a := range b.associations.All() {
		if a.Cluster == cluster {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y Association) int { return strings.Compare(x.ID, y.ID) })
	return all
}

func (b *Book) get(cluster, id string) (Association, error) {
	a, ok := b.associations.All()[id]
	if !ok || a.Cluster != cluster {
		return a, awserr.New(awserr.ResourceNotFound, "No association found with associationId: %s", id)
	}
	return a, nil
}

// create makes an association, or finds the one that the same client token made.
func (b *Book) create(a Association) (Association, error) {
	err := b.associations.Update(func(all map[string]Association) error {
		for _, old := range all {
			if old.Cluster != a.Cluster || old.Namespace != a.Namespace || old.ServiceAccount != a.ServiceAccount {
				continue
			}
			if a.ClientToken != "" && a.ClientToken == old.ClientToken && a.RoleARN == old.RoleARN {
				a = old
				return nil
			}
			return awserr.New(awserr.ResourceInUse, "Association already exists: %s", old.ID)
		}
		a.ID = "a-" + newID()
		a.ARN = b.arn("podidentityassociation/" + a.Cluster + "/" + a.ID)
		a.Created = b.o.Clock().UTC()
		a.Modified = a.Created
		all[a.ID] = a
		return nil
	})
	return a, err
}

// newID is 17 lower case letters and digits, as EKS makes them.
func newID() string {
	var raw [11]byte
	_, _ = rand.Read(raw[:]) // never fails, see crypto/rand
	return strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))[:17]
}
