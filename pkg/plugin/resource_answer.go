package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ampkit/ampkit/pkg/amp"
	"github.com/ampkit/ampkit/pkg/promjson"
)

// fetch reads the service's answer whole: an editor's list is useless in part.
func (d *DataSource) fetch(ctx context.Context, r amp.Request) (*backend.CallResourceResponse, error) {
	resp, err := d.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end, or given up
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResourceAnswer+1))
	if err != nil {
		return nil, badAnswer(ctx, err, resp, d.client.Endpoint())
	}
	if len(body) > maxResourceAnswer {
		return nil, &answerError{
			status: http.StatusBadGateway,
			text:   fmt.Sprintf("the answer is over %d MiB: set a limit, a shorter range or a narrower match", maxResourceAnswer>>20),
		}
	}
	if err := noSuccess(body); err != nil {
		return nil, badAnswer(ctx, err, resp, d.client.Endpoint())
	}
	return &backend.CallResourceResponse{
		Status:  http.StatusOK,
		Headers: map[string][]string{"Content-Type": {"application/json"}},
		Body:    body,
	}, nil
}

// noSuccess is an error for a body that is no success, whatever its status: the editors take it for an empty list.
func noSuccess(body []byte) error {
	var said struct{ Status, ErrorType, Error string }
	switch err := json.Unmarshal(body, &said); {
	case err != nil:
		return err
	case said.Status == "error":
		return &promjson.StatusError{Type: said.ErrorType, Message: said.Error}
	case said.Status != "success":
		return fmt.Errorf("status %q is neither success nor error", said.Status)
	}
	return nil
}

// problem is the body of a refusal. Prometheus' clients read error, Grafana's
// notices read message.
type problem struct {
	Status    string `json:"status"`
	ErrorType string `json:"errorType"`
	Error     string `json:"error,omitempty"`
	Message   string `json:"message"`
	Action    string `json:"action,omitempty"`
	Remedy    string `json:"remedy,omitempty"`
	RequestID string `json:"requestId,omitempty"`
}

// failure passes an error on with the status of the service.
func failure(err error) *backend.CallResourceResponse {
	p := problem{Status: "error", ErrorType: "plugin", Error: err.Error(), Message: err.Error()}
	status := int(statusOf(err))
	var stopped refusal
	var service *amp.Error
	switch {
	case errors.As(err, &stopped):
		status, p.ErrorType = stopped.status, string(amp.KindRefused)
	case errors.As(err, &service):
		p.ErrorType, p.Remedy, p.RequestID = string(service.Kind), service.Remedy, service.RequestID
	}
	resp, err := jsonResponse(status, p)
	if err != nil { // text only
		return &backend.CallResourceResponse{Status: status}
	}
	return resp
}

func jsonResponse(status int, body any) (*backend.CallResourceResponse, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &backend.CallResourceResponse{
		Status:  status,
		Headers: map[string][]string{"Content-Type": {"application/json"}},
		Body:    raw,
	}, nil
}

// cacheWish is what the front end asks for by the data source's cache level.
var cacheWish = regexp.MustCompile(`^(private|public), max-age=\d{1,9}$`)

// allowCaching lets the browser keep a list for as long as the front end wished.
func allowCaching(req *backend.CallResourceRequest, resp *backend.CallResourceResponse) {
	if wish := req.GetHTTPHeaders().Get("X-Grafana-Cache"); cacheWish.MatchString(wish) {
		resp.Headers["X-Grafana-Cache"] = []string{"y"}
		resp.Headers["Cache-Control"] = []string{wish}
	}
}
