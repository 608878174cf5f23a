package irsa

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Describe finds a cluster. The error is an *amp.Error, of KindNotFound when
// there is no such cluster.
func (c *Clients) Describe(ctx context.Context, cluster string) (Cluster, error) {
	out, err := c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: aws.String(cluster)})
	if err != nil {
		return Cluster{}, explainEKS(err, "DescribeCluster", "cluster "+cluster)
	}
	found := Cluster{Name: cluster, ARN: aws.ToString(out.Cluster.Arn)}
	if id := out.Cluster.Identity; id != nil && id.Oidc != nil {
		found.Issuer = strings.TrimPrefix(aws.ToString(id.Oidc.Issuer), "https://")
	}
	return found, nil
}

// Gone is a cluster that was deleted, as far as its name tells: in the account
// of the credentials and the region given. Its issuer is not known.
func (c *Clients) Gone(ctx context.Context, cluster, region string) (Cluster, error) {
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Cluster{}, amp.Explain(err, amp.Call{Service: "STS", Action: "sts:GetCallerIdentity"})
	}
	partition, _, _ := strings.Cut(strings.TrimPrefix(aws.ToString(out.Arn), "arn:"), ":")
	return Cluster{Name: cluster, ARN: fmt.Sprintf("arn:%s:eks:%s:%s:cluster/%s", partition, region, aws.ToString(out.Account), cluster)}, nil
}

// Observe reads what NewPlan compares. Errors are *amp.Error: what is not found
// is part of the State, anything else that goes wrong is an error.
func (c *Clients) Observe(ctx context.Context, spec Spec) (State, error) {
	s := State{Roles: map[Use]RoleState{}}
	if !spec.PodIdentity {
		if err := c.observeProvider(ctx, spec, &s); err != nil {
			return State{}, err
		}
	}
	for _, role := range spec.Roles {
		r, err := c.observeRole(ctx, spec, role)
		if err != nil {
			return State{}, err
		}
		s.Roles[role.Use] = r
	}
	if spec.PodIdentity {
		for _, role := range spec.Roles {
			for _, sa := range role.ServiceAccounts {
				if err := c.observeAssociations(ctx, spec, &sa, &s); err != nil {
					return State{}, err
				}
			}
		}
	}
	return s, nil
}

func (c *Clients) observeProvider(ctx context.Context, spec Spec, s *State) error {
	out, err := c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(spec.ProviderARN())})
	if missing(err) {
		return nil
	}
	if err != nil {
		return explainIAM(err, "GetOpenIDConnectProvider", spec.ProviderARN())
	}
	s.Provider = Provider{Found: true, Audiences: out.ClientIDList, Tags: tagMap(out.Tags)}
	return nil
}

// missing is IAM's one way to say that something is not there.
func missing(err error) bool {
	return errors.As(err, new(*iamtypes.NoSuchEntityException))
}

func (c *Clients) observeRole(ctx context.Context, spec Spec, role Role) (RoleState, error) {
	var r RoleState
	out, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(role.Name)})
	switch {
	case missing(err):
	case err != nil:
		return r, explainIAM(err, "GetRole", "role "+role.Name)
	default:
		r.ARN, r.Tags = aws.ToString(out.Role.Arn), tagMap(out.Role.Tags)
		if b := out.Role.PermissionsBoundary; b != nil {
			r.Boundary = aws.ToString(b.PermissionsBoundaryArn)
		}
		if r.Trust, err = decoded(out.Role.AssumeRolePolicyDocument); err != nil {
			return r, fmt.Errorf("trust policy of role %s: %w", role.Name, err)
		}
		if r.Attached, err = c.attachments(ctx, role.Name); err != nil {
			return r, err
		}
	}
	policyARN := spec.policyARN(role.Policy)
	for _, a := range r.Attached {
		if a.Name == role.Policy { // made under another path
			policyARN = a.ARN
		}
	}
	r.Policy, err = c.policy(ctx, policyARN)
	return r, err
}

