package eks

import (
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

type tagsBody struct {
	Tags map[string]string `json:"tags"`
}

func (b *Book) byARN(arn string) (Association, bool) {
	for _, a := range b.associations.All() {
		if a.ARN == arn {
			return a, true
		}
	}
	return Association{}, false
}

// edit changes an association in place.
func (b *Book) edit(id string, change func(*Association)) error {
	return b.associations.Update(func(all map[string]Association) error {
		a, ok := all[id]
		if !ok {
			return awserr.New(awserr.ResourceNotFound, "No association found with associationId: %s", id)
		}
		a.Tags = maps.Clone(a.Tags)
		change(&a)
		all[id] = a
		return nil
	})
}

func checkTags(tags map[string]string) error {
	if len(tags) > 50 {
		return awserr.New(awserr.InvalidParameter, "a resource has at most 50 tags")
	}
	for k, v := range tags {
		if k == "" || utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return awserr.New(awserr.InvalidParameter, "a tag's key must have 1 to 128 characters and not begin with aws:, its value at most 256")
		}
	}
	return nil
}

func (q *request) tagged() error {
	if q.id == "" {
		return awserr.New(awserr.NotFoundTags, "Resource was not found or cannot be tagged here")
	}
	return nil
}

func (h *Handler) tag(q *request) (any, error) {
	var in tagsBody
	if err := q.decode(&in); err != nil {
		return nil, err
	}
	if err := q.tagged(); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	return struct{}{}, h.Book.edit(q.id, func(a *Association) {
		if a.Tags == nil {
			a.Tags = map[string]string{}
		}
		maps.Copy(a.Tags, in.Tags)
	})
}

func (h *Handler) untag(q *request) (any, error) {
	if err := q.tagged(); err != nil {
		return nil, err
	}
	return struct{}{}, h.Book.edit(q.id, func(a *Association) {
		for _, k := range q.URL.Query()["tagKeys"] {
			delete(a.Tags, k)
		}
	})
}

func (h *Handler) listTags(q *request) (any, error) {
	if err := q.tagged(); err != nil {
		return nil, err
	}
	a, _ := h.Book.byARN(strings.TrimPrefix(q.URL.Path, "/tags/"))
	return tagsBody{whole(a).Association.Tags}, nil
}
