package proxy

import (
	"crypto/sha256"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBodies(t *testing.T) {
	text := strings.Repeat("x", pooledFrom+1)
	b, err := readBody(strings.NewReader(text), int64(len(text)))
	require.NoError(t, err)
	first, second := b.open(), b.open()
	got, err := io.ReadAll(first)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	require.EqualValues(t, len(text), second.Len())
	require.Equal(t, sha256.Sum256([]byte(text)), second.SHA256())
	b.release()
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "closed twice, counted once")
	require.EqualValues(t, 1, b.users.Load(), "the second reader has it")
	_, err = first.Read(make([]byte, 1))
	require.ErrorContains(t, err, "closed")
	require.NoError(t, second.Close())
	require.Zero(t, b.users.Load())

	_, err = readBody(strings.NewReader("short"), 10)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	b, err = readBody(strings.NewReader(text), -1)
	require.NoError(t, err)
	require.Equal(t, text, string(b.bytes))
	require.Equal(t, sha256.Sum256([]byte(text)), b.hash)
}

// A transport may read from one goroutine and close from another; what it has
// read is the body or an error, never another request's.
func TestClosedWhileRead(t *testing.T) {
	for range 200 {
		var done sync.WaitGroup
		for _, letter := range []string{"a", "b"} {
			done.Go(func() {
				text := strings.Repeat(letter, pooledFrom)
				b, err := readBody(strings.NewReader(text), int64(len(text)))
				if err != nil {
					t.Error(err)
					return
				}
				r := b.open()
				b.release()
				done.Go(func() { _ = r.Close() })
				got, _ := io.ReadAll(r)
				if string(got) != text[:len(got)] {
					t.Error("another body")
				}
			})
		}
		done.Wait()
	}
}