func (c *Clients) attachments(ctx context.Context, role string) ([]Attachment, error) {
	var list []Attachment
	pages := iam.NewListAttachedRolePoliciesPaginator(c.iam, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String(role)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, explainIAM(err, "ListAttachedRolePolicies", "role "+role)
		}
		for _, a := range page.AttachedPolicies {
			list = append(list, Attachment{Name: aws.ToString(a.PolicyName), ARN: aws.ToString(a.PolicyArn)})
		}
	}
	return list, nil
}

// policy reads a managed policy with its versions; it has no ARN where there is none.
func (c *Clients) policy(ctx context.Context, policyARN string) (PolicyState, error) {
	out, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(policyARN)})
	if missing(err) {
		return PolicyState{}, nil
	}
	if err != nil {
		return PolicyState{}, explainIAM(err, "GetPolicy", policyARN)
	}
	p := PolicyState{ARN: aws.ToString(out.Policy.Arn), Tags: tagMap(out.Policy.Tags), Attachments: int(aws.ToInt32(out.Policy.AttachmentCount))}
	pages := iam.NewListPolicyVersionsPaginator(c.iam, &iam.ListPolicyVersionsInput{PolicyArn: aws.String(policyARN)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return PolicyState{}, explainIAM(err, "ListPolicyVersions", policyARN)
		}
		for _, v := range page.Versions {
			p.Versions = append(p.Versions, Version{ID: aws.ToString(v.VersionId), Default: v.IsDefaultVersion, Created: aws.ToTime(v.CreateDate)})
		}
	}
	p.Document, err = c.version(ctx, policyARN, out.Policy.DefaultVersionId)
	return p, err
}

func (c *Clients) version(ctx context.Context, policyARN string, id *string) (string, error) {
	out, err := c.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(policyARN), VersionId: id})
	if err != nil {
		return "", explainIAM(err, "GetPolicyVersion", policyARN)
	}
	doc, err := decoded(out.PolicyVersion.Document)
	if err != nil {
		return "", fmt.Errorf("%s: %w", policyARN, err)
	}
	return doc, nil
}

// decoded is a document as it was put: IAM sends it encoded as in RFC 3986.
func decoded(doc *string) (string, error) {
	text, err := url.PathUnescape(aws.ToString(doc))
	if err != nil {
		return "", fmt.Errorf("decode policy document: %w", err)
	}
	return text, nil
}

func tagMap(tags []iamtypes.Tag) map[string]string {
	m := make(map[string]string, len(tags))
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}

// observeAssociations reads those of one service account, or of the whole
// cluster for nil.
func (c *Clients) observeAssociations(ctx context.Context, spec Spec, sa *ServiceAccount, s *State) error {
	in := &eks.ListPodIdentityAssociationsInput{ClusterName: aws.String(spec.Cluster.Name)}
	if sa != nil {
		in.Namespace, in.ServiceAccount = aws.String(sa.Namespace), aws.String(sa.Name)
	}
	for pages := eks.NewListPodIdentityAssociationsPaginator(c.eks, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return explainEKS(err, "ListPodIdentityAssociations", spec.Cluster.ARN)
		}
		for _, a := range page.Associations {
			out, err := c.eks.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{
				ClusterName: aws.String(spec.Cluster.Name), AssociationId: a.AssociationId,
			})
			if errors.As(err, new(*ekstypes.ResourceNotFoundException)) {
				continue // deleted meanwhile
			}
			if err != nil {
				return explainEKS(err, "DescribePodIdentityAssociation", spec.Cluster.ARN)
			}
			d := out.Association
			s.Associations = append(s.Associations, Association{
				ID: aws.ToString(d.AssociationId), RoleARN: aws.ToString(d.RoleArn), Tags: d.Tags,
				ServiceAccount: ServiceAccount{Namespace: aws.ToString(d.Namespace), Name: aws.ToString(d.ServiceAccount)},
			})
		}
	}
	return nil
}
