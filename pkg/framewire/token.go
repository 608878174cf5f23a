package framewire

import (
	"bytes"
	"context"
	"crypto/rand"
	"strconv"
	"sync"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// answer is the encoded frames of one answer, with the memory they are in.
type answer struct {
	memory arena
	frames pieces
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
		// leave ends the watch for the end of the request.
		leave func() bool
	}
	waitingRoom struct {
		mu      sync.Mutex
		last    token
		answers map[token]ticket
	}
)

// put keeps an answer until its message is written or the request ends, whichever comes first. The frame stands for
// the answer until then.
func (w *waitingRoom) put(ctx context.Context, a *answer) *data.Frame {
	w.mu.Lock()
	w.last++
	t := w.last
	w.answers[t] = ticket{answer: a, leave: func() bool { return true }}
	w.mu.Unlock()

	leave := context.AfterFunc(ctx, func() {
		if unwritten := w.take(t); unwritten != nil {
			unwritten.memory.free()
		}
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, still := w.answers[t]; still {
		w.answers[t] = ticket{answer: a, leave: leave}
	}
	return data.NewFrame(nonce + strconv.FormatUint(uint64(t), 16))
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
	found.leave()
	return found.answer
}

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
