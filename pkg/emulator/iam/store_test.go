package iam_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
)

func TestStoreSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	odd := iam.Document("{ \"Version\" : \"2012-10-17\",\n\t\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"aps:*\",\"Resource\":\"*\"}], \"Id\":\"<ä&>\" }\n")
	first, err := iam.Open(iam.Options{Dir: dir, Account: account})
	require.NoError(t, err)
	user, err := first.PutUser(iam.User{Name: "ann", Permissions: iam.Permissions{Inline: map[string]iam.Document{"odd": odd}}})
	require.NoError(t, err)
	key, err := first.PutAccessKey(iam.AccessKey{User: user.ARN})
	require.NoError(t, err)
	require.Len(t, key.ID, 20)
	require.Len(t, key.Secret, 40)
	_, err = first.PutRole(iam.Role{Name: "r", Trust: trustAll})
	require.NoError(t, err)
	_, err = first.PutProvider(iam.Provider{URL: "https://oidc.example/id/A", ClientIDs: []string{"sts.amazonaws.com"}})
	require.NoError(t, err)

	second, err := iam.Open(iam.Options{Dir: dir, Account: account})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first.View(), second.View(), cmpopts.IgnoreUnexported(iam.State{})))
	require.Equal(t, odd, second.View().Users[user.ARN].Inline["odd"], "the document's bytes are kept")
	got, p, ok := second.AccessKey(key.ID)
	require.True(t, ok)
	require.Equal(t, key, got)
	require.NoError(t, second.Authorize(p, "aps:QueryMetrics", workspace, nil))

	for _, name := range []string{"iam.json", "iam-keys.json"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	public, err := os.ReadFile(filepath.Join(dir, "iam.json"))
	require.NoError(t, err)
	require.NotContains(t, string(public), key.Secret, "secrets have a file of their own")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left lying about")
}

func TestStoreRefusesADamagedFile(t *testing.T) {
	for _, content := range []string{"{", `{"roles":{"a":{"trust":"{}"}}}`} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "iam.json"), []byte(content), 0o600))
		_, err := iam.Open(iam.Options{Dir: dir})
		require.ErrorContains(t, err, "iam.json")
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	s := open(t)
	role, err := s.PutRole(iam.Role{Name: "r", Trust: trustAll, Tags: map[string]string{"a": "1"}})
	require.NoError(t, err)
	for _, edit := range []func(*iam.State) error{
		func(st *iam.State) error { delete(st.Roles, role.ARN); return errors.New("changed my mind") },
		func(st *iam.State) error {
			st.Roles[role.ARN].Tags["a"] = "2"
			st.ResourcePolicies[workspace] = `{}`
			return nil
		},
	} {
		require.Error(t, s.Update(edit))
		got, ok := s.Role(role.ARN)
		require.True(t, ok)
		require.Equal(t, role, got)
	}
}

func TestPutKeepsIdentity(t *testing.T) {
	s := open(t)
	first, err := s.PutRole(iam.Role{Name: "r", Trust: trustAll})
	require.NoError(t, err)
	second, err := s.PutRole(iam.Role{Name: "R", Path: "/moved/", Trust: trustAll})
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
	require.Len(t, s.View().Roles, 1, "names are unique without regard to case or path")

	user, err := s.PutUser(iam.User{Name: "u"})
	require.NoError(t, err)
	key, err := s.PutAccessKey(iam.AccessKey{User: user.ARN, ID: "AKIAIOSFODNN7EXAMPLE", Secret: "given"})
	require.NoError(t, err)
	_, err = s.PutUser(iam.User{Name: "u", Path: "/moved/"})
	require.NoError(t, err)
	_, p, ok := s.AccessKey(key.ID)
	require.True(t, ok)
	require.Equal(t, "arn:aws:iam::123456789012:user/moved/u", p.ARN)

	key.Inactive, key.User = true, p.ARN
	_, err = s.PutAccessKey(key)
	require.NoError(t, err)
	_, _, ok = s.AccessKey(key.ID)
	require.False(t, ok)
	require.NoError(t, s.DeleteAccessKey(key.ID))
}

func TestPutRefuses(t *testing.T) {
	s := open(t)
	for name, put := range map[string]func() error{
		"no name":         func() error { _, err := s.PutRole(iam.Role{Trust: trustAll}); return err },
		"name with slash": func() error { _, err := s.PutUser(iam.User{Name: "a/b"}); return err },
		"path":            func() error { _, err := s.PutUser(iam.User{Name: "a", Path: "x"}); return err },
		"account":         func() error { _, err := s.PutUser(iam.User{Name: "a", Account: "12"}); return err },
		"no trust":        func() error { _, err := s.PutRole(iam.Role{Name: "r"}); return err },
		"bad trust":       func() error { _, err := s.PutRole(iam.Role{Name: "r", Trust: allow("*", "*")}); return err },
		"no version":      func() error { _, err := s.PutPolicy(iam.Policy{Name: "p", Default: "v1"}); return err },
		"key for nobody":  func() error { _, err := s.PutAccessKey(iam.AccessKey{User: "x"}); return err },
		"provider's URL":  func() error { _, err := s.PutProvider(iam.Provider{URL: "oidc.example"}); return err },
		"malformed inline": func() error {
			_, err := s.PutUser(iam.User{Name: "a", Permissions: iam.Permissions{Inline: map[string]iam.Document{"x": "{"}}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var e *awserr.Error
			require.ErrorAs(t, put(), &e)
		})
	}
	require.Empty(t, s.View().Roles)
	require.Empty(t, s.View().Users)
}

func TestStoreIsSafeForConcurrentUse(t *testing.T) {
	s := open(t)
	p := newUser(t, s, "", allow("aps:*", "*"))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 20 {
				_, err := s.PutUser(iam.User{Name: fmt.Sprintf("u%d-%d", i, j)})
				require.NoError(t, err)
				require.NoError(t, s.Authorize(p, "aps:QueryMetrics", workspace, nil))
			}
		})
	}
	wg.Wait()
	require.Len(t, s.View().Users, 81)
}
