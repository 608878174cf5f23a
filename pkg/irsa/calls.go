package irsa

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ampkit/ampkit/pkg/amp"
)

// Clients are those of the services that are asked. They are safe for
// concurrent use.
type Clients struct {
	iam *iam.Client
	eks *eks.Client
	sts *sts.Client
	// Settle is how long a request may be repeated that does not find, or is
	// not let in by, what this run made: IAM takes some seconds to tell all of
	// its servers. Zero means a quarter of a minute.
	Settle time.Duration
}

// New makes clients of a configuration from awscreds.
func New(cfg aws.Config) *Clients {
	cfg = amp.ForSDK(cfg)
	return &Clients{iam: iam.NewFromConfig(cfg), eks: eks.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)}
}

// onIAM is a step that is one request of IAM.
func onIAM(action, resource string, send func(context.Context, *iam.Client) error) call {
	return func(ctx context.Context, c *Clients) error {
		return explainIAM(send(ctx, c.iam), action, resource)
	}
}

func explainIAM(err error, action, resource string) error {
	explained := amp.Explain(err, amp.Call{Service: "IAM", Action: "iam:" + action, Resource: resource})
	var e *amp.Error
	if errors.As(err, new(*iamtypes.EntityAlreadyExistsException)) && errors.As(explained, &e) {
		e.Remedy = "it was made meanwhile: run it again; or it has another path: give that with --path, or give another name"
	}
	return explained
}

func explainEKS(err error, action, resource string) error {
	return amp.Explain(err, amp.Call{
		Service: "EKS", Action: "eks:" + action, Resource: resource,
		Missing: "check --cluster, --region and the account of the credentials",
	})
}

func tagList(tags map[string]string) []iamtypes.Tag {
	list := make([]iamtypes.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, iamtypes.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func createProvider(spec Spec, tags map[string]string) call {
	return onIAM("CreateOpenIDConnectProvider", spec.ProviderARN(), func(ctx context.Context, c *iam.Client) error {
		_, err := c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
			Url: aws.String("https://" + spec.Cluster.Issuer), ClientIDList: []string{audience}, Tags: tagList(tags),
		})
		return err
	})
}

func addAudience(spec Spec) call {
	return onIAM("AddClientIDToOpenIDConnectProvider", spec.ProviderARN(), func(ctx context.Context, c *iam.Client) error {
		_, err := c.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: aws.String(spec.ProviderARN()), ClientID: aws.String(audience),
		})
		return err
	})
}

func deleteProvider(spec Spec) call {
	return onIAM("DeleteOpenIDConnectProvider", spec.ProviderARN(), func(ctx context.Context, c *iam.Client) error {
		_, err := c.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(spec.ProviderARN())})
		return err
	})
}

func createRole(spec Spec, role Role, trust string) call {
	return onIAM("CreateRole", spec.roleARN(role.Name), func(ctx context.Context, c *iam.Client) error {
		_, err := c.CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: aws.String(role.Name), Path: optional(spec.Path), PermissionsBoundary: optional(spec.Boundary),
			AssumeRolePolicyDocument: aws.String(trust), Tags: tagList(spec.owned()),
			Description: aws.String("Amazon Managed Service for Prometheus, " + string(role.Use) + ", for pods of EKS cluster " + spec.Cluster.Name),
		})
		return err
	})
}

func updateTrust(role, trust string) call {
	return onIAM("UpdateAssumeRolePolicy", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(role), PolicyDocument: aws.String(trust)})
		return err
	})
}

func putBoundary(role, boundary string) call {
	return onIAM("PutRolePermissionsBoundary", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String(role), PermissionsBoundary: aws.String(boundary)})
		return err
	})
}

func tagRole(role string, tags map[string]string) call {
	return onIAM("TagRole", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String(role), Tags: tagList(tags)})
		return err
	})
}

func deleteRole(role string) call {
	return onIAM("DeleteRole", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String(role)})
		return err
	})
}

func deleteInline(role, policy string) call {
	return onIAM("DeleteRolePolicy", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(policy)})
		return err
	})
}

func attachPolicy(role, policyARN string) call {
	return onIAM("AttachRolePolicy", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policyARN)})
		return err
	})
}

func detachPolicy(role, policyARN string) call {
	return onIAM("DetachRolePolicy", "role "+role, func(ctx context.Context, c *iam.Client) error {
		_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: aws.String(role), PolicyArn: aws.String(policyARN)})
		return err
	})
}

func createPolicy(spec Spec, role Role, doc string) call {
	return onIAM("CreatePolicy", spec.policyARN(role.Policy), func(ctx context.Context, c *iam.Client) error {
		_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{
			PolicyName: aws.String(role.Policy), Path: optional(spec.Path), PolicyDocument: aws.String(doc), Tags: tagList(spec.owned()),
			Description: aws.String("Amazon Managed Service for Prometheus, " + string(role.Use)),
		})
		return err
	})
}

func createVersion(policyARN, doc string) call {
	return onIAM("CreatePolicyVersion", policyARN, func(ctx context.Context, c *iam.Client) error {
		_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(policyARN), PolicyDocument: aws.String(doc), SetAsDefault: true})
		return err
	})
}

func deleteVersion(policyARN, version string) call {
	return onIAM("DeletePolicyVersion", policyARN, func(ctx context.Context, c *iam.Client) error {
		_, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: aws.String(policyARN), VersionId: aws.String(version)})
		return err
	})
}

func tagPolicy(policyARN string, tags map[string]string) call {
	return onIAM("TagPolicy", policyARN, func(ctx context.Context, c *iam.Client) error {
		_, err := c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: aws.String(policyARN), Tags: tagList(tags)})
		return err
	})
}

func deletePolicy(policyARN string) call {
	return onIAM("DeletePolicy", policyARN, func(ctx context.Context, c *iam.Client) error {
		_, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: aws.String(policyARN)})
		return err
	})
}

func createAssociation(spec Spec, sa ServiceAccount, roleARN string) call {
	return func(ctx context.Context, c *Clients) error {
		_, err := c.eks.CreatePodIdentityAssociation(ctx, &eks.CreatePodIdentityAssociationInput{
			ClusterName: aws.String(spec.Cluster.Name), Namespace: aws.String(sa.Namespace), ServiceAccount: aws.String(sa.Name),
			RoleArn: aws.String(roleARN), Tags: spec.owned(),
		})
		return explainEKS(err, "CreatePodIdentityAssociation", spec.Cluster.ARN)
	}
}

func updateAssociation(spec Spec, id, roleARN string) call {
	return func(ctx context.Context, c *Clients) error {
		_, err := c.eks.UpdatePodIdentityAssociation(ctx, &eks.UpdatePodIdentityAssociationInput{
			ClusterName: aws.String(spec.Cluster.Name), AssociationId: aws.String(id), RoleArn: aws.String(roleARN),
		})
		return explainEKS(err, "UpdatePodIdentityAssociation", spec.Cluster.ARN)
	}
}

func deleteAssociation(spec Spec, id string) call {
	return func(ctx context.Context, c *Clients) error {
		_, err := c.eks.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{
			ClusterName: aws.String(spec.Cluster.Name), AssociationId: aws.String(id),
		})
		return explainEKS(err, "DeletePodIdentityAssociation", spec.Cluster.ARN)
	}
}
