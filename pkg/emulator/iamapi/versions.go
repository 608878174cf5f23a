package iamapi

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

type versionResult struct{ PolicyVersion versionShape }

func createPolicyVersion(c *call) step {
	arn, text := c.in.Required("PolicyArn", arnText), iam.Document(c.in.Required("PolicyDocument", policyText))
	inForce := c.in.Bool("SetAsDefault", false)
	return c.onPolicy(arn, func() (any, error) {
		if err := checkManaged(text); err != nil {
			return nil, err
		}
		var shape versionShape
		err := c.editPolicy(arn, func(_ *iam.State, p *iam.Policy) error {
			if len(p.Versions) >= maxVersions {
				return awserr.New(awserr.LimitExceeded,
					"A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", maxVersions)
			}
			for _, v := range p.Versions { // a policy that was put into the store has no count
				p.Newest = max(p.Newest, number(v))
			}
			p.Newest++
			v := iam.Version{ID: fmt.Sprintf("v%d", p.Newest), Document: text, Created: c.now}
			p.Versions, p.Updated = append(p.Versions, v), c.now
			if inForce {
				p.Default = v.ID
			}
			shape = versionOf(*p, v, false)
			return nil
		})
		return versionResult{shape}, err
	})
}

func number(v iam.Version) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(v.ID, "v")) // zero for a name of another form
	return n
}

func findVersion(p iam.Policy, id string) (int, error) {
	i := slices.IndexFunc(p.Versions, func(v iam.Version) bool { return v.ID == id })
	if i < 0 {
		return i, awserr.New(awserr.NoSuchEntity, "Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return i, nil
}

func getPolicyVersion(c *call) step {
	arn, id := c.in.Required("PolicyArn", arnText), c.in.Required("VersionId", versionID)
	return c.onPolicy(arn, func() (any, error) {
		p, err := c.findPolicy(c.store.View(), arn)
		if err != nil {
			return nil, err
		}
		i, err := findVersion(p, id)
		if err != nil {
			return nil, err
		}
		return versionResult{versionOf(p, p.Versions[i], true)}, nil
	})
}

func listPolicyVersions(c *call) step {
	arn := c.in.Required("PolicyArn", arnText)
	// Newest first; the key grows as the number falls.
	cut := page(c, func(v iam.Version) string { return fmt.Sprintf("%09d", 999_999_999-number(v)) })
	return c.onPolicy(arn, func() (any, error) {
		p, err := c.findPolicy(c.store.View(), arn)
		if err != nil {
			return nil, err
		}
		all := slices.Clone(p.Versions)
		slices.SortFunc(all, func(a, b iam.Version) int { return cmp.Compare(number(b), number(a)) })
		versions, at, err := cut(all)
		return struct {
			Versions query.Members[versionShape]
			paging
		}{query.List(each(versions, func(v iam.Version) versionShape { return versionOf(p, v, false) })), at}, err
	})
}

func setDefaultPolicyVersion(c *call) step {
	arn, id := c.in.Required("PolicyArn", arnText), c.in.Required("VersionId", versionID)
	return c.onPolicy(arn, func() (any, error) {
		return nil, c.editPolicy(arn, func(_ *iam.State, p *iam.Policy) error {
			_, err := findVersion(*p, id)
			p.Default, p.Updated = id, c.now
			return err
		})
	})
}

func deletePolicyVersion(c *call) step {
	arn, id := c.in.Required("PolicyArn", arnText), c.in.Required("VersionId", versionID)
	return c.onPolicy(arn, func() (any, error) {
		return nil, c.editPolicy(arn, func(_ *iam.State, p *iam.Policy) error {
			i, err := findVersion(*p, id)
			if err != nil {
				return err
			}
			if p.Default == id {
				return awserr.New(awserr.DeleteConflict, "Cannot delete the default version of a policy.")
			}
			p.Versions = slices.Delete(p.Versions, i, i+1)
			return nil
		})
	})
}
