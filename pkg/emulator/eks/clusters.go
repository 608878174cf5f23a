package eks

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// The bodies, with their members in the order of the SDK's snapshots.
type (
	clustersBody struct {
		Clusters  []string `json:"clusters"`
		NextToken string   `json:"nextToken,omitempty"`
	}
	clusterBody struct {
		Cluster cluster `json:"cluster"`
	}
	cluster struct {
		ARN                  string `json:"arn"`
		CertificateAuthority struct {
			Data string `json:"data"`
		} `json:"certificateAuthority"`
		CreatedAt epoch  `json:"createdAt"`
		Endpoint  string `json:"endpoint"`
		Identity  struct {
			OIDC struct {
				Issuer string `json:"issuer"`
			} `json:"oidc"`
		} `json:"identity"`
		Name               string            `json:"name"`
		PlatformVersion    string            `json:"platformVersion"`
		ResourcesVPCConfig vpcConfig         `json:"resourcesVpcConfig"`
		RoleARN            string            `json:"roleArn"`
		Status             string            `json:"status"`
		Tags               map[string]string `json:"tags"`
		Version            string            `json:"version"`
	}
	vpcConfig struct {
		ClusterSecurityGroupID string   `json:"clusterSecurityGroupId,omitempty"`
		EndpointPrivateAccess  bool     `json:"endpointPrivateAccess"`
		EndpointPublicAccess   bool     `json:"endpointPublicAccess"`
		SecurityGroupIDs       []string `json:"securityGroupIds"`
		SubnetIDs              []string `json:"subnetIds"`
		VPCID                  string   `json:"vpcId"`
	}
)

// epoch is a time as REST JSON sends it: seconds since 1970 with a fraction.
type epoch time.Time

func (e epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(float64(time.Time(e).UnixMilli()) / 1000)
}

func (h *Handler) listClusters(q *request) (any, error) {
	var names []string
	if q.who.Account == h.Book.o.Account {
		names = h.Book.Clusters()
	}
	names, next, err := page(q, names, func(s string) string { return s })
	if names == nil {
		names = []string{}
	}
	return clustersBody{names, next}, err
}

// page cuts a sorted list by maxResults and nextToken.
func page[T any](q *request, list []T, key func(T) string) ([]T, string, error) {
	size := 100
	if text := q.URL.Query().Get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, "", awserr.New(awserr.InvalidParameter, "maxResults needs to be between 1 and 100")
		}
		size = n
	}
	cut, next, err := query.Page(list, key, q.URL.Query().Get("nextToken"), size)
	if err != nil {
		return nil, "", awserr.New(awserr.InvalidParameter, "Invalid nextToken")
	}
	return cut, next, nil
}

func (h *Handler) describeCluster(q *request) (any, error) {
	o := h.Book.o
	c := cluster{
		ARN: h.Book.ClusterARN(q.cluster), Name: q.cluster, Status: "ACTIVE", Version: "1.33", PlatformVersion: "eks.1",
		CreatedAt: epoch(h.Book.born), Tags: map[string]string{},
		Endpoint: "https://" + strings.ToUpper(q.cluster) + ".gr7." + o.Region + ".eks.amazonaws.com",
		RoleARN:  "arn:" + o.Partition + ":iam::" + o.Account + ":role/eks-cluster-" + q.cluster,
		ResourcesVPCConfig: vpcConfig{
			EndpointPublicAccess: true, VPCID: o.Network.VPC, SubnetIDs: o.Network.Subnets, SecurityGroupIDs: o.Network.SecurityGroups,
		},
	}
	if len(o.Network.SecurityGroups) > 0 {
		c.ResourcesVPCConfig.ClusterSecurityGroupID = o.Network.SecurityGroups[0]
	}
	c.CertificateAuthority.Data = base64.StdEncoding.EncodeToString([]byte("the emulator has no Kubernetes API server"))
	c.Identity.OIDC.Issuer = o.Issuer
	return clusterBody{c}, nil
}
