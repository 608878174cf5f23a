package iam

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
)

// What IAM accepts, after its API reference.
var (
	accountPattern = regexp.MustCompile(`^\d{12}$`)
	namePattern    = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	pathPattern    = regexp.MustCompile(`^/([\x21-\x7e]{1,510}/)?$`)
	keyPattern     = regexp.MustCompile(`^\w{16,128}$`)
)

// PutRole makes a role, or replaces the one of the same account and name,
// whose ID and age it keeps.
func (s *Store) PutRole(r Role) (Role, error) {
	err := s.Update(func(st *State) error { return st.PutRole(&r) })
	return r, err
}

// PutUser makes a user, or replaces the one of the same account and name.
func (s *Store) PutUser(u User) (User, error) {
	err := s.Update(func(st *State) error { return st.PutUser(&u) })
	return u, err
}

// PutPolicy makes a managed policy, or replaces the one of the same account
// and name.
func (s *Store) PutPolicy(p Policy) (Policy, error) {
	err := s.Update(func(st *State) error { return st.PutPolicy(&p) })
	return p, err
}

// PutProvider registers an OIDC issuer, or replaces the one of the same
// account and URL.
func (s *Store) PutProvider(p Provider) (Provider, error) {
	err := s.Update(func(st *State) error { return st.PutProvider(&p) })
	return p, err
}

// PutAccessKey gives a user a key. An empty ID or Secret is made up.
func (s *Store) PutAccessKey(k AccessKey) (AccessKey, error) {
	err := s.Update(func(st *State) error { return st.PutAccessKey(&k) })
	return k, err
}

// PutRole is Store.PutRole within an Update; it fills in what the store sets.
func (st *State) PutRole(r *Role) error {
	if err := st.name(&r.Account, &r.Path, r.Name, &r.ARN, "role"); err != nil {
		return err
	}
	if r.Trust == "" {
		return awserr.New(awserr.MalformedPolicy, "role %s has no trust policy", r.Name)
	}
	r.ID, r.Created = newID("AROA"), st.store.opts.Clock().UTC()
	for arn, old := range st.Roles {
		if old.Account == r.Account && strings.EqualFold(old.Name, r.Name) {
			r.ID, r.Created = old.ID, old.Created
			delete(st.Roles, arn)
		}
	}
	st.Roles[r.ARN] = *r
	return nil
}

// PutUser is Store.PutUser within an Update; it fills in what the store sets.
func (st *State) PutUser(u *User) error {
	if err := st.name(&u.Account, &u.Path, u.Name, &u.ARN, "user"); err != nil {
		return err
	}
	u.ID, u.Created = newID("AIDA"), st.store.opts.Clock().UTC()
	for arn, old := range st.Users {
		if old.Account != u.Account || !strings.EqualFold(old.Name, u.Name) {
			continue
		}
		u.ID, u.Created = old.ID, old.Created
		delete(st.Users, arn)
		for id, k := range st.Keys {
			if k.User == arn {
				k.User = u.ARN
				st.Keys[id] = k
			}
		}
	}
	st.Users[u.ARN] = *u
	return nil
}

// PutPolicy is Store.PutPolicy within an Update; it fills in what the store
// sets.
func (st *State) PutPolicy(p *Policy) error {
	if err := st.name(&p.Account, &p.Path, p.Name, &p.ARN, "policy"); err != nil {
		return err
	}
	if p.Document() == "" {
		return awserr.New(awserr.MalformedPolicy, "policy %s has no version in force", p.Name)
	}
	p.ID, p.Created = newID("ANPA"), st.store.opts.Clock().UTC()
	for arn, old := range st.Policies {
		if old.Account == p.Account && strings.EqualFold(old.Name, p.Name) {
			p.ID, p.Created = old.ID, old.Created
			delete(st.Policies, arn)
		}
	}
	st.Policies[p.ARN] = *p
	return nil
}

// PutProvider is Store.PutProvider within an Update; it fills in what the
// store sets.
func (st *State) PutProvider(p *Provider) error {
	if p.Account == "" {
		p.Account = st.store.opts.Account
	}
	host := ProviderHost(p.URL)
	if host == "" || host == p.URL || !accountPattern.MatchString(p.Account) {
		return awserr.New(awserr.ValidationError, "Invalid Open ID Connect Provider URL")
	}
	p.ARN = fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", st.store.opts.Partition, p.Account, host)
	p.Created = st.store.opts.Clock().UTC()
	if old, ok := st.Providers[p.ARN]; ok {
		p.Created = old.Created
	}
	st.Providers[p.ARN] = *p
	return nil
}

