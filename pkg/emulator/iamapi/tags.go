package iamapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

// readTags reads Tags.member.N; nil where there are none.
func (c *call) readTags() map[string]string {
	var m map[string]string
	for i := 1; c.in.Has(fmt.Sprintf("Tags.member.%d.Key", i)); i++ {
		key := c.in.Required(fmt.Sprintf("Tags.member.%d.Key", i), tagKey)
		if m == nil {
			m = map[string]string{}
		}
		m[key] = c.in.Required(fmt.Sprintf("Tags.member.%d.Value", i), tagValue)
	}
	return m
}

func checkTagCount(m map[string]string) error {
	if len(m) > maxTags {
		return awserr.New(awserr.LimitExceeded, "The number of tags has reached the maximum limit.")
	}
	for key := range m {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return awserr.New(awserr.InvalidInput, "System tags cannot be added/updated/deleted by the user: %s", key)
		}
	}
	return nil
}

// requestTags and resourceTags are conditions that policies can ask for.
func requestTags(m map[string]string) iam.Conditions {
	c := iam.Conditions{}
	for k, v := range m {
		c["aws:RequestTag/"+k] = []string{v}
	}
	if len(m) > 0 {
		c["aws:TagKeys"] = slices.Sorted(maps.Keys(m))
	}
	return c
}

func resourceTags(m map[string]string) iam.Conditions {
	c := iam.Conditions{}
	for k, v := range m {
		c["aws:ResourceTag/"+k], c["iam:ResourceTag/"+k] = []string{v}, []string{v}
	}
	return c
}

func sortedTags(m map[string]string) []tag {
	list := make([]tag, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, tag{k, m[k]})
	}
	return list
}

// tagged is a thing with tags: how to name it in a request, to change its tags
// and to read them.
type tagged struct {
	parameter  string
	constraint query.Constraint
	on         func(c *call, id string, run func() (any, error)) step
	edit       func(c *call, id string, edit func(tags *map[string]string) error) error
	read       func(c *call, id string) (map[string]string, error)
}

var taggedRole = tagged{
	"RoleName", roleName, (*call).onRole,
	func(c *call, id string, edit func(*map[string]string) error) error {
		return c.editRole(id, func(_ *iam.State, r *iam.Role) error { return edit(&r.Tags) })
	},
	func(c *call, id string) (map[string]string, error) {
		r, err := c.findRole(c.store.View(), id)
		return r.Tags, err
	},
}

var taggedPolicy = tagged{
	"PolicyArn", arnText, (*call).onPolicy,
	func(c *call, id string, edit func(*map[string]string) error) error {
		return c.editPolicy(id, func(_ *iam.State, p *iam.Policy) error { return edit(&p.Tags) })
	},
	func(c *call, id string) (map[string]string, error) {
		p, err := c.findPolicy(c.store.View(), id)
		return p.Tags, err
	},
}

var taggedProvider = tagged{
	"OpenIDConnectProviderArn", arnText, (*call).onProvider,
	func(c *call, id string, edit func(*map[string]string) error) error {
		return c.editProvider(id, func(p *iam.Provider) error { return edit(&p.Tags) })
	},
	func(c *call, id string) (map[string]string, error) {
		p, err := c.findProvider(c.store.View(), id)
		return p.Tags, err
	},
}

func (t tagged) tag(c *call) step {
	id, more := c.in.Required(t.parameter, t.constraint), c.readTags()
	s := t.on(c, id, func() (any, error) {
		return nil, t.edit(c, id, func(m *map[string]string) error {
			if *m == nil {
				*m = map[string]string{}
			}
			maps.Copy(*m, more)
			return checkTagCount(*m)
		})
	})
	maps.Copy(s.conditions, requestTags(more))
	return s
}

func (t tagged) untag(c *call) step {
	id, keys := c.in.Required(t.parameter, t.constraint), c.in.List("TagKeys", tagKey)
	s := t.on(c, id, func() (any, error) {
		return nil, t.edit(c, id, func(m *map[string]string) error {
			for _, k := range keys {
				delete(*m, k)
			}
			return nil
		})
	})
	s.conditions["aws:TagKeys"] = keys
	return s
}

func (t tagged) list(c *call) step {
	id := c.in.Required(t.parameter, t.constraint)
	cut := page(c, func(t tag) string { return t.Key })
	return t.on(c, id, func() (any, error) {
		m, err := t.read(c, id)
		if err != nil {
			return nil, err
		}
		list, at, err := cut(sortedTags(m))
		return struct {
			Tags query.Members[tag]
			paging
		}{query.List(list), at}, err
	})
}

func tagRole(c *call) step          { return taggedRole.tag(c) }
func untagRole(c *call) step        { return taggedRole.untag(c) }
func listRoleTags(c *call) step     { return taggedRole.list(c) }
func tagPolicy(c *call) step        { return taggedPolicy.tag(c) }
func untagPolicy(c *call) step      { return taggedPolicy.untag(c) }
func listPolicyTags(c *call) step   { return taggedPolicy.list(c) }
func tagProvider(c *call) step      { return taggedProvider.tag(c) }
func untagProvider(c *call) step    { return taggedProvider.untag(c) }
func listProviderTags(c *call) step { return taggedProvider.list(c) }
