package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Options configure a Store.
type Options struct {
	// Account is the store's own account, twelve digits; "123456789012" when
	// empty.
	Account string
	// Partition is "aws" when empty.
	Partition string
	// Dir keeps the store across restarts; empty keeps it in memory only.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// Store is safe for concurrent use. Its errors are *awserr.Error where a
// request is at fault.
type Store struct {
	opts Options

	writing sync.Mutex // held from the copy to the swap of an Update
	mu      sync.RWMutex
	state   *State // never changed once it is here
	parsed  map[Document]*policy
}

// State is the content of a store, by ARN, and access keys by their ID.
type State struct {
	Roles     map[string]Role     `json:"roles"`
	Users     map[string]User     `json:"users"`
	Policies  map[string]Policy   `json:"policies"`
	Providers map[string]Provider `json:"providers"`
	// ResourcePolicies hang on resources (workspaces) rather than identities.
	ResourcePolicies map[string]Document  `json:"resourcePolicies,omitempty"`
	Keys             map[string]AccessKey `json:"-"`

	store *Store
}

// Files of a store in its directory. The second holds secrets.
const (
	stateFile = "iam.json"
	keysFile  = "iam-keys.json"
)

// Open reads the store kept in Options.Dir, or begins an empty one.
func Open(o Options) (*Store, error) {
	if o.Account == "" {
		o.Account = "123456789012"
	}
	if o.Partition == "" {
		o.Partition = "aws"
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if !accountPattern.MatchString(o.Account) {
		return nil, fmt.Errorf("account %q is not twelve digits", o.Account)
	}
	s := &Store{opts: o}
	st := &State{}
	if err := load(statefile.In(o.Dir, stateFile), st); err != nil {
		return nil, err
	}
	if err := load(statefile.In(o.Dir, keysFile), &st.Keys); err != nil {
		return nil, err
	}
	st.fill(s)
	parsed, err := st.parse()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", statefile.In(o.Dir, stateFile), err)
	}
	s.state, s.parsed = st, parsed
	return s, nil
}

// Account is the store's own account.
func (s *Store) Account() string { return s.opts.Account }

// Partition is the one of the store's ARNs.
func (s *Store) Partition() string { return s.opts.Partition }

// View gives the state as it is now. It must not be changed; it does not
// change either, whatever is written later.
func (s *Store) View() *State {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.state
}

// Update lets edit change a copy of the state, checks its documents, writes it
// down and only then puts it into force. An error of edit is returned as it is,
// and nothing has happened.
func (s *Store) Update(edit func(*State) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	next, err := s.View().clone()
	if err != nil {
		return err
	}
	if err := edit(next); err != nil {
		return err
	}
	parsed, err := next.parse()
	if err != nil {
		return err
	}
	if err := next.save(s.opts.Dir); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.parsed = next, parsed
	return nil
}

func (st *State) fill(s *Store) {
	st.store = s
	if st.Roles == nil {
		st.Roles = map[string]Role{}
	}
	if st.Users == nil {
		st.Users = map[string]User{}
	}
	if st.Policies == nil {
		st.Policies = map[string]Policy{}
	}
	if st.Providers == nil {
		st.Providers = map[string]Provider{}
	}
	if st.ResourcePolicies == nil {
		st.ResourcePolicies = map[string]Document{}
	}
	if st.Keys == nil {
		st.Keys = map[string]AccessKey{}
	}
}

// clone copies through JSON: edits are rare, and a copy that is deep by
// construction cannot share a map with the state in force.
func (st *State) clone() (*State, error) {
	data, err := json.Marshal(st)
	if err != nil {
		return nil, err
	}
	next := &State{}
	if err := json.Unmarshal(data, next); err != nil {
		return nil, err
	}
	next.Keys = make(map[string]AccessKey, len(st.Keys))
	for id, k := range st.Keys {
		next.Keys[id] = k
	}
	next.fill(st.store)
	return next, nil
}

// save writes the keys first: a key whose user is missing is harmless.
func (st *State) save(dir string) error {
	if dir == "" {
		return nil
	}
	write := func(name string, v any) error {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		return statefile.Write(statefile.In(dir, name), data)
	}
	if err := write(keysFile, st.Keys); err != nil {
		return err
	}
	return write(stateFile, st)
}

func load(path string, v any) error {
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
