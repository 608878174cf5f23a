package framewire

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// answer is encoded frames that wait to be written, with the memory they are in. It holds the memory.
type answer struct {
	memory *arena
	frames pieces
	chunk  chunk // of an answer in chunks
}

// nonce tells this process' tokens from whatever else may be in a frame.
var nonce = "ampkit-frames-" + rand.Text() + "-"

// maxTokenFrame is more than the SDK makes of a token frame.
const maxTokenFrame = 4 << 10

// waiting are the answers whose message is not yet written.
var waiting = waitingRoom{answers: map[token]ticket{}}

type (
	token  uint64
	ticket struct {
		answer *answer
		// leave ends the watch for the end of the request, if there is one.
		leave func() bool
	}
	waitingRoom struct {
		mu      sync.Mutex
		last    token
		answers map[token]ticket
	}
)

// add keeps an answer until it is taken.
func (w *waitingRoom) add(a *answer) token {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last++
	w.answers[w.last] = ticket{answer: a}
	return w.last
}

// put keeps an answer until its message is written or the request ends, whichever comes first. The frame stands for
// the answer until then.
func (w *waitingRoom) put(ctx context.Context, a *answer) *data.Frame {
	t := w.add(a)
	leave := context.AfterFunc(ctx, func() { w.drop(t) })
	w.mu.Lock()
	defer w.mu.Unlock()
	if found, still := w.answers[t]; still {
		found.leave = leave
		w.answers[t] = found
	}
	return data.NewFrame(t.String())
}

// drop frees an answer that was not taken.
func (w *waitingRoom) drop(t token) {
	if unwritten := w.take(t); unwritten != nil {
		unwritten.memory.free()
	}
}

// take gives the answer to who writes or frees it; nil when there is none of this token.
func (w *waitingRoom) take(t token) *answer {
	w.mu.Lock()
	found, ok := w.answers[t]
	delete(w.answers, t)
	w.mu.Unlock()
	if !ok {
		return nil
	}
	if found.leave != nil {
		found.leave()
	}
	return found.answer
}

func (t token) String() string { return nonce + strconv.FormatUint(uint64(t), 16) }

// tokenIn is the token of an encoded frame, 0 if it is a real one.
func tokenIn(frame []byte) token {
	if len(frame) > maxTokenFrame {
		return 0
	}
	_, after, found := bytes.Cut(frame, []byte(nonce))
	if !found {
		return 0
	}
	n := 0
	for n < len(after) && (after[n]-'0' <= 9 || after[n]-'a' <= 5) {
		n++
	}
	t, err := strconv.ParseUint(string(after[:n]), 16, 64)
	if err != nil {
		return 0
	}
	return token(t)
}