// PutAccessKey is Store.PutAccessKey within an Update; it fills in what the
// store sets.
func (st *State) PutAccessKey(k *AccessKey) error {
	if _, ok := st.Users[k.User]; !ok {
		return awserr.New(awserr.NoSuchEntity, "The user %s cannot be found.", k.User)
	}
	if k.ID == "" {
		k.ID = newID("AKIA")
	}
	if k.Secret == "" {
		k.Secret = newSecret()
	}
	if !keyPattern.MatchString(k.ID) {
		return awserr.New(awserr.ValidationError, "access key id must be 16 to 128 word characters")
	}
	k.Created = st.store.opts.Clock().UTC()
	st.Keys[k.ID] = *k
	return nil
}

// Role finds a role by its ARN.
func (s *Store) Role(arn string) (Role, bool) {
	r, ok := s.View().Roles[arn]
	return r, ok
}

// User finds a user by its ARN.
func (s *Store) User(arn string) (User, bool) {
	u, ok := s.View().Users[arn]
	return u, ok
}

// Provider finds the provider of an issuer URL in an account.
func (s *Store) Provider(account, url string) (Provider, bool) {
	p, ok := s.View().Providers[fmt.Sprintf("arn:%s:iam::%s:oidc-provider/%s", s.opts.Partition, account, ProviderHost(url))]
	return p, ok && p.URL == url
}

// AccessKey finds an active key and the principal it stands for.
func (s *Store) AccessKey(id string) (AccessKey, Principal, bool) {
	st := s.View()
	k, ok := st.Keys[id]
	u, known := st.Users[k.User]
	if !ok || !known || k.Inactive {
		return AccessKey{}, Principal{}, false
	}
	return k, Principal{Kind: KindUser, Account: u.Account, ARN: u.ARN, ID: u.ID, Entity: u.ARN}, true
}

// ResourcePolicy finds the policy that hangs on a resource.
func (s *Store) ResourcePolicy(arn string) (Document, bool) {
	d, ok := s.View().ResourcePolicies[arn]
	return d, ok
}

// PutResourcePolicy hangs a policy on a resource, instead of the one that may
// be there. An empty one removes it.
func (s *Store) PutResourcePolicy(arn string, d Document) error {
	return s.Update(func(st *State) error {
		if st.ResourcePolicies[arn] = d; d == "" {
			delete(st.ResourcePolicies, arn)
		}
		return nil
	})
}

// DeleteRole ends a role and all its sessions; it is no error if there is none.
func (s *Store) DeleteRole(arn string) error {
	return s.Update(func(st *State) error { delete(st.Roles, arn); return nil })
}

// DeleteAccessKey ends a key; it is no error if there is none.
func (s *Store) DeleteAccessKey(id string) error {
	return s.Update(func(st *State) error { delete(st.Keys, id); return nil })
}

// ProviderHost is the issuer's URL without its scheme: the form in which
// condition keys and provider ARNs name it.
func ProviderHost(url string) string {
	host := strings.TrimPrefix(url, "https://")
	if host == url {
		host = strings.TrimPrefix(url, "http://") // an emulator on loopback
	}
	return strings.TrimSuffix(host, "/")
}

// name checks and completes what roles, users and policies have in common.
func (st *State) name(account, path *string, name string, arn *string, kind string) error {
	if *account == "" {
		*account = st.store.opts.Account
	}
	if *path == "" {
		*path = "/"
	}
	if !accountPattern.MatchString(*account) || !namePattern.MatchString(name) || !pathPattern.MatchString(*path) {
		return awserr.New(awserr.ValidationError, "invalid account, path or name of a %s: %q %q %q", kind, *account, *path, name)
	}
	*arn = fmt.Sprintf("arn:%s:iam::%s:%s%s%s", st.store.opts.Partition, *account, kind, *path, name)
	return nil
}

// newID makes an identifier with the prefix by which AWS tells kinds apart.
func newID(prefix string) string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return prefix + base32.StdEncoding.EncodeToString(b[:])
}

func newSecret() string {
	var b [30]byte
	_, _ = rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:]) // 40 characters, as AWS's are
}
