package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// stub stands for the service: it takes everything, signed or not.
type stub struct {
	server *httptest.Server
	roots  string // file of its certificate
}

func newStub(dir string) (*stub, error) {
	piece := bytes.Repeat([]byte("1.5,"), 16<<10)
	s := &stub{server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for _, k := range kinds {
			if !strings.HasSuffix(r.URL.Path, k.path) {
				continue
			}
			w.Header().Set("Content-Length", strconv.FormatInt(k.answer, 10))
			for left := k.answer; left > 0; left -= int64(len(piece)) {
				if _, err := w.Write(piece[:min(left, int64(len(piece)))]); err != nil {
					return
				}
			}
			return
		}
		http.NotFound(w, r)
	}))}
	s.server.EnableHTTP2 = true
	s.server.StartTLS()
	s.roots = filepath.Join(dir, "roots.pem")
	return s, os.WriteFile(s.roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw}), 0o600)
}

func (s *stub) close() {
	s.server.CloseClientConnections()
	s.server.Close()
}
