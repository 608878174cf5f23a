package controlplane

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Options configure a Book.
type Options struct {
	// Region and Partition are those of the workspaces' ARNs.
	Region, Partition string
	// Dir keeps the book across restarts; empty keeps it in memory only.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
	// ActivateAfter is how long a workspace made through the API stays CREATING,
	// and a deleted one DELETING.
	ActivateAfter time.Duration
	// MaxWorkspaces is the quota of an account: 25 when zero, as AWS sets it.
	MaxWorkspaces int
}

// Book holds the workspaces of all accounts. It is safe for concurrent use.
type Book struct {
	o          Options
	workspaces *statefile.Table[Workspace]
}

// Open reads the book kept in Options.Dir, or begins an empty one.
func Open(o Options) (*Book, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Partition = cmp.Or(o.Partition, "aws")
	o.MaxWorkspaces = cmp.Or(o.MaxWorkspaces, 25)
	workspaces, err := statefile.OpenTable[Workspace](statefile.In(o.Dir, "workspaces.json"), "workspaces")
	return &Book{o: o, workspaces: workspaces}, err
}

// Workspace finds a workspace of any account by its id.
func (b *Book) Workspace(id string) (Workspace, bool) {
	w, ok := b.workspaces.All()[id]
	return w, ok && !b.gone(w)
}

// gone reports whether a workspace has been deleted long enough ago.
func (b *Book) gone(w Workspace) bool { return !w.Gone.IsZero() && !b.o.Clock().Before(w.Gone) }

// Deleted are the workspaces that are DELETING or gone, whose samples nobody
// may read again.
func (b *Book) Deleted() []Workspace {
	var list []Workspace
	for _, w := range b.workspaces.All() {
		if !w.Gone.IsZero() {
			list = append(list, w)
		}
	}
	return list
}

// edit changes a workspace of an account, which must be ACTIVE; its tags may be
// changed in place. Errors are *awserr.Error where the request is at fault.
func (b *Book) edit(account, id string, change func(*Workspace) error) error {
	return b.workspaces.Update(func(all map[string]Workspace) error {
		w, ok := all[id]
		if !ok || w.Account != account || b.gone(w) {
			return awserr.NotFound(resourceType, id)
		}
		if status := w.Status(b.o.Clock()); status != Active {
			return conflict(id, "the workspace is %s", status)
		}
		if w.Tags = maps.Clone(w.Tags); w.Tags == nil {
			w.Tags = map[string]string{}
		}
		err := change(&w)
		all[id] = w
		return err
	})
}

func conflict(id, format string, args ...any) error {
	e := awserr.New(awserr.Conflict, format, args...)
	e.ResourceID, e.ResourceType = id, resourceType
	return e
}

// Create makes a workspace, or finds the one that the same client token made.
// Of w the account, the alias, the key, the tags and the token are read, and ID
// and Active when they are set. Errors are *awserr.Error where the request is at fault.
func (b *Book) Create(w Workspace) (Workspace, error) {
	err := b.workspaces.Update(func(all map[string]Workspace) (err error) {
		maps.DeleteFunc(all, func(_ string, old Workspace) bool { return b.gone(old) })
		w, err = b.create(all, w)
		return err
	})
	return w, err
}

func (b *Book) create(all map[string]Workspace, w Workspace) (Workspace, error) {
	owned := 0
	for _, old := range all {
		if old.Account != w.Account || !old.Gone.IsZero() {
			continue
		}
		owned++
		if w.ClientToken != "" && old.ClientToken == w.ClientToken {
			if old.Asked != asked(w) {
				return Workspace{}, conflict(old.ID, "the client token was used with other parameters")
			}
			return old, nil
		}
	}
	if owned >= b.o.MaxWorkspaces {
		e := awserr.New(awserr.ServiceQuota, "the account has %d workspaces, which is its quota", owned)
		e.ResourceType = resourceType
		return Workspace{}, e
	}
	if w.ID == "" {
		w.ID = "ws-" + uuid.NewString()
	}
	if _, taken := all[w.ID]; taken {
		return Workspace{}, conflict(w.ID, "the id is in use")
	}
	w.ARN, w.Asked = b.ARN(w.Account, w.ID), asked(w)
	w.Created = b.o.Clock().UTC().Truncate(time.Millisecond)
	if w.Active.IsZero() {
		w.Active = w.Created.Add(b.o.ActivateAfter)
	}
	all[w.ID] = w
	return w, nil
}

// asked tells requests with different parameters apart.
func asked(w Workspace) string {
	return fmt.Sprintf("%q %q %q", w.Alias, w.KMSKeyARN, w.Tags) // maps are printed in order
}

// List gives the workspaces of an account whose alias begins with the given
// text, oldest first.
func (b *Book) List(account, alias string) []Workspace {
	var list []Workspace
	for _, w := range b.workspaces.All() {
		if w.Account == account && strings.HasPrefix(w.Alias, alias) && !b.gone(w) {
			list = append(list, w)
		}
	}
	slices.SortFunc(list, func(x, y Workspace) int { return cmp.Compare(place(x), place(y)) })
	return list
}

// place is where a workspace stands in lists: by age, then by id. Created has
// whole milliseconds and is in UTC, so that its text sorts as it does.
func place(w Workspace) string { return w.Created.Format("2006-01-02T15:04:05.000Z") + w.ID }

// ARN names a workspace, existing or not.
func (b *Book) ARN(account, id string) string {
	return fmt.Sprintf("arn:%s:aps:%s:%s:workspace/%s", b.o.Partition, b.o.Region, account, id)
}

// CollectionARN is what CreateWorkspace and ListWorkspaces are asked on.
func (b *Book) CollectionARN(account string) string {
	return fmt.Sprintf("arn:%s:aps:%s:%s:/workspaces", b.o.Partition, b.o.Region, account)
}

// Tags are the tags of a workspace as conditions that its owner's policies can
// ask for; there are none for a workspace that the account does not own.
func (b *Book) Tags(account, id string) iam.Conditions {
	c := iam.Conditions{}
	if w, ok := b.Workspace(id); ok && w.Account == account {
		for k, v := range w.Tags {
			c["aws:ResourceTag/"+k] = []string{v}
		}
	}
	return c
}
