package remotewrite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/prompb"

	"github.com/ampkit/ampkit/pkg/amp"
)

// encode makes a body: a WriteRequest in protobuf, in snappy's block format.
func encode(request *prompb.WriteRequest) ([]byte, error) {
	raw, err := proto.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("encode write request: %w", err)
	}
	return snappy.Encode(nil, raw), nil
}

// post sends one body until it is accepted, refused for good, or the context's
// time runs out. Each attempt is a new request, signed afresh by the client.
func (s *Sender) post(ctx context.Context, body []byte) (attempts int, err error) {
	if s.config.URL == "" {
		return 1, errNoURL
	}
	attempts, refused := s.config.Retry.Do(ctx, retryable, func() *amp.Error { return s.attempt(ctx, body) })
	if refused != nil {
		return attempts, refused
	}
	return attempts, nil
}

// retryable is the protocol's rule: 5xx and 429, and what never arrived.
func retryable(e *amp.Error) bool {
	return e.Status/100 == 5 || e.Status == http.StatusTooManyRequests ||
		(e.Status == 0 && (e.Kind == amp.KindNetwork || e.Kind == amp.KindTimeout))
}

func (s *Sender) attempt(ctx context.Context, body []byte) *amp.Error {
	judge := amp.Context{Endpoint: s.config.Endpoint, Path: "remote_write", Now: s.config.Now()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, bytes.NewReader(body))
	if err != nil {
		return &amp.Error{Kind: amp.KindRefused, Message: err.Error(), Err: err}
	}
	if s.config.Endpoint.SignHost != "" {
		req.Host = s.config.Endpoint.SignHost
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	if s.config.UserAgent != "" {
		req.Header.Set("User-Agent", s.config.UserAgent)
	}
	resp, err := s.config.HTTPClient.Do(req)
	if err != nil {
		return amp.NoAnswer(err, judge)
	}
	if resp.StatusCode/100 != 2 {
		return amp.Decode(resp, judge)
	}
	// Read to the end, so that the connection is used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	return nil
}
