package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
	"sync/atomic"
)

// Table holds records by their ids: in memory, and in a file where it has one.
// It is safe for concurrent use.
type Table[T any] struct {
	path, what string
	writing    sync.Mutex                   // held from the copy to the swap of an Update
	records    atomic.Pointer[map[string]T] // never changed once it is here
}

// OpenTable reads the table kept in the file at path, or begins an empty one;
// with an empty path nothing is kept. what names the records in errors.
func OpenTable[T any](path, what string) (*Table[T], error) {
	t := &Table[T]{path: path, what: what}
	records := map[string]T{}
	if path != "" {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &records)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the %s: %w", what, err)
		}
	}
	t.records.Store(&records)
	return t, nil
}

// All gives the records as they are now. They must not be changed; they do not
// change either, whatever is written later.
func (t *Table[T]) All() map[string]T { return *t.records.Load() }

// Update lets change edit a copy, writes it down and only then puts it into
// force. The records are copied, not what they point to. An error of change is
// returned as it is, and nothing has happened.
func (t *Table[T]) Update(change func(map[string]T) error) error {
	t.writing.Lock()
	defer t.writing.Unlock()
	next := maps.Clone(t.All())
	if err := change(next); err != nil {
		return err
	}
	if t.path != "" {
		text, err := json.MarshalIndent(next, "", "  ")
		if err == nil {
			err = Write(t.path, text)
		}
		if err != nil {
			return fmt.Errorf("save the %s: %w", t.what, err)
		}
	}
	t.records.Store(&next)
	return nil
}
