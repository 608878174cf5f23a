package statefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

func TestTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.json")
	table, err := statefile.OpenTable[int](path, "numbers")
	require.NoError(t, err)
	require.Empty(t, table.All())
	put := func(id string, n int) error {
		return table.Update(func(all map[string]int) error {
			all[id] = n
			return nil
		})
	}
	require.NoError(t, put("one", 1))
	before := table.All()
	require.NoError(t, put("two", 2))
	require.Equal(t, map[string]int{"one": 1}, before, "what was given does not change")

	refused := errors.New("refused")
	require.Equal(t, refused, table.Update(func(all map[string]int) error {
		delete(all, "one")
		return refused
	}))
	again, err := statefile.OpenTable[int](path, "numbers")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"one": 1, "two": 2}, again.All())

	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Mkdir(path, 0o700)) // nothing can be written over it
	require.ErrorContains(t, put("three", 3), "save the numbers")
	require.NotContains(t, table.All(), "three", "what was not written down is not in force")
	_, err = statefile.OpenTable[int](path, "numbers")
	require.ErrorContains(t, err, "read the numbers")

	memory, err := statefile.OpenTable[int]("", "numbers")
	require.NoError(t, err)
	require.NoError(t, memory.Update(func(all map[string]int) error { all["one"] = 1; return nil }))
	require.Len(t, memory.All(), 1)
}
