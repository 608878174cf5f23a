package proxy

import (
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

// A body that is sent once more is the caller's own, however many others came in
// between the two times.
func TestBodySentAgain(t *testing.T) {
	const first, others = "ASIAFIRST", 8
	var key atomic.Value
	key.Store(first)
	asked, proceed := make(chan struct{}, 1), make(chan struct{})
	c := &ticking{}
	p := before(t, func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err == nil && strings.Contains(r.Header.Get("Authorization"), first) && b[0] == 'a' {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message":"The security token included in the request is expired"}`)
			return
		}
		_, _ = w.Write(b)
	}, func(o *Config) {
		o.Now = c.now
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			if len(asked) == 0 && key.Load() != first {
				asked <- struct{}{}
				<-proceed
			}
			return aws.Credentials{AccessKeyID: key.Load().(string), SecretAccessKey: "x"}, nil
		})
	})
	eventually(t, "credentials", p.keeper.holds)
	key.Store("ASIASECOND")
	c.move(time.Minute)
	body := strings.Repeat("a", pooledFrom)
	got := make(chan answer, 1)
	go func() { got <- p.ask("POST", "/api/v1/remote_write", body) }()
	<-asked // it was refused, and waits for others
	for range others {
		p.ask("POST", "/api/v1/remote_write", strings.Repeat("b", pooledFrom))
	}
	close(proceed)
	a := <-got
	require.Equal(t, http.StatusOK, a.status, a.body)
	require.True(t, a.body == body, "%.10q", a.body)
}
