package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ampkit/ampkit/pkg/amp"
)

// maxAnswer is how much of an answer is looked at; those asked for are tiny, but
// a server may not know limit=.
const maxAnswer = 64 << 10

// probes are the data plane's checks, each with the smallest request that needs
// its permission.
func (e *exam) probes() []step {
	var s []step
	add := func(name Name, path string, check func(context.Context) error) {
		action := amp.Action(path)
		if e.endpoint.Workspace == "" {
			action = ""
		}
		s = append(s, step{name: name, needs: []Name{Credentials, DNS, TLS}, action: action, check: func(ctx context.Context) Check {
			if err := check(ctx); err != nil {
				return failure(err)
			}
			if action != "" {
				return passed("%s is permitted", action)
			}
			return passed("answers")
		}})
	}
	if e.For.queries() {
		now := e.Now()
		recent := url.Values{"start": {unix(now.Add(-5 * time.Minute))}, "end": {unix(now)}, "limit": {"1"}}
		series := url.Values{"match[]": {`{__name__="up"}`}, "start": recent["start"], "end": recent["end"], "limit": {"1"}}
		add(Query, "query", e.ask("query", url.Values{"query": {"1+1"}}))
		add(Labels, "labels", e.ask("labels", recent))
		add(Series, "series", e.ask("series", series))
		add(Metadata, "metadata", e.ask("metadata", url.Values{"limit": {"1"}}))
	}
	if e.For.ingests() {
		add(Write, "remote_write", e.Client.ProbeWrite)
	}
	return s
}

func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// ask sends a request and looks whether the answer is Prometheus'. Its error is
// an *amp.Error.
func (e *exam) ask(path string, params url.Values) func(context.Context) error {
	return func(ctx context.Context) error {
		resp, err := e.Client.Do(ctx, amp.Request{Path: path, Params: params})
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }() // what is wanted of it was read
		judged := amp.Context{Endpoint: e.endpoint, Path: path, Now: e.Now()}
		begin, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil {
			return amp.NoAnswer(err, judged)
		}
		if !isSuccess(begin) {
			said := &http.Response{StatusCode: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(begin))}
			return amp.Decode(said, judged)
		}
		return nil
	}
}

// isSuccess tells whether body begins as Prometheus' {"status":"success" does;
// the rest may be missing.
func isSuccess(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return false
		}
		if key == "status" {
			value, err := d.Token()
			return err == nil && value == "success"
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}
