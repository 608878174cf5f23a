package dataplane

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/prompb"

	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// describe is the metadata of a metric as the API gives it.
type describe struct {
	Type string `json:"type"`
	Help string `json:"help"`
	Unit string `json:"unit"`
}

// metadataStore keeps what remote write said about metrics, in a JSON file
// that is rewritten when something is new.
type metadataStore struct {
	file  string
	limit int

	mu      sync.RWMutex
	metrics map[string]describe
}

func openMetadata(file string, limit int) (*metadataStore, error) {
	s := &metadataStore{file: file, limit: limit, metrics: map[string]describe{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.metrics)
	}
	if err != nil {
		return nil, fmt.Errorf("read metadata %s: %w", file, err)
	}
	return s, nil
}

// merge takes in the metadata of a write. What is over the quota is dropped
// without a word, as AMP documents it.
func (s *metadataStore) merge(in []prompb.MetricMetadata) error {
	if len(in) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := false
	for _, m := range in {
		d := describe{Type: strings.ToLower(m.Type.String()), Help: m.Help, Unit: m.Unit}
		old, known := s.metrics[m.MetricFamilyName]
		if m.MetricFamilyName == "" || known && old == d || !known && len(s.metrics) >= s.limit {
			continue
		}
		s.metrics[m.MetricFamilyName] = d
		changed = true
	}
	if !changed {
		return nil
	}
	return s.save()
}

func (s *metadataStore) save() error {
	text, err := json.Marshal(s.metrics)
	if err == nil {
		err = statefile.Write(s.file, text)
	}
	if err != nil {
		return fmt.Errorf("save metadata: %w", err)
	}
	return nil
}

// serve is GET api/v1/metadata with its parameters limit, limit_per_metric and metric.
func (s *metadataStore) serve(w http.ResponseWriter, r *http.Request) {
	limits := map[string]int{"limit": -1, "limit_per_metric": -1}
	for name := range limits {
		text := r.FormValue(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			badData(w, name+" must be a number")
			return
		}
		limits[name] = n
	}
	metric := r.FormValue("metric")

	s.mu.RLock()
	defer s.mu.RUnlock()
	data := map[string][]describe{}
	for _, name := range slices.Sorted(maps.Keys(s.metrics)) {
		if metric != "" && name != metric {
			continue
		}
		if limits["limit"] >= 0 && len(data) >= limits["limit"] {
			break
		}
		data[name] = []describe{s.metrics[name]}
	}
	writeJSON(w, http.StatusOK, map[string]any{"status": "success", "data": data})
}
