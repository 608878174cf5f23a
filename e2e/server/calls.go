package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// health is "Save & test".
func (g *grafana) health(w http.ResponseWriter, r *http.Request) {
	pc, ok := g.pluginContext(w, r)
	if !ok {
		return
	}
	result, err := g.host.CheckHealth(r.Context(), &backend.CheckHealthRequest{PluginContext: pc})
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	body := map[string]any{"status": result.Status.String(), "message": result.Message}
	if len(result.JSONDetails) > 0 {
		body["details"] = json.RawMessage(result.JSONDetails)
	}
	status := http.StatusOK
	if result.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}
	answer(w, status, body)
}

// resource is a call of the plugin's own API.
func (g *grafana) resource(w http.ResponseWriter, r *http.Request) {
	pc, ok := g.pluginContext(w, r)
	if !ok {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	path := r.PathValue("path")
	target := path
	if r.URL.RawQuery != "" {
		target += "?" + r.URL.RawQuery
	}
	headers := r.Header.Clone()
	headers.Del("Cookie")
	resp, err := g.host.Resource(r.Context(), &backend.CallResourceRequest{
		PluginContext: pc, Method: r.Method, Path: path, URL: target, Headers: headers, Body: body,
	})
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	for name, values := range resp.Headers {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body) // a page that has gone needs no answer
}

func (g *grafana) pluginContext(w http.ResponseWriter, r *http.Request) (backend.PluginContext, bool) {
	ds, ok := g.source(w, r.PathValue("uid"))
	if !ok {
		return backend.PluginContext{}, false
	}
	pc, err := g.context(ds)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return pc, false
	}
	return pc, true
}

// queryRequest is the body of /api/ds/query.
type queryRequest struct {
	Queries  []json.RawMessage `json:"queries"`
	From, To milliseconds
}

// query is the part of a query that Grafana itself reads.
type query struct {
	RefID      string `json:"refId"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	IntervalMS    float64 `json:"intervalMs"`
	MaxDataPoints int64   `json:"maxDataPoints"`
	QueryType     string  `json:"queryType"`
}

// milliseconds since the epoch, as text.
type milliseconds time.Time

func (m *milliseconds) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	*m = milliseconds(time.UnixMilli(n))
	return err
}

// query runs the queries of a panel, which are all for one data source here.
func (g *grafana) query(w http.ResponseWriter, r *http.Request) {
	var sent queryRequest
	if !read(w, r, &sent) {
		return
	}
	req := &backend.QueryDataRequest{Headers: map[string]string{}}
	for _, name := range []string{"FromAlert", "X-Dashboard-Uid", "X-Panel-Id"} {
		if v := r.Header.Get(name); v != "" {
			req.Headers["http_"+name] = v
		}
	}
	uid := ""
	for _, raw := range sent.Queries {
		var q query
		if err := json.Unmarshal(raw, &q); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		if uid != "" && uid != q.Datasource.UID {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("queries of two data sources, %s and %s", uid, q.Datasource.UID))
			return
		}
		uid = q.Datasource.UID
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: q.RefID, QueryType: q.QueryType, JSON: raw, MaxDataPoints: max(q.MaxDataPoints, 1),
			Interval: time.Duration(q.IntervalMS * float64(time.Millisecond)), TimeRange: backend.TimeRange{From: time.Time(sent.From), To: time.Time(sent.To)},
		})
	}
	ds, ok := g.source(w, uid)
	if !ok {
		return
	}
	var err error
	if req.PluginContext, err = g.context(ds); err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	resp, err := g.host.QueryData(r.Context(), req)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	status := http.StatusOK
	for _, a := range resp.Responses {
		if a.Error != nil {
			status = http.StatusBadRequest
		}
	}
	answer(w, status, resp)
}
