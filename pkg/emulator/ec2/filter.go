package ec2

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

var anyText = query.Constraint{}

// facts are what filters ask of a thing, by the filter's name.
type facts map[string][]string

func (f facts) withTags(tags map[string]string) facts {
	f["tag-key"] = slices.Collect(maps.Keys(tags))
	for k, v := range tags {
		f["tag:"+k] = []string{v}
	}
	return f
}

type filter struct {
	name   string
	values []string
}

func (c *call) filters() []filter {
	var list []filter
	for i := 1; c.in.Has(fmt.Sprintf("Filter.%d.Name", i)); i++ {
		list = append(list, filter{
			c.in.Optional(fmt.Sprintf("Filter.%d.Name", i), anyText), c.in.Flat(fmt.Sprintf("Filter.%d.Value", i), anyText),
		})
	}
	return list
}

// choose keeps what all filters let pass: of each, one value is enough, and
// values may have the wildcards * and ?.
func choose[T any](list []T, filters []filter, of func(T) facts) ([]T, error) {
	var none T
	known := of(none)
	for _, f := range filters {
		if _, ok := known[f.name]; !ok && !strings.HasPrefix(f.name, "tag:") {
			return nil, awserr.New(awserr.InvalidParameterValue, "The filter '%s' is invalid", f.name)
		}
	}
	var chosen []T
	for _, item := range list {
		have, all := of(item), true
		for _, f := range filters {
			all = all && slices.ContainsFunc(f.values, func(want string) bool {
				return slices.ContainsFunc(have[f.name], func(got string) bool { return like(want, got) })
			})
		}
		if all {
			chosen = append(chosen, item)
		}
	}
	return chosen, nil
}

// like compares with wildcards; path.Match does not let them pass a slash, so
// there are none.
func like(want, got string) bool {
	hide := strings.NewReplacer("/", "\x00", "[", `\[`, `\`, `\\`)
	ok, err := path.Match(hide.Replace(want), strings.ReplaceAll(got, "/", "\x00"))
	return err == nil && ok
}

// page cuts a list, which is sorted by key first, by MaxResults and NextToken.
func page[T any](c *call, list []T, key func(T) string) ([]T, string, error) {
	slices.SortFunc(list, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	cut, next, err := query.Page(list, key, c.in.Optional("NextToken", anyText), c.in.Int("MaxResults", 1, 1000, 1000))
	if err != nil {
		return nil, "", awserr.New(awserr.InvalidParameterValue, "The token is invalid")
	}
	return cut, next, c.in.Err()
}
