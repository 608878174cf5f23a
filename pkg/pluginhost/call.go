package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
)

// QueryData runs the queries. Errors of single queries are in the response.
func (h *Host) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	resp, err := h.QueryDataProto(ctx, req)
	if err != nil {
		return nil, err
	}
	return backend.FromProto().QueryDataResponse(resp)
}

// QueryDataProto is QueryData without decoding the frames, for measuring the
// plugin and not its reader.
func (h *Host) QueryDataProto(ctx context.Context, req *backend.QueryDataRequest) (*pluginv2.QueryDataResponse, error) {
	resp, err := h.data.QueryData(ctx, backend.ToProto().QueryDataRequest(req))
	if err != nil {
		return nil, fmt.Errorf("query data: %w", err)
	}
	return resp, nil
}

// QueryChunkedData runs the queries and hands over frames as they arrive.
func (h *Host) QueryChunkedData(ctx context.Context, req *backend.QueryChunkedDataRequest, w backend.ChunkedDataWriter) error {
	ctx, cancel := context.WithCancel(ctx) // ends the stream when w refuses
	defer cancel()
	stream, err := h.data.QueryChunkedData(ctx, backend.ToProto().QueryChunkedDataRequest(req))
	if err != nil {
		return fmt.Errorf("query chunked data: %w", err)
	}
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("query chunked data: %w", err)
		}
		if err := writeChunk(ctx, w, chunk); err != nil {
			return err
		}
	}
}

func writeChunk(ctx context.Context, w backend.ChunkedDataWriter, chunk *pluginv2.QueryChunkedDataResponse) error {
	// Grafana decodes the frame of an error chunk too, so that one must be readable.
	frame, err := data.UnmarshalArrowFrame(chunk.Frame)
	if err != nil {
		return fmt.Errorf("chunk of query %s: %w", chunk.RefId, err)
	}
	if chunk.Error != "" {
		cause := backend.NewErrorWithSource(errors.New(chunk.Error), backend.ErrorSource(chunk.ErrorSource))
		return w.WriteError(ctx, chunk.RefId, backend.Status(chunk.Status), cause)
	}
	return w.WriteFrame(ctx, chunk.RefId, chunk.FrameId, frame)
}

// CheckHealth is "Save & test".
func (h *Host) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	resp, err := h.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{
		PluginContext: backend.ToProto().PluginContext(req.PluginContext),
		Headers:       req.Headers,
	})
	if err != nil {
		return nil, fmt.Errorf("check health: %w", err)
	}
	return backend.FromProto().CheckHealthResponse(resp), nil
}

// CallResource calls a resource and hands over each part of the answer.
func (h *Host) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	ctx, cancel := context.WithCancel(ctx) // ends the stream when sender refuses
	defer cancel()
	stream, err := h.resource.CallResource(ctx, backend.ToProto().CallResourceRequest(req))
	if err != nil {
		return fmt.Errorf("call resource %s: %w", req.Path, err)
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("call resource %s: %w", req.Path, err)
		}
		if err := sender.Send(backend.FromProto().CallResourceResponse(part)); err != nil {
			return err
		}
	}
}

// Resource is CallResource with the parts put together.
func (h *Host) Resource(ctx context.Context, req *backend.CallResourceRequest) (*backend.CallResourceResponse, error) {
	var whole *backend.CallResourceResponse
	err := h.CallResource(ctx, req, backend.CallResourceResponseSenderFunc(func(part *backend.CallResourceResponse) error {
		if whole == nil {
			whole = part
			return nil
		}
		whole.Body = append(whole.Body, part.Body...)
		return nil
	}))
	if err == nil && whole == nil {
		err = fmt.Errorf("call resource %s: no answer", req.Path)
	}
	return whole, err
}

// CollectMetrics returns the plugin's own metrics in Prometheus' text format.
func (h *Host) CollectMetrics(ctx context.Context) ([]byte, error) {
	resp, err := h.diagnostics.CollectMetrics(ctx, &pluginv2.CollectMetricsRequest{})
	if err != nil {
		return nil, fmt.Errorf("collect metrics: %w", err)
	}
	return resp.GetMetrics().GetPrometheus(), nil
}
