package dataplane

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gogo/protobuf/proto"
	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
)

// newWriteHandler is the protocol side of Prometheus' remote write receiver:
// message types and compression. Its storage side (storage/remote) is replaced
// by write below, since it drops series with bad labels silently, rolls back
// good samples with bad ones and speaks other words than Cortex.
func (s *Storage) newWriteHandler() http.Handler {
	return remote.NewWriteHandler(writeStore{s},
		remote.MessageTypes{remote.WriteV1MessageType}, // 2.0 is answered with 415
		remote.WithWriteHandlerMiddlewares(s.decompress))
}

// decompress undoes snappy, and looks at the length the body announces first:
// a megabyte can claim to hold four gigabytes.
func (s *Storage) decompress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "snappy" {
			http.Error(w, fmt.Sprintf("%s encoding (compression) is not accepted by this server; only snappy is acceptable", enc),
				http.StatusUnsupportedMediaType)
			return
		}
		if t := r.Header.Get("Content-Type"); t != "" {
			// Judged before decompressing, so that a 2.0 body in another
			// compression still learns what is wrong with it.
			if _, err := remote.ParseProtoMsg(t); err != nil {
				http.Error(w, err.Error(), http.StatusUnsupportedMediaType)
				return
			}
		}
		compressed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.limits.WriteBytes))
		if err != nil {
			http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
			return
		}
		size, err := snappy.DecodedLen(compressed)
		if err == nil && size > s.limits.WriteDecodedBytes {
			err = fmt.Errorf("received message larger than max (%d vs %d)", size, s.limits.WriteDecodedBytes)
		}
		var body []byte
		if err == nil {
			body, err = snappy.Decode(nil, compressed)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r = r.Clone(r.Context())
		r.Header.Del("Content-Encoding")
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// writeStore is what the remote write receiver hands a message to.
type writeStore struct{ *Storage }

// Store answers 200 for a write that was stored whole, as AMP does where
// Prometheus says 204; the first refusal with its status, or 500.
func (s writeStore) Store(r *http.Request, _ remote.WriteMessageType) (*remote.WriteResponse, error) {
	resp := remote.NewWriteResponse()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return resp, err
	}
	var req prompb.WriteRequest
	if err := proto.Unmarshal(body, &req); err != nil {
		resp.SetStatusCode(http.StatusBadRequest)
		return resp, err
	}
	err = s.append(r, &req)
	var refused *refusal
	switch {
	case err == nil:
		resp.SetStatusCode(http.StatusOK)
	case errors.As(err, &refused):
		resp.SetStatusCode(refused.status)
	}
	return resp, err
}

// append stores every good sample of the request and returns the first refusal.
func (s *Storage) append(r *http.Request, req *prompb.WriteRequest) error {
	s.writing.Lock()
	defer s.writing.Unlock()

	b := s.newBatch(r.Context())
	builder := labels.NewScratchBuilder(0)
	for i := range req.Timeseries {
		if err := b.add(seriesLabels(&builder, req.Timeseries[i].Labels), &req.Timeseries[i]); err != nil {
			return errors.Join(err, b.app.Rollback())
		}
	}
	if err := b.app.Commit(); err != nil {
		return fmt.Errorf("store the samples: %w", err)
	}
	if err := s.metadata.merge(req.Metadata); err != nil {
		return err
	}
	return b.refused
}

// seriesLabels sorts the labels and leaves out empty ones, which in PromQL are
// the same as absent ones.
func seriesLabels(b *labels.ScratchBuilder, pairs []prompb.Label) labels.Labels {
	b.Reset()
	for _, p := range pairs {
		if p.Value != "" {
			b.Add(p.Name, p.Value)
		}
	}
	b.Sort()
	return b.Labels()
}
