package dataplane

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/prometheus/prometheus/util/httputil"
)

// newRest serves what Prometheus' API has no part in: metadata, which in
// Prometheus comes from scraping, and Alertmanager's API v2.
func (s *Storage) newRest() http.Handler {
	mux := http.NewServeMux()
	base := "/workspaces/" + s.workspace + "/"
	mux.HandleFunc("GET "+base+"api/v1/metadata", s.metadata.serve)

	// The emulator has no Alertmanager: the lists are empty, and what would
	// change something is refused.
	am := base + "alertmanager/api/v2/"
	empty := func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, http.StatusOK, []struct{}{}) }
	for _, list := range []string{"alerts", "alerts/groups", "silences", "receivers"} {
		mux.HandleFunc("GET "+am+list, empty)
	}
	mux.HandleFunc("GET "+am+"status", alertmanagerStatus)
	mux.HandleFunc("GET "+am+"silence/{id}", http.NotFound)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotImplemented, "the emulator has no Alertmanager: "+
			r.Method+" "+strings.TrimPrefix(r.URL.Path, base)+" is not available")
	})
	return httputil.CompressionHandler{Handler: mux}
}

// alertmanagerStatus has the members that Alertmanager's API v2 requires.
func alertmanagerStatus(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"cluster":     map[string]any{"status": "disabled"},
		"versionInfo": map[string]string{"version": "", "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": ""},
		"config":      map[string]string{"original": ""},
		"uptime":      "1970-01-01T00:00:00Z",
	})
}

// badData is Prometheus' answer to a request that makes no sense.
func badData(w http.ResponseWriter, message string) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"status": "error", "errorType": "bad_data", "error": message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone, which is nobody's error here.
	_ = json.NewEncoder(w).Encode(v)
}
